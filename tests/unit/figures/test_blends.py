"""Figures blend_grid and blend_smoothness: rows of equal ends, numbers from the table."""

import pytest

from stylealign import tables
from stylealign.figures import style
from stylealign.figures.blend_grid import COLOURS, compose_blend_grid, draw_blend_grid
from stylealign.figures.blend_smoothness import compose_blend_smoothness, draw_blend_smoothness

LARGEST = {"swap_fine_first": 0.44, "swap_coarse_first": 0.403, "interpolation": 0.178}


@pytest.fixture
def table(written):
    """Two pairs, three ways of three steps each."""

    def make(pairs=("face2dog", "dog2cat")):
        rows = []
        for pair in pairs:
            for method, largest in LARGEST.items():
                about = {"pair": pair, "method": method, "num_steps": 3, "num_z": 64, "granularity": "block"}
                whole = {"mean_step": largest / 2, "largest_step": largest, "max_over_mean": 2.0}
                values = [(name, 0, value) for name, value in whole.items()]
                values += [("step", place, largest / place) for place in (1, 2, 3)]
                values += [("to_first", place, 0.2 * place) for place in range(4)]
                values += [("to_second", place, 0.2 * (3 - place)) for place in range(4)]
                rows += [
                    about | {"measure": name, "place": place, "value": value, "low": 0.9 * value, "high": 1.1 * value}
                    for name, place, value in values
                ]
        return written(tables.BLEND_SMOOTHNESS, rows)

    return make


@pytest.fixture
def shown(pictures):
    def make(pair="face2dog", models=("face", "dog"), resolution=16, num_z=3, num_swaps=2, num_ratios=3):
        names = [f"b{4 * 2**place}" for place in range(num_swaps)]
        arrays = {"first": (resolution, num_z), "second": (resolution, num_z)}
        arrays |= {"swap_fine_first": (resolution, num_z, num_swaps), "names_swap_fine_first": names[::-1]}
        arrays |= {"swap_coarse_first": (resolution, num_z, num_swaps), "names_swap_coarse_first": names}
        ratios = [f"{(place + 1) / (num_ratios + 1):g}" for place in range(num_ratios)]
        arrays |= {"interpolation": (resolution, num_z, num_ratios), "names_interpolation": ratios}
        return pictures(f"blend_{pair}", pair=pair, pair_models=list(models), **arrays)

    return make


def compose(paths, table):
    with style.applied():
        return compose_blend_grid(paths, table)


def test_each_row_has_every_blend_between_the_two_models(shown, table, drawn_twice, read_png):
    paths, rows = [shown(num_z=2), shown("dog2cat", ("dog", "cat"), num_z=1)], table()
    drawn = read_png(drawn_twice(lambda png, pdf: draw_blend_grid(paths, rows, png, pdf)))
    sheet = compose(paths, rows)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert len(sheet.figure.images) == (2 + 1) * (4 + 4 + 5), "three z; swaps with both ends, interpolations"
    texts = [text.get_text() for text in sheet.figure.texts]
    assert texts.count("face") == 6
    assert texts.count("dog") == 9, "the end of one pair, the beginning of the other"
    assert {"b8", "b4", "0.25", "0.5", "0.75"} < set(texts)


def test_rows_of_unlike_length_have_the_same_ends(shown, table):
    sheet = compose([shown(num_z=1)], table())
    where = {
        text: sorted(t.get_position()[0] for t in sheet.figure.texts if t.get_text() == text)
        for text in ("face", "dog")
    }
    assert len(set(where["face"])) == len(set(where["dog"])) == 1


def test_the_note_has_the_largest_steps_of_the_table(shown, table):
    texts = [text.get_text() for text in compose([shown()], table()).figure.texts]
    (note,) = [text for text in texts if text.startswith("largest of 3 steps, mean of 64 z")]
    for value in ("0.440", "0.403", "0.178", "0.600 apart", "judge embedded"):
        assert value in note
    bare = [text.get_text() for text in compose([shown("cat2dog", ("cat", "dog"))], table()).figure.texts]
    assert any("the table says nothing" in text for text in bare)


@pytest.mark.parametrize(("resolution", "num_z", "num_swaps"), [(16, 1, 2), (256, 2, 6), (64, 3, 9)])
def test_the_page_holds_it(shown, table, page_is_sound, resolution, num_z, num_swaps):
    model = "a_painting_of_a_dog"
    pair = f"face2{model}"
    path = shown(pair, ("face", model), resolution, num_z, num_swaps)
    page_is_sound(compose([path], table((pair,))))


def test_a_page_without_pairs_says_so(table):
    assert any("No rows" in text.get_text() for text in compose([], table()).figure.texts)


def compose_charts(path, pairs):
    with style.applied():
        return compose_blend_smoothness(tables.read_table(path), pairs)


def test_charts_show_what_the_table_says(table, drawn_twice):
    path = table()
    pairs = ["dog2cat", "face2dog"]
    drawn_twice(lambda png, pdf: draw_blend_smoothness(tables.read_table(path), pairs, png, pdf))
    sheet = compose_charts(path, pairs)
    assert len(sheet.figure.axes) == 6
    steps = sheet.figure.axes[0]
    lines = {line.get_color(): line.get_ydata().tolist() for line in steps.lines}
    for method, largest in LARGEST.items():
        assert lines[COLOURS[method]] == pytest.approx([largest, largest / 2, largest / 3])
    assert all(axes.get_ylim()[0] == 0 for axes in sheet.figure.axes[:2])
    titles = [text.get_text() for text in sheet.figure.texts]
    assert titles.index("dog2cat") < titles.index("face2dog"), "in the order asked for"
    assert titles.count("2.00") == 6


def test_charts_fit_their_page(table, page_is_sound):
    page_is_sound(compose_charts(table(), ["face2dog", "dog2cat"]))
    assert any("No rows" in text.get_text() for text in compose_charts(table(), ["unknown"]).figure.texts)
