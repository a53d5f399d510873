"""ADA's pipe and its controller at their edges."""

import pytest
import torch

from stylealign.errors import ConfigError
from stylealign.latents import torch_stream
from stylealign.training.augment import PRESETS, TRANSFORMS, AugmentPipe, update_p


def _p_after(r_t, p=0.3, **changed):
    pace = {"ada_target": 0.6, "batch_size": 16, "interval": 4, "ada_kimg": 100} | changed
    return update_p(p, r_t, **pace)


def test_p_rises_when_the_discriminator_overfits_and_falls_when_not():
    assert _p_after(0.9) == pytest.approx(0.3 + 64 / 100_000)
    assert _p_after(0.1) == pytest.approx(0.3 - 64 / 100_000)
    assert _p_after(0.6) == 0.3


def test_p_never_falls_below_zero_and_has_no_upper_clamp():
    assert _p_after(-1.0, p=0.0001) == 0
    assert _p_after(1.0, p=1.2) > 1.2


def test_p_crosses_one_in_ada_kimg():
    p, shown = 0.0, 0
    while p < 1 - 1e-9:
        p, shown = _p_after(1.0, p=p, ada_kimg=2), shown + 64
    assert shown == pytest.approx(2000, abs=64)


def test_presets_hold_known_transforms():
    assert all(set(names) <= set(TRANSFORMS) for names in PRESETS.values())
    assert set(PRESETS["bgc"]) == set(TRANSFORMS) - {"imgfilter", "cutout"}


def test_unknown_names_are_all_reported():
    with pytest.raises(ConfigError) as caught:
        AugmentPipe("bgx", yflip=1)
    assert len(caught.value.problems) == 2
    assert "bgc" in str(caught.value)
    assert "xflip" in str(caught.value)


def test_p_is_the_whole_state():
    pipe = AugmentPipe()
    assert list(pipe.state_dict()) == ["p"]
    pipe.p.fill_(0.25)
    other = AugmentPipe()
    other.load_state_dict(pipe.state_dict())
    assert float(other.p) == 0.25


def test_half_precision_is_augmented_in_single():
    x = torch.randn([2, 3, 16, 16], generator=torch.Generator().manual_seed(0))
    pipe = AugmentPipe()
    exact = pipe(x.half().float(), debug_percentile=0.3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(pipe(x.half(), debug_percentile=0.3), exact)


def test_a_stream_is_asked_for():
    pipe = AugmentPipe()
    pipe.p.fill_(0.5)
    with pytest.raises(AssertionError, match="named stream"):
        pipe(torch.zeros([1, 3, 16, 16]))


def test_the_cached_matrices_serve_training_after_inference():
    """A matrix first made under inference mode may still be saved for a gradient."""
    x = torch.randn([1, 3, 10, 10], generator=torch.Generator().manual_seed(0))
    pipe = AugmentPipe("bg")
    with torch.inference_mode():
        pipe(x, debug_percentile=0.3)
    x.requires_grad_()
    pipe(x, debug_percentile=0.3).sum().backward()
    assert x.grad.isfinite().all()


def test_draws_do_not_depend_on_the_images():
    pipe = AugmentPipe("bg")
    pipe.p.fill_(0.8)
    x = torch.randn([4, 3, 16, 16], generator=torch.Generator().manual_seed(0))
    doubled = pipe(2 * x, torch_stream(0, "augment"))
    torch.testing.assert_close(doubled, 2 * pipe(x, torch_stream(0, "augment")), atol=1e-5, rtol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_augments_as_a_cpu_does():
    x = torch.randn([8, 3, 32, 32], generator=torch.Generator().manual_seed(0))
    pipe = AugmentPipe("bgcf", cutout=1)
    pipe.p.fill_(0.6)
    expected = pipe(x, torch_stream(0, "augment"))
    torch.testing.assert_close(pipe(x.cuda(), torch_stream(0, "augment")).cpu(), expected, atol=1e-4, rtol=1e-4)
