import numpy as np
import pytest

from stylealign.errors import TableError
from stylealign.figures import manipulations as figure
from stylealign.figures import style
from stylealign.figures.lineage_order import lineage_order, lone_roots
from stylealign.figures.sheet import resample


def test_lowest_strength_left_highest_right(edited_images, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_manipulations(edited_images, parents, png, pdf)))
    nodes = lineage_order(parents)
    loaded = {node.model: figure.load_edits(edited_images[node.model]) for node in nodes}
    with style.applied():
        (block,) = figure._lay_out(nodes, loaded, 1)
    stored = np.load(edited_images["dog"])["pixels"]
    y = block.y + figure.HEAD + 2 * (block.side + figure.ROW_GAP)  # face, painting, dog
    shown = {block.x: stored[0, 0, 1], block.left_of(1): stored[1, 0, 2]}
    shown[block.left_of(1) + block.side + figure.GAP] = stored[1, 0, 0]
    for x, image in shown.items():
        assert np.array_equal(drawn[y : y + block.side, x : x + block.side], resample(image, block.side))


def test_every_model_code_and_edit(edited_images, parents):
    with style.applied():
        sheet = figure.compose_manipulations(edited_images, parents, num_z=2)
    assert len(sheet.figure.images) == 2 * 5 * (1 + 2 * 3)
    texts = [text.get_text() for text in sheet.figure.texts]
    assert texts.count("coat_hue") == 2 * 2
    assert {"6_13 3_33 ...", "W", "a smile", "\N{MINUS SIGN}3", "+3", "as it is"} <= set(texts)
    assert texts.count("control") == 2
    assert texts.index("stranger") > texts.index("cat")


@pytest.mark.parametrize(("num_edits", "resolution"), [(1, 16), (6, 32), (13, 64), (4, 256)])
def test_any_number_of_edits_fits_the_page(num_edits, resolution, parents):
    pixels = np.zeros([num_edits, 1, 3, resolution, resolution, 3], np.uint8)
    edits = figure.Edits(pixels, tuple("x" * num_edits), np.array([-1.0, 0.0, 1.0]))
    with style.applied():
        blocks = figure._lay_out(lineage_order(parents), dict.fromkeys(parents, edits), 1)
    assert [place for block in blocks for place in block.places] == list(range(num_edits))
    for block in blocks:
        assert block.left_of(len(block.places)) - figure.EDIT_GAP <= style.WIDTH_PX - figure.LEFT
        assert block.side >= 64


def test_the_controls_are_roots_that_stand_alone():
    family = {"shoe": None, "face": None, "edge": "shoe", "dog": "face", "other": None}
    assert lone_roots(lineage_order(family)) == {"other"}
    assert lone_roots(lineage_order({"face": None, "other": None})) == set(), "no family to be a stranger to"


def test_models_that_were_not_edited_alike(edited_images, parents):
    archive = dict(np.load(edited_images["cat"]))
    np.savez(edited_images["cat"], **(archive | {"edits": np.array(["a", "b", "c"])}))
    with style.applied(), pytest.raises(TableError, match="not edited alike"):
        figure.compose_manipulations(edited_images, parents)


def test_arrays_that_do_not_belong_together(edited_images):
    archive = dict(np.load(edited_images["cat"]))
    np.savez(edited_images["cat"], **(archive | {"strengths": np.zeros(2)}))
    with pytest.raises(TableError, match=r"edited_cat\.npz.*S=2"):
        figure.load_edits(edited_images["cat"])


def test_nothing_edited(tmp_path, read_png):
    figure.draw_manipulations({}, {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
