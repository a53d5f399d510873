"""Our StyleGAN2 against outputs of the reference implementation on random weights, to 1e-4 in float32."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

FOLDER = Path(os.environ.get("STYLEALIGN_REFERENCE", Path(__file__).parents[2] / ".." / "shared" / "reference"))

pytestmark = pytest.mark.skipif(
    not (FOLDER / "sg2_r32.npz").is_file(),
    reason=f"no sg2_r32.npz in {FOLDER.name}/; set STYLEALIGN_REFERENCE to the folder that holds it",
)


@pytest.fixture(scope="module")
def reference():
    with np.load(FOLDER / "sg2_r32.npz", allow_pickle=False) as arrays:
        tensors = {key: torch.from_numpy(arrays[key]) for key in arrays.files}
    return tensors, json.loads((FOLDER / "sg2_r32.json").read_text())


def _load(module, tensors, prefix):
    state = {
        key.removeprefix(prefix): value
        for key, value in tensors.items()
        if key.startswith(prefix) and not key.endswith("resample_filter")
    }
    module.load_state_dict(state, strict=True)
    return module


@pytest.fixture(scope="module")
def generator(reference):
    tensors, sizes = reference
    keys = ("z_dim", "w_dim", "img_resolution", "channel_base", "channel_max", "mapping_layers")
    return _load(Generator(**{key: sizes[key] for key in keys}), tensors, "G/").requires_grad_(False)


@pytest.fixture(scope="module")
def discriminator(reference):
    tensors, sizes = reference
    keys = ("img_resolution", "channel_base", "channel_max", "mbstd_group_size")
    return _load(Discriminator(**{key: sizes[key] for key in keys}), tensors, "D/")


def assert_matches(ours, theirs, tolerance=1e-4):
    assert ours.shape == theirs.shape
    error = (ours - theirs).abs().max() / theirs.abs().max().clamp_min(1e-12)
    assert error < tolerance, f"relative error {error:.2e}"


@pytest.mark.parametrize(
    ("key", "truncation"),
    [
        ("ws", {}),
        ("ws_psi07", {"truncation_psi": 0.7}),
        ("ws_psi05_cutoff4", {"truncation_psi": 0.5, "truncation_cutoff": 4}),
    ],
)
def test_mapping(reference, generator, key, truncation):
    tensors, _ = reference
    assert_matches(generator.mapping(tensors["z"], **truncation), tensors[key])


def test_styles_layer_by_layer(reference, generator):
    tensors, _ = reference
    s = generator.styles(tensors["ws"])
    names = [key for key in tensors if key.startswith("S/")]
    assert [f"S/{layer.name}.affine" for layer in generator.style_layers] == names
    for layer in generator.style_layers:
        assert_matches(s[:, layer.columns], tensors[f"S/{layer.name}.affine"])


@pytest.mark.parametrize(
    ("key", "kwargs"),
    [
        ("img_const", {"noise_mode": "const"}),
        ("img_none", {"noise_mode": "none"}),
        ("img_psi07_const", {"noise_mode": "const", "truncation_psi": 0.7}),
    ],
)
def test_images(reference, generator, key, kwargs):
    tensors, _ = reference
    assert_matches(generator(tensors["z"], **kwargs), tensors[key])


@pytest.mark.parametrize(("images", "logits"), [("x", "logits_x"), ("img_const", "logits_img")])
def test_logits(reference, discriminator, images, logits):
    tensors, _ = reference
    assert_matches(discriminator(tensors[images]), tensors[logits])


def test_r1_penalty_and_its_gradients(reference, discriminator):
    tensors, _ = reference
    x = tensors["x"].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    penalty = gradient.square().sum([1, 2, 3])
    assert_matches(penalty.detach(), tensors["r1_penalty_per_image"])
    names, parameters = zip(*discriminator.named_parameters(), strict=True)
    gradients = torch.autograd.grad(penalty.mean() / 2, parameters, allow_unused=True)
    for name, grad in zip(names, gradients, strict=True):
        expected = tensors.get(f"r1_grad/{name}", torch.zeros([]))
        grad = torch.zeros_like(expected) if grad is None else grad  # the output bias moves no gradient
        assert_matches(grad, expected.expand_as(grad))


def test_path_lengths(reference, generator):
    tensors, _ = reference
    ws = tensors["ws"].clone().requires_grad_()
    img = generator.synthesis(generator.styles(ws), noise_mode="const")
    (gradient,) = torch.autograd.grad((img * tensors["ppl_y"]).sum() / 32, ws)  # y / sqrt(H W)
    assert_matches(gradient.square().sum(2).mean(1).sqrt(), tensors["ppl_lengths"])
