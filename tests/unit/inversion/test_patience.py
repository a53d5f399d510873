"""Clocks of images: full length without patience; with it, on to the falling learning rate, then to the end."""

import torch

from stylealign.config.inversion import Optimisation
from stylealign.inversion.patience import Clocks, tick

CPU = torch.device("cpu")


def run(settings: Optimisation, losses: torch.Tensor) -> Clocks:
    """After ``losses`` [steps, n], one row a step."""
    clocks = Clocks.start(losses.shape[1], CPU)
    for loss in losses:
        clocks = tick(clocks, loss, settings)
    return clocks


def test_without_patience_every_image_takes_every_step_and_no_more() -> None:
    clocks = run(Optimisation(steps=7), torch.ones([9, 2]))
    assert clocks.step.tolist() == clocks.taken.tolist() == [7, 7]


def test_an_image_that_improves_takes_all_and_one_that_does_not_is_soon_done() -> None:
    settings = Optimisation(steps=100, patience=10, tolerance=0.01)
    better, stuck = 0.95 ** torch.arange(100.0), torch.ones([100])
    clocks = run(settings, torch.stack([better, stuck], 1))
    assert clocks.step.tolist() == [100, 100]
    assert clocks.taken[0] == 100
    assert 20 <= clocks.taken[1] <= 24  # patience at the full learning rate, and again at the falling one


def test_out_of_patience_at_the_full_rate_means_the_falling_rate_and_not_the_end() -> None:
    settings = Optimisation(steps=100, patience=10, tolerance=0.01, lr_ramp_down=0.25)
    clocks = run(settings, torch.ones([11, 1]))
    assert (clocks.step.item(), clocks.taken.item()) == (75, 11)
    assert clocks.since.item() == 0  # a new beginning
    falling = torch.cat([torch.ones([11]), 0.9 ** torch.arange(25.0)])[:, None]
    assert run(settings, falling).taken.item() == 36  # all of the falling part, as it improves there


def test_improvement_is_a_part_of_the_loss() -> None:
    slow = (1 - 0.002) ** torch.arange(100.0)[:, None]  # in ten steps two per cent
    for scale in (1, 1e-4):
        assert run(Optimisation(steps=100, patience=20, tolerance=0.01), slow * scale).taken.item() == 100
        assert run(Optimisation(steps=100, patience=20, tolerance=0.2), slow * scale).taken.item() < 60


def test_noise_on_a_falling_loss_is_no_reason_to_stop_and_a_lucky_step_none_to_wait_for() -> None:
    settings = Optimisation(steps=200, patience=20)
    noise = torch.randn([200, 8], generator=torch.Generator().manual_seed(0))
    falling = 0.99 ** torch.arange(200.0)[:, None] * (1 + 0.05 * noise)
    assert (run(settings, falling).taken == 200).all()
    lucky = falling.clone()
    lucky[5] *= 0.5
    assert (run(settings, lucky).taken == 200).all()


def test_some_images_keep_their_state() -> None:
    settings = Optimisation(steps=30, patience=8)
    losses = torch.rand([20, 5], generator=torch.Generator().manual_seed(1))
    whole, some = run(settings, losses), run(settings, losses[:10])
    index = torch.tensor([4, 1])
    some = some.part(index)
    for loss in losses[10:, index]:
        some = tick(some, loss, settings)
    for name in ("step", "taken", "average", "best", "since"):
        assert torch.equal(getattr(some, name), getattr(whole, name)[index]), name
