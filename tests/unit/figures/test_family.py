import numpy as np
import pytest

from stylealign.errors import TableError
from stylealign.figures import family, style
from stylealign.figures.lineage_order import lineage_order
from stylealign.figures.samples import load_samples
from stylealign.figures.sheet import resample, width_of


def test_every_cell_is_the_finished_models_image(samples, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: family.draw_family(samples, parents, png, num_z=3, pdf=pdf)))
    layout = family._lay_out(lineage_order(parents), 16, 3)
    assert drawn.shape[:2] == (layout.height, layout.width)
    for model, x in layout.columns.items():
        for row in range(3):
            y = layout.grid_top + row * (layout.side + family.GAP)
            expected = resample(load_samples(samples[model]).finished[row], layout.side)
            assert np.array_equal(drawn[y : y + layout.side, x : x + layout.side], expected), (model, row)


def test_an_unrelated_root_stands_apart(parents):
    layout = family._lay_out(lineage_order(parents), 16, 2)
    steps = np.diff(list(layout.columns.values()))
    assert set(steps[:-1]) == {layout.side + family.GAP}
    assert steps[-1] == layout.side + family.GAP + family.FAMILY_GAP


@pytest.mark.parametrize(("count", "resolution"), [(1, 16), (7, 32), (12, 256), (30, 1024)])
def test_any_family_fits_the_page(count, resolution):
    parents = {f"model{n}": f"model{n - 1}" if n else None for n in range(count)}
    layout = family._lay_out(lineage_order(parents), resolution, 8)
    assert layout.width <= style.WIDTH_PX
    assert layout.side % resolution == 0 or resolution % layout.side == 0


def test_more_rows_than_samples_shows_what_there_is(samples, parents):
    with style.applied():
        sheet = family.compose_family(samples, parents, num_z=50)
    assert len(sheet.figure.images) == 4 * len(parents)
    assert "grand" not in [text.get_text() for text in sheet.figure.texts]
    assert {"face", "cat", "stranger", "z 3"} <= {text.get_text() for text in sheet.figure.texts}


def test_a_model_that_saw_no_training_set_says_what_it_was_told(samples, parents):
    with style.applied():
        sheet = family.compose_family(samples, parents, 2, {"cat": "by text"})
    words = [text.get_text() for text in sheet.figure.texts]
    assert words.count("by text") == 1
    assert sum(word.endswith(" kimg") for word in words) == len(parents) - 1


def test_arrays_that_do_not_belong_together(tmp_path):
    path = tmp_path / "samples.npz"
    np.savez(
        path, z=np.zeros([3, 8], np.float32), kimg=np.zeros(1, np.float32), pixels=np.zeros([1, 4, 8, 8, 3], np.uint8)
    )
    with pytest.raises(TableError, match=r"samples\.npz.*n=3"):
        load_samples(path)


@pytest.mark.parametrize("count", [4, 30])
def test_names_are_level_where_there_is_room_and_upright_where_there_is_none(count):
    parents = {f"a_child_of_some_length_{n}": f"a_child_of_some_length_{n - 1}" if n else None for n in range(count)}
    notes = dict.fromkeys(parents, "42 kimg")
    with style.applied():
        layout = family._lay_out(lineage_order(parents), 32, 8, notes)
        assert layout.names.upright == (count == 30)
        assert layout.names.size >= 5.5
        if layout.names.upright:
            assert layout.names.height > width_of("a_child_of_some_length_29", layout.names.size, "bold")


def test_upright_names_end_above_their_column(samples, parents, page_is_sound, monkeypatch):
    monkeypatch.setattr(family, "READABLE", 99.0)
    with style.applied():
        sheet = family.compose_family(samples, parents, 2)
        page_is_sound(sheet)
    names = [text for text in sheet.figure.texts if text.get_text() in parents]
    assert {text.get_rotation() for text in names} == {90}
