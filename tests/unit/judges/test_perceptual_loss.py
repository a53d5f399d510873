"""A judge's distance as a loss: equal to the distance, right in its gradient, finite where activations vanish."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torchvision.models import get_model

from stylealign.errors import JudgeError
from stylealign.images import to_net
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.judges.judge import Judge, select_seen
from stylealign.judges.lpips import LpipsJudge
from stylealign.judges.perceptual import perceptual_distance, unit_normalise
from stylealign.judges.torchvision import TorchvisionJudge

SIDE = 32


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "squeezenet.pt"
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), path)
    return path


@pytest.fixture(scope="module", params=["embedded", "torchvision", "torchvision resized", "lpips"])
def judge(request, weights) -> Judge:
    match request.param:
        case "embedded":
            torch.manual_seed(0)
            return EmbeddedJudge("j", EmbeddedNetwork(SIDE, 8, Vocabulary(("face", "dog"), (), ())), batch_size=4)
        case "lpips":
            return LpipsJudge("j", "squeeze", weights, batch_size=4)
    input_px = 48 if request.param.endswith("resized") else SIDE
    return TorchvisionJudge("j", "squeezenet1_1", weights, input_px=input_px, batch_size=4)


def images(num: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, [num, 3, SIDE, SIDE], dtype=torch.uint8, generator=generator)


def test_on_pixels_the_loss_is_the_distance(judge: Judge) -> None:
    a, b = images(6, 0), images(6, 1)
    seen = judge.perceive(a)
    assert all(len(part) == 6 for part in seen)
    np.testing.assert_allclose(judge.perceptual_loss(seen, to_net(b)).numpy(), judge.distance(a, b), rtol=1e-4)
    assert judge.perceptual_loss(seen, to_net(a)).abs().max() < 1e-9


def test_what_was_seen_takes_part_in_autograd_even_when_perceived_in_inference_mode(judge: Judge) -> None:
    with torch.inference_mode():
        seen = judge.perceive(images(2, 0))
    x = to_net(images(2, 1)).requires_grad_()
    judge.perceptual_loss(seen, x).sum().backward()
    assert torch.isfinite(x.grad).all()
    assert (x.grad.flatten(1).norm(dim=1) > 0).all()
    assert not any(part.requires_grad or part.is_inference() for part in seen)
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in judge.network.parameters())


def test_the_gradient_is_that_of_differences(judge: Judge) -> None:
    seen, x = judge.perceive(images(1, 0)), to_net(images(1, 1)).requires_grad_()
    judge.perceptual_loss(seen, x).sum().backward()
    direction = x.grad / x.grad.norm()
    step = 0.05
    with torch.no_grad():
        ends = [judge.perceptual_loss(seen, x + sign * step * direction).item() for sign in (1, -1)]
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(x.grad.norm().item(), rel=0.1)


def test_going_down_the_gradient_comes_nearer_in_distance(judge: Judge) -> None:
    target, start = images(2, 0), images(2, 1)
    seen, x = judge.perceive(target), to_net(start).requires_grad_()
    optimiser = torch.optim.Adam([x], lr=0.05)
    for _ in range(8):
        optimiser.zero_grad()
        judge.perceptual_loss(seen, x).sum().backward()
        optimiser.step()
    nearer = ((x.detach() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    assert (judge.distance(target, nearer) < 0.8 * judge.distance(target, start)).all()


def test_an_image_s_loss_and_gradient_are_its_own(judge: Judge) -> None:
    seen, x = judge.perceive(images(5, 0)), to_net(images(5, 1))
    rows = torch.tensor([3, 1])
    some, whole = x[rows].clone().requires_grad_(), x.clone().requires_grad_()
    loss, expected = judge.perceptual_loss(select_seen(seen, rows), some), judge.perceptual_loss(seen, whole)
    torch.testing.assert_close(loss, expected[rows], rtol=1e-4, atol=1e-6)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(some.grad, whole.grad[rows], rtol=1e-3, atol=1e-6)


def test_each_to_each_is_the_distance_of_every_pair(judge: Judge) -> None:
    a, b = images(3, 0), images(5, 1)
    found = judge.perceptual_distances(judge.perceive(a), judge.perceive(b)).numpy()
    expected = [judge.distance(image.expand(5, -1, -1, -1), b) for image in a]
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-3, atol=1e-6)


def test_select_seen_goes_through_nested_lists_and_tuples() -> None:
    seen = [torch.arange(4), (torch.arange(8).reshape(4, 2), [torch.arange(4) * 10])]
    rows = select_seen(seen, torch.tensor([2, 0]))
    assert rows[0].tolist() == [2, 0]
    assert rows[1][0].tolist() == [[4, 5], [0, 1]]
    assert isinstance(rows[1], tuple)
    assert rows[1][1][0].tolist() == [20, 0]


def test_unit_vectors_have_the_gradient_of_the_formula() -> None:
    activation = torch.randn([2, 5, 3, 2], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert gradcheck(unit_normalise, activation.requires_grad_())


def test_vanished_activations_give_no_nan() -> None:
    a = torch.randn([2, 4, 3, 3], generator=torch.Generator().manual_seed(0))
    a[0, :, 1, 1] = 0
    a.requires_grad_()
    perceptual_distance([a], [torch.ones([2, 4, 3, 3])]).sum().backward()
    assert torch.isfinite(a.grad).all()
    assert a.grad[0, :, 1, 1].abs().max() == 0
    assert a.grad[1, :, 1, 1].abs().max() > 0


def test_a_judge_without_a_distance_and_wrong_images_are_refused(judge: Judge) -> None:
    with pytest.raises(JudgeError, match="does not measure distance"):
        ColourJudge("c").perceive(images(1, 0))
    with pytest.raises(JudgeError, match="does not measure distance"):
        ColourJudge("c").perceptual_loss([], to_net(images(1, 0)))
    with pytest.raises(JudgeError, match="wants uint8"):
        judge.perceive(to_net(images(1, 0)))
