import numpy as np
import pytest

from stylealign import tables
from stylealign.errors import TableError
from stylealign.figures import method_columns, picture_grid, style
from stylealign.figures.inversions import compose_inversions, draw_inversions
from stylealign.figures.sheet import resample

METHODS = ("wplus_opt", "z_enc", "z_opt")  # as a file may have them
HOW = {"wplus_opt": "4 steps", "z_enc": "encoder, psi0.7", "z_opt": "4 steps, psi0.7"}


@pytest.fixture
def study(pictures, written):
    """Two models, one of them with a second image set that is not in the table; the other with one method."""

    def make(model="dog", resolution=16, methods=METHODS):
        sets = {f"images_{k}": (resolution, 2) for k in (0, 1)}
        sets |= {f"reconstructed_{k}": (resolution, len(methods), 2) for k in (0, 1)}
        sets |= {f"methods_{k}": list(methods) for k in (0, 1)}
        paths = {model: pictures("first", model=model, image_sets=[model, "selfies"], **sets)}
        one = {"images_0": (resolution, 2), "reconstructed_0": (resolution, 1, 2), "methods_0": ["z_opt"]}
        paths["cat"] = pictures("second", model="cat", image_sets=["cat"], **one)
        rows = [
            {"model": name, "image_set": name, "method": method, "distance_mean": 0.1 * place, "pixel": 20.0}
            | {"distance_low": 0.09 * place, "distance_high": 0.11 * place, "distance_random": 0.7, "num_images": 64}
            | {"protocol": f"test-64 of 96, {HOW[method]}"}
            for name in (model, "cat")
            for place, method in enumerate(METHODS, 1)
        ]
        return paths, written(tables.INVERSION_QUALITY, rows)

    return make


def compose(paths, table):
    with style.applied():
        return compose_inversions(paths, table)


def texts(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def test_images_are_where_their_method_is_named(study, drawn_twice, read_png):
    paths, table = study()
    drawn = read_png(drawn_twice(lambda png, pdf: draw_inversions(paths, table, png, pdf)))
    stored, sheet = np.load(paths["dog"]), compose(paths, table)
    top = picture_grid.TOP + method_columns.HEAD + picture_grid.NAMES + method_columns.CHART + 3 * method_columns.ROW
    side, y = 160, top + 12
    columns = [stored["images_0"], *(stored["reconstructed_0"][METHODS.index(m)] for m in ("z_opt", "wplus_opt"))]
    for left, pixels in zip((40, 40 + 184, 40 + 184 + 164), columns, strict=True):
        for row in (0, 1):
            corner = (y + row * (side + picture_grid.GAP), left)
            shown = drawn[corner[0] : corner[0] + side, corner[1] : corner[1] + side]
            assert np.array_equal(shown, resample(pixels[row], side))
    assert len(sheet.figure.images) == 2 * (2 * (1 + 3)) + 2 * 2


def test_the_number_over_a_column_is_its_own(study):
    paths, table = study()
    sheet = compose(paths, table)
    where = {text.get_text(): text.get_position() for text in sheet.figure.texts[:40]}
    assert where["0.300"][0] == where["0.270–0.330"][0]
    first, chart = [text.get_text() for text in sheet.figure.texts], sheet.figure.axes[0]
    assert first.index("Z") < first.index("W+")
    points = [line for line in chart.lines if line.get_marker() == "o"]
    assert [float(point.get_ydata()[0]) for point in points] == pytest.approx([0.3, 0.1, 0.2]), (
        "Z, W+, then the encoder"
    )
    assert [point.get_markerfacecolor() for point in points] == [style.BLUE, style.BLUE, style.PAPER]
    assert [float(line.get_ydata()[0]) for line in chart.lines if line.get_linestyle() == "--"] == [0.7]


def test_what_the_table_does_not_know(study):
    paths, table = study()
    shown = texts(compose(paths, table))
    assert shown.count("n/a") == 9, "the second image set"
    assert "the table says nothing of these images" in shown
    assert "64 images (test-64 of 96); distance by judge embedded; codes by " + " / ".join(HOW.values()) in shown


def test_nothing_to_show(tmp_path, study, read_png):
    _, table = study()
    draw_inversions({}, table, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()


def test_a_file_that_is_none(study, tmp_path):
    _, table = study()
    (tmp_path / "broken.npz").write_bytes(b"no zip")
    with pytest.raises(TableError, match=r"broken\.npz"):
        compose({"dog": tmp_path / "broken.npz"}, table)


@pytest.mark.parametrize("model", ["dog", "a_painting_of_a_dog"])
@pytest.mark.parametrize("resolution", [16, 256])
def test_the_page_holds_it(study, model, resolution, page_is_sound):
    page_is_sound(compose(*study(model, resolution)))
