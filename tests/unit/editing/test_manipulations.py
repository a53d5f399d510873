"""Images for the figure: automatic and described edits, the reference's steps, equal bytes, refusals."""

import numpy as np
import pytest

from stylealign.checkpoint import load_generator
from stylealign.editing.manipulate import find_channel, manipulated_styles, measure_deviations
from stylealign.editing.manipulations import attribute_edits, described_edit, manipulation_images
from stylealign.errors import ConfigError, JudgeError, LineageError
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z

DESCRIBED = (
    {"title": "two", "channels": [["3_1", 1], ["b16.conv0:2", -0.5]], "direction": None},
    {"title": "turn", "channels": [], "direction": "yaw_deg|smile"},
)


@pytest.fixture
def draw(family, channels, boundaries, tmp_path):
    def images(model="child", **changed):
        settings = {"reference": family["parent"], "channels": channels, "boundaries": boundaries} | {
            "attributes": ("yaw_deg",),
            "edits": DESCRIBED,
            "strengths": (-3, 0, 3),
        }
        settings |= {"num": 2, "truncation_psi": 0.7, "seed": 0}
        path = tmp_path / f"{model}.npz"
        manipulation_images(family[model], path, **(settings | changed))
        return path

    return images


def test_the_file_holds_what_the_figure_draws(draw):
    with np.load(draw(), allow_pickle=False) as npz:
        assert npz["pixels"].shape == (4, 2, 3, 16, 16, 3)
        assert npz["edits"].tolist() == ["yaw_deg: 5_3 3_1", "yaw_deg: W", "two", "turn"]
        assert npz["kinds"].tolist() == ["channels", "direction", "channels", "direction"]
        assert npz["attribute"].tolist() == ["yaw_deg", "yaw_deg", "", "yaw_deg"]
        assert npz["strengths"].tolist() == [-3, 0, 3]
        assert (npz["pixels"][:, :, 1] == npz["pixels"][:1, :, 1]).all()


def test_steps_are_the_references_and_codes_are_the_models(draw, family):
    child, parent = (load_generator(family[name])[0] for name in ("child", "parent"))
    ws = child.mapping(sample_z(2, 8, 0, "family"), truncation_psi=0.7)
    steps = measure_deviations(parent, truncation_psi=0.7, seed=0)
    described = described_edit(parent, DESCRIBED[0], None)
    expected = to_hwc(to_pixels(child.synthesis(manipulated_styles(child, ws, described, 3, steps))))
    with np.load(draw()) as npz:
        assert np.array_equal(npz["pixels"][2, :, 2], expected)
        assert not np.array_equal(npz["pixels"][2, :, 2], npz["pixels"][2, :, 0])


def test_channels_of_an_attribute_are_turned_to_raise_it(family, channels, boundaries):
    from stylealign.boundaries import load_boundaries

    G = load_generator(family["parent"])[0]
    edit, direction = attribute_edits(G, "yaw_deg", channels, load_boundaries(boundaries))
    assert edit.channels == ((find_channel(G.style_layers, "5_3"), 1.0), (find_channel(G.style_layers, "3_1"), -1.0))
    assert np.linalg.norm(direction.direction) == pytest.approx(1)
    (single, _) = attribute_edits(G, "smile", channels, load_boundaries(boundaries))
    assert (single.kind, single.title) == ("channel", "smile: 3_1")


def test_equal_inputs_give_equal_bytes(draw):
    first = draw().read_bytes()
    assert draw().read_bytes() == first


def test_refusals(draw, family):
    with pytest.raises(ConfigError, match=r"studies\.manipulations\.edits \(turn\): .*'yaw'; did you mean 'yaw_deg'"):
        draw(edits=[{"title": "turn", "channels": [], "direction": "yaw"}])
    with pytest.raises(ConfigError, match="layer 6"):
        draw(edits=[{"title": "x", "channels": [["6_99", 1]], "direction": None}])
    with pytest.raises(JudgeError, match=r"studies\.manipulations\.attributes: .*'age'"):
        draw(attributes=("age",))
    with pytest.raises(LineageError, match="different shapes"):
        draw(reference=family["foreigner"])
