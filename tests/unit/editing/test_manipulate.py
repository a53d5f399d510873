"""Edits of any code: what they touch, what they leave, names of channels, deviations, refusals."""

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.checkpoint import load_generator
from stylealign.cli import app
from stylealign.editing.manipulate import (
    CHANNEL,
    CHANNELS,
    DIRECTION,
    Edit,
    channel_edit,
    check_same_spaces,
    find_channel,
    manipulate,
    manipulated_styles,
    measure_deviations,
)
from stylealign.errors import ConfigError, LineageError
from stylealign.images import to_pixels
from stylealign.latents import sample_z


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


@pytest.fixture(scope="module")
def deviations(G):
    return measure_deviations(G, truncation_psi=0.7, seed=0, num=500)


@pytest.fixture(scope="module")
def ws(G):
    return G.mapping(sample_z(3, 8, 0, "test"), truncation_psi=0.7)


def _direction(seed=0):
    n = np.random.default_rng(seed).normal(size=8)
    return Edit("n", DIRECTION, direction=n / np.linalg.norm(n))


def test_a_channel_edit_moves_its_column_by_so_many_deviations_and_no_other(G, ws, deviations):
    column = find_channel(G.style_layers, "3_5")
    changed = manipulated_styles(G, ws, channel_edit(G.style_layers, [("3_5", -2.0)]), 1.5, deviations)
    difference = (changed - G.styles(ws)).numpy()
    np.testing.assert_allclose(difference[:, column], -3 * deviations.s[column], rtol=1e-4)
    assert (np.delete(difference, column, axis=1) == 0).all()
    assert deviations.s[column] > 0


def test_channels_together_are_each_alone(G, ws, deviations):
    weights = [("3_5", 1.0), ("b16.conv0:2", -0.5)]
    together = channel_edit(G.style_layers, weights, "both")
    assert (together.kind, together.title) == (CHANNELS, "both")
    alone = [channel_edit(G.style_layers, [weight]) for weight in weights]
    assert [edit.title for edit in alone] == ["3_5", "-0.5 x b16.conv0:2"]
    plain = G.styles(ws)
    moved = sum(manipulated_styles(G, ws, edit, 2, deviations) - plain for edit in alone)
    torch.testing.assert_close(manipulated_styles(G, ws, together, 2, deviations) - plain, moved, atol=1e-5, rtol=0)


def test_a_direction_moves_every_row_of_ws_by_so_many_deviations(G, ws, deviations):
    edit = _direction()
    codes = G.mapping(sample_z(500, 8, 0, "manipulate", "deviations"), truncation_psi=0.7)[:, 0].double().numpy()
    step = 2 * (codes @ edit.direction).std() * edit.direction
    assert deviations.along(edit.direction) == pytest.approx((codes @ edit.direction).std(), rel=1e-4)
    moved = G.styles(ws + torch.tensor(step, dtype=torch.float32))
    torch.testing.assert_close(manipulated_styles(G, ws, edit, 2, deviations), moved, atol=1e-5, rtol=1e-5)


def test_deviations_are_those_of_s_and_shrink_with_truncation(G, deviations):
    ws = G.mapping(sample_z(500, 8, 0, "manipulate", "deviations"), truncation_psi=0.7)
    np.testing.assert_allclose(deviations.s, G.styles(ws).double().numpy().std(axis=0), rtol=1e-3, atol=1e-6)
    free = measure_deviations(G, truncation_psi=1, seed=0, num=500)
    np.testing.assert_allclose(deviations.s, 0.7 * free.s, rtol=1e-3, atol=1e-6)


def test_pictures_are_edits_by_codes_by_strengths(G, ws, deviations):
    edits, strengths = [channel_edit(G.style_layers, [("3_5", 1.0)]), _direction()], (-4.0, 0.0, 4.0)
    pixels = manipulate(G, ws, edits, strengths, deviations)
    assert (tuple(pixels.shape), pixels.dtype) == ((2, 3, 3, 3, 16, 16), torch.uint8)
    for row, edit in enumerate(edits):
        for column, strength in enumerate(strengths):
            s = manipulated_styles(G, ws, edit, strength, deviations)
            expected = to_pixels(G.synthesis(s)) if strength else to_pixels(G.synthesis(G.styles(ws)))
            assert torch.equal(pixels[row, :, column], expected)
    assert not torch.equal(pixels[0, :, 0], pixels[0, :, 2])


@pytest.mark.parametrize("name", ["6_501", "b16.conv1:501"])
def test_both_ways_of_naming_a_channel(name):
    from stylealign.networks.stylespace import style_layers

    layers = style_layers(1024, 32768, 512)
    assert find_channel(layers, name) == layers[6].offset + 501


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("6_501", "layer 6 .* has 8 channels"),
        ("99_1", "layer below 8"),
        ("b16.conv2:1", "did you mean 'b16.conv1'"),
        ("b16.conv1:8", "channels 0 to 7"),
        ("nose", "not a style channel"),
    ],
)
def test_a_channel_that_is_not_there(G, name, says):
    with pytest.raises(ConfigError, match=says):
        find_channel(G.style_layers, name)


def test_models_of_another_shape_are_refused(family, G):
    with pytest.raises(LineageError, match=r"a and b: .* different shapes"):
        check_same_spaces(load_generator(family["foreigner"])[0], G, "a and b")
    check_same_spaces(load_generator(family["stranger"])[0], G, "unrelated, but of one shape")


def test_one_channel_is_a_channel(G):
    assert channel_edit(G.style_layers, [("3_5", 1.0)]).kind == CHANNEL


# -- the command ------------------------------------------------------------------------------------------------------


def _run(*arguments):
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["manipulate", *map(str, arguments)])
    return result.exit_code, result.stderr


def test_the_command_draws_the_very_images(family, boundaries, tmp_path, G, deviations):
    png = tmp_path / "sheet.png"
    edits = ["--channel", "3_5", "--channel", "b8.conv1:2", "--direction", f"{boundaries}:smile"]
    options = ["--strengths=-5,0,5", "--num", 2, "--reference", family["parent"], "--device", "cpu"]
    assert _run(family["child"], *edits, *options, "--output", png) == (0, "")
    drawn = np.asarray(Image.open(png).convert("RGB"))
    child = load_generator(family["child"])[0]
    ws = child.mapping(sample_z(2, 8, 0, "family"), truncation_psi=0.7)
    steps = measure_deviations(G, truncation_psi=0.7, seed=0)
    edit = channel_edit(G.style_layers, [("3_5", 1.0)])
    image = manipulate(child, ws, [edit], [5], steps)[0, 1, 0].movedim(0, -1).numpy().repeat(8, 0).repeat(8, 1)
    windows = np.lib.stride_tricks.sliding_window_view(drawn[..., 0], image.shape[:2])
    places = np.argwhere((windows[:, :, 0, 0] == image[0, 0, 0]) & (windows[:, :, -1, -1] == image[-1, -1, 0]))
    assert any(np.array_equal(drawn[y : y + 128, x : x + 128], image) for y, x in places)


def test_the_command_refuses_in_words(family, boundaries, tmp_path):
    model, output = family["parent"], ["--output", tmp_path / "x.png"]
    for arguments, says in [
        ([], "nothing to edit"),
        (["--channel", "6_99"], "layer 6 (b16.conv1) has 8 channels"),
        (["--direction", f"{boundaries}:smil"], "did you mean 'smile'?"),
        (["--direction", "nowhere.npz:smile"], "nowhere.npz: no such file"),
        (["--direction", "smile"], "write boundaries.npz:name"),
        (["--channel", "3_5", "--strengths", "1;2"], "numbers with commas"),
        (["--channel", "3_5", "--strengths", "0,nan"], "numbers with commas"),
        (["--channel", "3_5", "--strengths", "inf"], "numbers with commas"),
        (["--channel", "3_5", "--reference", family["foreigner"]], "different shapes"),
        (["--channel", "3_5", "--device", "abacus"], "set device: auto, cpu or cuda"),
        (["--channel", "3_5", "--output", tmp_path / "x.jpg"], "name a file that ends in .png"),
        (["--channel", "3_5", "--output", tmp_path / "nowhere" / "x.png"], "make it first"),
    ]:
        code, err = _run(model, *output, *arguments)
        assert code == 1
        assert says in err
    assert not (tmp_path / "x.png").exists()
