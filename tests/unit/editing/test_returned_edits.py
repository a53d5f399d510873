"""An ancestor's edits in its descendants: the same step everywhere, nothing where nothing is asked."""

import numpy as np
import pytest

from stylealign.checkpoint import load_generator
from stylealign.editing.returned_edits import returned_edits
from stylealign.errors import JudgeError, LineageError

HOW = {"strength": 2.0, "truncation_psi": 0.7, "seed": 0}


@pytest.fixture
def edited(family, boundaries, channels):
    def make(names=("parent", "child", "copy"), attributes=("yaw_deg",)):
        paths = [family[name] for name in names]
        return returned_edits(paths, attributes=attributes, channels=channels, boundaries=boundaries, **HOW)

    return make


def test_every_model_has_every_edit_down_as_it_is_and_up(edited, family):
    shown = edited()
    resolution = load_generator(family["parent"])[0].img_resolution
    assert shown["edits"].shape == (3, 2, 3, resolution, resolution, 3)
    assert len(shown["edit_titles"]) == 2
    parent, child, copy = shown["edits"]
    assert np.array_equal(parent, copy)
    assert not np.array_equal(parent, child)
    assert np.array_equal(parent[0, 1], parent[1, 1]), "unedited, whichever edit it stands beside"
    assert not np.array_equal(parent[0, 0], parent[0, 2])


def test_nothing_is_drawn_where_nothing_is_asked(family):
    assert returned_edits([family["parent"]], attributes=(), channels=None, boundaries=None, **HOW) == {}


def test_models_of_another_shape_and_unknown_attributes_are_refused(edited):
    with pytest.raises(LineageError, match="different shapes"):
        edited(("parent", "foreigner"))
    with pytest.raises(JudgeError, match="smell"):
        edited(attributes=("smell",))
