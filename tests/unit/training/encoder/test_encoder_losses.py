"""What an encoder is trained on and against: batches, losses, the rows let in, the latent discriminator, the course."""

import math

import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.config.inversion import Encoders
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard
from stylealign.images import to_net, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.encoder import LatentDiscriminator
from stylealign.training.encoder import Task, lr_factor
from stylealign.training.encoder_batches import EncoderBatches
from stylealign.training.encoder_losses import (
    discriminator_loss,
    encoder_losses,
    exchange,
    in_deviations,
    offset_size,
    one_free_row,
    rows_free,
    total_loss,
)
from stylealign.training.encoder_state import begin

SPEC = Encoders(total_kimg=0.096, batch_size=8, width=4)  # 12 steps


def generator_of(family, name="parent"):
    return load_generator(family[name])[0]


def batch_of(G, spec, space, images, seed=0, step=0):
    run, batches = started(G, spec, space, images, seed)
    return run, batches.at(step)


def started(G, spec, space, images, seed=0):
    card = card_of(G, spec, space, seed)
    return begin(spec, card, G, None), EncoderBatches(G, ImageSet.open(**images, split="train"), spec, card)


def card_of(G, spec, space, seed):
    sizes = {"img_resolution": 16, "width": spec.width, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim}
    return EncoderCard(
        space=space,
        start="random",
        model="parent",
        generator="abc",
        truncation_psi=0.7 if space in ("z", "zplus") else 1.0,
        judge="tiny",
        img_resolution=16,
        network={"space": space, **sizes},
        settings={},
        kimg=spec.total_kimg,
        seed=seed,
        recipe=1,
        version="test",
        image_set="",
    )


def test_batches_hold_samples_with_their_ws_then_real_images(family, images):
    G, spec = generator_of(family), SPEC.model_copy(update={"sampled_share": 0.25})
    _, batches = started(G, spec, "z", images)
    batch = batches.at(3)
    assert (len(batch.x), batch.num_sampled, len(batch.pixels)) == (8, 2, 6)
    with torch.no_grad():
        given = to_net(to_pixels(G.synthesis(G.styles(batch.ws))))
    assert torch.equal(batch.x[:2], given)
    assert torch.equal(batch.x[2:], to_net(batch.pixels))
    z = sample_z(2, G.z_dim, 0, "encoder", "samples", 3)
    assert torch.equal(batch.ws, G.mapping(z, truncation_psi=0.7))
    again, other = batches.at(3), batches.at(4)
    assert torch.equal(again.x, batch.x)
    assert not torch.equal(other.ws, batch.ws)


def test_losses_against_their_definitions(family, judge, images):
    G = generator_of(family)
    run, batch = batch_of(G, SPEC, "wplus", images)
    for parameter in run.encoder.parameters():
        parameter.data += 0.03
    discriminator = run.critic.network
    with torch.no_grad():
        losses, ws = encoder_losses(run.encoder, discriminator, G, judge, batch, 1.0)
    real = batch.x[batch.num_sampled :]
    given_back = G.synthesis(G.styles(ws[batch.num_sampled :]))
    w_std = (G.mapping.w(sample_z(4096, 8, 0, "encoder", "deviation")) - G.mapping.w_avg).square().mean().sqrt()
    expected = {
        "code": ((ws[: batch.num_sampled] - batch.ws) / w_std).square().mean(),
        "pixel": (given_back - real).square().mean(),
        "perceptual": torch.from_numpy(judge.distance(batch.pixels, to_pixels(given_back))).mean(),
        "offset": sum((ws[:, row] - ws[:, 0]).norm(dim=1) for row in range(1, G.num_ws)).mean() / w_std,
        "adversarial": -discriminator((ws - G.mapping.w_avg) / w_std).sigmoid().log().mean().detach(),
    }
    assert set(losses) == set(expected)
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(float(value), rel=0.1 if name == "perceptual" else 1e-4), name
    weighted = sum(float(losses[name]) * getattr(SPEC, f"{name}_weight") for name in losses)
    assert float(total_loss(losses, SPEC)) == pytest.approx(weighted, rel=1e-5)


def test_a_sample_with_its_own_code_has_no_code_loss(family, judge, images):
    G = generator_of(family)
    run, batch = batch_of(G, SPEC, "w", images)
    run.encoder.forward = lambda x: torch.cat([batch.ws[:, 0], torch.zeros([len(x) - batch.num_sampled, G.w_dim])])
    losses, _ = encoder_losses(run.encoder, None, G, judge, batch, 1.0)
    assert float(losses["code"]) == 0
    assert float(losses["pixel"]) > 0


def test_offsets_of_nothing_have_a_gradient(family):
    encoder = begin(SPEC, card_of(generator_of(family), SPEC, "wplus", 0), generator_of(family), None).encoder
    ws = torch.zeros([2, 6, 8], requires_grad=True)
    offset_size(encoder, ws).backward()
    assert ws.grad.isfinite().all()


def test_rows_are_let_in_one_after_the_other():
    spec = Encoders(progressive_from=0.1, progressive_until=0.5)
    parts = [step / 1000 for step in range(1001)]
    free = [rows_free(part, 8, spec) for part in parts]
    assert free[:100] == [1] * 100
    assert free[500:] == [8] * 501
    assert sorted(free) == free
    assert sorted(set(free)) == [1, 2, 3, 4, 5, 6, 7, 8]
    waits = [free.count(number) for number in range(2, 8)]
    assert max(waits) - min(waits) <= 1
    at_once = Encoders(progressive_from=0.0, progressive_until=0.0)
    assert {rows_free(part, 8, at_once) for part in parts} == {8}


def test_the_latent_discriminator_learns_to_tell_and_is_regularised():
    torch.manual_seed(0)
    network = LatentDiscriminator(4)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.003)
    real, fake = torch.randn([64, 4]), torch.randn([64, 4]) + 2
    plain = discriminator_loss(network, real, fake, 1)
    by_hand = -(network(real).sigmoid().log().mean() + (1 - network(fake).sigmoid()).log().mean())
    assert plain.item() == pytest.approx(by_hand.item(), rel=1e-4)
    gradients = [
        torch.autograd.functional.jacobian(lambda one: network(one[None]).sum(), row).square().sum() for row in real
    ]
    penalised = discriminator_loss(network, real, fake, 16) - plain
    assert penalised.item() == pytest.approx(80 * torch.stack(gradients).mean().item(), rel=1e-3)
    for step in range(200):
        optimiser.zero_grad()
        discriminator_loss(network, real, fake, step).backward()
        optimiser.step()
    assert float((network(real) > network(fake).mean()).float().mean()) > 0.9


def test_the_pool_gives_earlier_fakes_back_once_it_is_full():
    pool, fakes = torch.zeros([50, 2]), torch.arange(16.0)[:, None].expand(-1, 2) + 1
    filled = 0
    for step in range(4):  # 16, 32, 48, 50
        assert torch.equal(exchange(pool, filled, fakes + 100 * step, 0, step), fakes + 100 * step)
        filled = min(filled + 16, 50)
    assert torch.equal(pool[-2:], fakes[:2] + 300)
    before, new = pool.clone(), fakes + 1000
    shown = exchange(pool, filled, new, 0, 4)
    known = {float(row[0]) for row in [*before, *new]}
    assert {float(row[0]) for row in shown} <= known
    earlier = sum(float(row[0]) < 1000 for row in shown)
    assert 3 <= earlier <= 13
    assert sum(float(row[0]) >= 1000 for row in pool) == earlier  # what is not shown is kept for later


def test_of_each_image_one_row_that_is_free_is_shown():
    ws = torch.arange(6.0)[None, :, None].expand(3, -1, 2)
    rows = [one_free_row(ws, 4, 0, step) for step in range(40)]
    assert {float(row[0, 0]) for row in rows} == {0, 1, 2, 3}
    assert all(torch.equal(row, row[:1].expand(3, -1)) for row in rows)


def test_codes_are_judged_in_deviations_from_the_average_w(family):
    G = generator_of(family)
    encoder = begin(SPEC, card_of(G, SPEC, "wplus", 0), G, None).encoder
    w = in_deviations(encoder, G.mapping.w(sample_z(2000, G.z_dim, 9, "other")))
    assert float(w.square().mean()) == pytest.approx(1, rel=0.1)


def test_learning_rate_warms_up_and_ends_at_zero():
    factors = [lr_factor(step, 1000) for step in range(1001)]
    assert factors[0] < 0.05
    assert max(factors) == pytest.approx(1, abs=0.02)
    assert factors[1000] == pytest.approx(0, abs=1e-6)
    assert all(math.isfinite(lr_factor(step, 1)) for step in range(2))


@pytest.mark.parametrize(("total_kimg", "ticks"), [(3, [62, 125]), (3.4, [62, 125]), (3.6, [62, 125, 188]), (0.3, [])])
def test_no_tick_comes_just_before_the_last_step(family, total_kimg, ticks):
    spec = Encoders(total_kimg=total_kimg, batch_size=16)
    task = Task(None, None, None, None, spec, card_of(generator_of(family), spec, "w", 0))
    assert sorted(task.every(1.0)) == ticks
    assert task.num_steps == math.ceil(total_kimg * 1000 / 16)
