import numpy as np
import pytest

from stylealign.errors import TableError
from stylealign.figures import channel_maps as figure
from stylealign.figures import overlay, style
from stylealign.figures.channel_evidence import load_examples
from stylealign.figures.sheet import resample


def compose(evidence, channels, parents):
    with style.applied():
        return figure.compose_channel_maps(evidence, channels, parents)


def test_equal_evidence_gives_equal_bytes(evidence, channels, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_channel_maps(evidence, channels, parents, png, pdf)))
    sheet, shown = compose(evidence, channels, parents), load_examples(evidence["face"])
    plain, heated, *_ = sheet.figure.images
    expected = {plain.ox: resample(shown.pixels[1], 192)}
    heat = overlay.over_grey(shown.pixels[1], shown.map_of(1, "b4.conv1:5"), 192)
    expected[heated.ox] = overlay.outlined(heat, shown.mask(1, "ear"))
    top = figure.TOP + figure.HEAD
    for left, picture in expected.items():
        assert np.array_equal(drawn[top : top + 192, left : left + 192], picture)


def test_a_column_per_region_and_a_row_per_model(evidence, channels, parents):
    sheet = compose(evidence, channels, parents)
    assert len(sheet.figure.images) == 5 * (1 + 3), "an image and three channels of each model"
    texts = [text.get_text() for text in sheet.figure.texts]
    assert [text for text in texts if text in ("eye", "ear", "mouth", "hair")] == ["ear", "mouth", "hair"]
    assert texts.index("stranger") > texts.index("cat")
    assert texts.count("control") == 1


def test_the_clearest_channel_of_each_region(channels):
    chosen = figure._clearest(channels["face"])
    assert [(each.region, each.channel, each.paper_index) for each in chosen] == [
        ("ear", "b4.conv1:5", "0_5"),
        ("mouth", "b4.conv1:9", "0_9"),
        ("hair", "b8.conv0:5", "1_5"),
    ]


def test_what_the_channel_does_elsewhere_is_written_below(evidence, channels, parents):
    texts = compose(evidence, channels, parents).figure.texts
    kept = [text.get_text() for text in texts if text.get_fontweight() == "bold" and "%" in text.get_text()]
    assert kept == ["ear 81 %", "mouth 85 %", "hair 93 %", "ear 81 %", "mouth 85 %"], "three in face, two in painting"
    assert "ear 93 %" in [text.get_text() for text in texts], "painting's 18th channel moved to the ear"


def test_the_example_shows_the_regions(evidence, channels):
    chosen = figure._clearest(channels["face"])
    assert figure._richest(load_examples(evidence["face"]), chosen) == 1, "the first of two that show them all"


def test_no_localized_channel_or_no_family(evidence, channels, parents, tmp_path, read_png):
    none = {model: table.assign(localized=False) for model, table in channels.items()}
    for name, arguments in {"none": (evidence, none, parents), "root": ({}, {}, {"face": None})}.items():
        figure.draw_channel_maps(*arguments, tmp_path / f"{name}.png")
        assert (read_png(tmp_path / f"{name}.png") < 128).any()


def test_an_outline_is_the_edge_inside_the_region():
    mask = np.zeros([4, 4], bool)
    mask[1:3, 1:4] = True
    picture = overlay.outlined(np.full([32, 32, 3], 255, np.uint8), mask, thickness=2)
    blue = (picture == overlay.OUTLINE).all(-1)
    inside = np.zeros([32, 32], bool)
    inside[8:24, 8:32] = True
    inner = np.zeros([32, 32], bool)
    inner[10:22, 10:30] = True
    assert np.array_equal(blue, inside & ~inner), "the border of the picture closes it"
    empty = overlay.outlined(picture, np.zeros([4, 4], bool))
    assert np.array_equal(empty, picture)


def test_heat_covers_and_cold_leaves_the_image():
    pixels = np.full([4, 4, 3], 51, np.uint8)
    heat = np.zeros([2, 2])
    heat[0, 1] = 1.0
    drawn = overlay.over_grey(pixels, heat, 8)
    assert (drawn[:4, :4] == round(255 * (0.55 + 0.45 * 0.2))).all()
    assert np.array_equal(drawn[0, 7], np.rint(255 * np.array(overlay.HEAT(1.0)[:3])).astype(np.uint8))
    assert np.array_equal(drawn[3, 4], drawn[0, 7]), "a cell is a block"


def test_examples_that_do_not_belong_together(evidence):
    archive = dict(np.load(evidence["dog"]))
    np.savez(evidence["dog"], **(archive | {"channel_names": archive["channel_names"][:3]}))
    with pytest.raises(TableError, match=r"evidence_dog\.npz"):
        load_examples(evidence["dog"])
