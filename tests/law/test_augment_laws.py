"""Laws of ADA's pipe: nothing at p = 0, one stream one result, images alone as in a batch, gradients of gradients."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.latents import torch_stream
from stylealign.training.augment import TRANSFORMS, AugmentPipe
from stylealign.training.augment_colour import COLOUR, sample_colour
from stylealign.training.augment_draws import Draws
from stylealign.training.augment_geometry import sample_inverse, warp_images

ALL = dict.fromkeys(TRANSFORMS, 1.0)
EYE = torch.eye(3, dtype=torch.float64)


def _pipe(p, preset="bgc", **multipliers):
    pipe = AugmentPipe(preset, **multipliers)
    pipe.p.fill_(p)
    return pipe


def _images(num=4, size=16, dtype=torch.float32):
    return torch.randn([num, 3, size, size], generator=torch.Generator().manual_seed(0), dtype=dtype)


def test_nothing_happens_at_zero():
    x = _images()
    stream = torch_stream(0, "augment")
    before = stream.get_state()
    assert _pipe(0.0)(x, stream) is x
    assert torch.equal(stream.get_state(), before)


def test_one_stream_one_result():
    x = _images()
    pipe = _pipe(0.7, "bgcf", cutout=1)
    first, again, other = (pipe(x, torch_stream(seed, "augment", 5)) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_image_is_warped_alone_as_in_a_batch():
    x = _images(num=6, size=16, dtype=torch.float64)
    inverse = sample_inverse(Draws(6, 1.0, torch_stream(0, "augment")), ALL, 16)
    together = warp_images(x, inverse)
    for n in range(6):
        torch.testing.assert_close(warp_images(x[n : n + 1], inverse[n : n + 1]), together[n : n + 1])


def test_untouched_images_pass_bit_for_bit():
    x = _images(num=64)
    y = _pipe(0.1)(x, torch_stream(3, "augment"))
    same = (x == y).flatten(1).all(1)
    assert 10 < same.sum() < 50
    assert (y[~same] != x[~same]).flatten(1).any(1).all()


@pytest.mark.parametrize("left_out", ["xflip", "rotate", "xfrac"])
def test_leaving_out_one_geometric_transform_moves_no_other(left_out):
    """The same stream with one multiplier 0 makes the same maps wherever that transform did not happen."""
    seeds = range(20)
    agree = 0
    for seed in seeds:
        whole = sample_inverse(Draws(8, 0.2, torch_stream(seed, "augment")), ALL, 16)
        less = sample_inverse(Draws(8, 0.2, torch_stream(seed, "augment")), ALL | {left_out: 0.0}, 16)
        agree += int((whole == less).flatten(1).all(1).sum())
    assert agree / 160 > 0.75
    assert agree < 160


def test_leaving_out_the_geometry_keeps_the_colours():
    x = _images(num=32)
    only_colour = _pipe(0.2, "color")(x, torch_stream(0, "augment"))
    both = _pipe(0.2)(x, torch_stream(0, "augment"))
    unmoved = (sample_inverse(Draws(32, 0.2, torch_stream(0, "augment")), ALL, 16) == EYE).flatten(1).all(1)
    assert unmoved.any()
    assert torch.equal(only_colour[unmoved], both[unmoved])


@settings(max_examples=15, deadline=None)
@given(p=st.floats(0.05, 1.0), seed=st.integers(0, 2**31))
def test_each_colour_happens_with_probability_p(p, seed):
    num = 4000
    for name, _ in COLOUR:
        only = dict.fromkeys(TRANSFORMS, 0.0) | {name: 1.0}
        colour = sample_colour(Draws(num, p, torch_stream(seed, "augment")), only)
        rate = float((colour != torch.eye(4)).flatten(1).any(1).double().mean())
        expected = p / 2 if name == "lumaflip" else p
        assert abs(rate - expected) < 5.5 * (0.25 / num) ** 0.5


def test_the_two_rotations_together_happen_with_probability_p():
    only = dict.fromkeys(TRANSFORMS, 0.0) | {"rotate": 1.0}
    inverse = sample_inverse(Draws(20000, 0.6, torch_stream(0, "augment")), only, 16)
    assert float((inverse != EYE).flatten(1).any(1).double().mean()) == pytest.approx(0.6, abs=0.02)


def test_probability_may_exceed_one():
    """p has no upper clamp: above 1 everything happens, and the rotations' share stays a number."""
    y = _pipe(1.5)(_images(), torch_stream(0, "augment"))
    assert y.isfinite().all()


def test_differentiable_twice():
    x = _images(num=2, size=4, dtype=torch.float64).requires_grad_()
    pipe = _pipe(1.0)

    def augment(x):
        return pipe(x, torch_stream(0, "augment")).tanh()

    assert torch.autograd.gradcheck(augment, [x])
    assert torch.autograd.gradgradcheck(augment, [x])


def test_gradient_penalty_reaches_the_weights():
    """R1's path: the gradient at the image before the pipe, differentiated by the discriminator's weights."""
    x = _images(num=4).requires_grad_()
    D = torch.nn.Conv2d(3, 1, 3)
    logits = D(_pipe(1.0)(x, torch_stream(0, "augment"))).square().mean([1, 2, 3])
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert D.weight.grad.abs().sum() > 0
    assert D.weight.grad.isfinite().all()
