"""The loop: phases and their intervals, what a child inherits, freeze-D, divergence, and losses against slow twins."""

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from stylealign.checkpoint import ModelCard, save_generator, save_tensors, state_digest
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.devices import pick_device
from stylealign.errors import CheckpointError, DeviceError, TrainingError
from stylealign.latents import torch_stream
from stylealign.training.adopt import adopt_checkpoint
from stylealign.training.course import Schedule, refuse_divergence
from stylealign.training.loop import training_loop
from stylealign.training.losses import (
    Draws,
    d_main,
    d_r1,
    discriminate_both,
    g_main,
    g_path_length,
    mixed_ws,
    phases,
    synthesize,
)
from stylealign.training.run import inherit
from stylealign.training.state import TICK_METERS, build_state

CPU = torch.device("cpu")


def spec(**training):
    sizes = Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8)
    return ResolvedModel(
        name="face",
        domain="face",
        resolution=16,
        architecture=sizes,
        training=Training(**{"batch_size": 4, "ada_kimg": 500, **training}),
        total_kimg=1,
        seed=0,
        study_seed=0,
        samples=Samples(num=4),
    )


class NoiseBatches:
    def at(self, step):
        return torch.randint(0, 256, [4, 3, 16, 16], generator=torch_stream(step, "batch"), dtype=torch.uint8)


def run(state, settings, num_steps):
    for _ in training_loop(state, NoiseBatches(), settings, num_steps):
        pass
    return state


def draws(name="test"):
    return Draws(0, name, 0, CPU)


def test_phases_follow_the_config():
    names = [(phase.name, phase.interval) for phase in phases(spec(pl_interval=4, r1_interval=16))]
    assert names == [("Gmain", 1), ("Greg", 4), ("Dmain", 1), ("Dreg", 16)]
    assert [phase.name for phase in phases(spec(pl_weight=0, r1_gamma=0))] == ["Gmain", "Dmain"]


def test_every_parameter_learns_and_the_average_follows():
    settings = spec(ema_kimg=0.01)
    state = build_state(settings, CPU, augment=True)
    before = {name: value.clone() for name, value in state.tensors().items()}
    run(state, settings, 6)
    after = state.tensors()
    still = [
        name
        for name, value in before.items()
        if name.startswith(("G/", "D/", "g_ema/")) and "noise_const" not in name and torch.equal(value, after[name])
    ]
    assert still == []
    assert state.step == 6


def test_two_runs_agree_bit_for_bit_and_another_seed_differs():
    settings = spec()
    first, second = (run(build_state(settings, CPU, augment=True), settings, 3) for _ in range(2))
    assert state_digest(first.tensors()) == state_digest(second.tensors())
    other = settings.model_copy(update={"seed": 1})
    assert state_digest(run(build_state(other, CPU, augment=True), other, 3).tensors()) != state_digest(first.tensors())


def test_losses_against_their_definitions():
    settings = spec(style_mixing_prob=0.0)
    state = build_state(settings, CPU, augment=False)
    real = torch.rand([4, 3, 16, 16], generator=torch_stream(0, "real")) * 2 - 1
    z = draws().normal("z", 4, 8)
    fake = state.G.synthesis(state.G.styles(state.G.mapping(z)), noise_mode="random", generator=draws().stream("noise"))
    expected_g = torch.log1p(torch.exp(-state.D(fake))).mean()
    assert torch.allclose(g_main(state, real, settings, draws())["loss_g"], expected_g, atol=1e-5)
    expected_d = torch.log1p(torch.exp(state.D(fake))).mean() + torch.log1p(torch.exp(-state.D(real))).mean()
    assert torch.allclose(d_main(state, real, settings, draws())["loss_d"], expected_d, atol=1e-5)


@pytest.mark.parametrize("group", [1, 2, 4])
def test_one_pass_over_both_kinds_gives_the_logits_of_two(group):
    state = build_state(spec(), CPU, augment=False)
    state.D.b4.mbstd_group_size = group
    fake, real = (torch.randn([4, 3, 16, 16], generator=torch_stream(0, name)) for name in ("fake", "real"))
    together = discriminate_both(state, fake, real, draws())
    for ours, alone in zip(together, (state.D(fake), state.D(real)), strict=True):
        assert torch.allclose(ours, alone, atol=1e-5)


@pytest.mark.parametrize("batch", [2, 3])
def test_a_batch_smaller_than_a_group_takes_two_passes(batch):
    state = build_state(spec(), CPU, augment=False)
    fake, real = (torch.randn([batch, 3, 16, 16], generator=torch_stream(0, name)) for name in ("fake", "real"))
    together = discriminate_both(state, fake, real, draws())
    assert torch.equal(together[0], state.D(fake))
    assert torch.equal(together[1], state.D(real))


@pytest.mark.parametrize("settings", [{"freeze_d": 2, "reuse_fakes": True}, {"augment": "on", "ada_kimg": 0.1}])
def test_a_loaded_state_goes_on_bit_for_bit(settings):
    child = spec(**settings).model_copy(update={"parent": "root"})
    is_augmented = child.training.augment == "on"
    whole = run(build_state(child, CPU, augment=is_augmented), child, 6)
    first = run(build_state(child, CPU, augment=is_augmented), child, 3)
    second = build_state(child.model_copy(update={"seed": 5}), CPU, augment=is_augmented)
    second.load({name: value.clone() for name, value in first.tensors().items()}, first.step)
    assert state_digest(run(second, child, 6).tensors()) == state_digest(whole.tensors())


def test_half_precision_is_only_for_a_gpu_and_says_so(caplog):
    state = build_state(spec(mixed_precision="on"), CPU, augment=False)
    assert (state.G.synthesis.num_fp16_res, state.D.num_fp16_res) == (0, 0)
    assert "mixed_precision: on is ignored on a cpu" in caplog.text


def test_d_may_learn_from_the_images_that_g_learned_from():
    state = build_state(spec(), CPU, augment=False)
    real = torch.rand([4, 3, 16, 16], generator=torch_stream(0, "real"))
    g_main(state, real, spec(reuse_fakes=True), draws("Gmain"))
    expected = F.softplus(state.D(state.fake)).mean() + F.softplus(-state.D(real)).mean()
    reused = d_main(state, real, spec(reuse_fakes=True), draws("Dmain"))["loss_d"]
    assert state.fake is None  # used once
    fresh = d_main(state, real, spec(), draws("Dmain"))["loss_d"]
    assert torch.allclose(reused, expected, atol=1e-5)
    assert not torch.allclose(fresh, expected, atol=1e-4)


def test_r1_gradient_is_gamma_half_times_interval():
    settings = spec(r1_gamma=3.0, r1_interval=16)
    state = build_state(settings, CPU, augment=False)
    real = torch.rand([4, 3, 16, 16], generator=torch_stream(0, "real"))
    penalty = d_r1(state, real, settings, draws())["r1_penalty"]
    found = state.D.b16.conv0.weight.grad.clone()
    x = real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(state.D(x).sum(), x, create_graph=True)
    slow = sum((gradient[n] ** 2).sum() for n in range(4)) / 4
    (expected,) = torch.autograd.grad(slow * 3.0 / 2 * 16, state.D.b16.conv0.weight)
    assert torch.allclose(penalty.mean(), slow, rtol=1e-4)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6 * expected.abs().max().item())


def test_path_length_moves_its_mean_by_a_hundredth():
    settings = spec(style_mixing_prob=0.0)
    state = build_state(settings, CPU, augment=False)
    real = torch.zeros([4, 3, 16, 16])
    lengths = g_path_length(state, real, settings, draws())["pl_length"]
    assert lengths.shape == (2,)
    assert torch.allclose(state.pl_mean, lengths.mean() * 0.01)
    ws = mixed_ws(state, 2, 0.0, draws()).detach().requires_grad_()
    x = synthesize(state, ws, draws())
    y = draws().normal("pl", *x.shape) / math.sqrt(16 * 16)
    (gradient,) = torch.autograd.grad((x * y).sum(), ws)
    for n in range(2):
        expected = (sum((gradient[n, row] ** 2).sum() for row in range(6)) / 6).sqrt()
        assert torch.allclose(lengths[n], expected, rtol=1e-3)


def test_style_mixing_crosses_once_per_batch():
    state = build_state(spec(), CPU, augment=False)
    plain, mixed = mixed_ws(state, 3, 0.0, draws()), mixed_ws(state, 3, 1.0, draws())
    same = [bool(torch.equal(plain[:, row], mixed[:, row])) for row in range(6)]
    crossover = same.index(False)
    assert 1 <= crossover <= 5
    assert same == [True] * crossover + [False] * (6 - crossover)


def test_w_avg_follows_the_mean_of_w():
    state = build_state(spec(), CPU, augment=False)
    w = state.G.mapping.w(draws().normal("z", 4, 8))
    mixed_ws(state, 4, 0.0, draws())
    assert torch.allclose(state.G.mapping.w_avg, w.mean(0) * 0.005, atol=1e-6)


def test_frozen_layers_of_d_stay(tmp_path):
    settings = spec(freeze_d=3)
    state = build_state(settings, CPU, augment=False)
    frozen = {"b16.fromrgb", "b16.conv0", "b16.conv1"}
    before = {name: p.clone() for name, p in state.D.named_parameters()}
    run(state, settings, 3)
    for name, parameter in state.D.named_parameters():
        assert torch.equal(parameter, before[name]) == (name.rsplit(".", 1)[0] in frozen), name


def card_of(state, **changes):
    values = {"model": "face", "domain": "face", "architecture": state.g_ema.init_kwargs, "img_resolution": 16}
    values |= {"lineage": ("face",), "lineage_digests": (state_digest(state.g_ema.state_dict()),)}
    values |= {"kimg": 1.0, "total_kimg": 1.0, "seed": 0, "recipe": 1, "version": "0"}
    return ModelCard(**{**values, **changes})


def save_parent(folder: Path, state):
    networks = {f"G/{name}": value for name, value in state.G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in state.D.state_dict().items()}
    card = card_of(state)
    meta = {"kind": "pair", "card": {"lineage_digests": list(card.lineage_digests)}}
    save_tensors(folder / "pair.safetensors", networks, meta)
    save_generator(folder / "g_ema.safetensors", state.g_ema, card)
    return folder / "pair.safetensors", folder / "g_ema.safetensors"


def test_a_child_starts_from_all_weights_of_its_parent(tmp_path):
    settings = spec(ema_kimg=0.001)
    parent = run(build_state(settings, CPU, augment=False), settings, 3)
    child = build_state(settings.model_copy(update={"seed": 9}), CPU, augment=True)
    inherit(child, *save_parent(tmp_path, parent))
    for ours, theirs in ((child.G, parent.G), (child.D, parent.D), (child.g_ema, parent.g_ema)):
        assert state_digest(ours.state_dict()) == state_digest(theirs.state_dict())
    assert child.step == 0
    assert child.opt_g.state_dict()["state"] == {}
    assert float(child.augment.p) == 0


def test_a_parent_of_another_architecture_is_refused(tmp_path):
    parent = build_state(spec(), CPU, augment=False)
    paths = save_parent(tmp_path, parent)
    sizes = spec().architecture.model_copy(update={"channel_max": 4})
    child = build_state(spec().model_copy(update={"architecture": sizes}), CPU, augment=False)
    with pytest.raises(CheckpointError, match="architecture"):
        inherit(child, *paths)


def adopted(folder: Path, settings):
    folder.mkdir()
    names = {"g_ema": "g_ema.safetensors", "pair": "pair.safetensors", "ticks": "t.parquet", "cost": "c.parquet"}
    paths = {key: folder / name for key, name in {**names, "samples": "samples.npz"}.items()}
    adopt_checkpoint(settings, **paths)
    return paths


def test_an_adopted_checkpoint_is_a_parent_like_any_other(tmp_path):
    state = build_state(spec(), CPU, augment=False)
    _, g_ema = save_parent(tmp_path, state)
    paths = adopted(tmp_path / "out", spec().model_copy(update={"name": "mine", "checkpoint": str(g_ema)}))
    child = build_state(spec(), CPU, augment=False)
    inherit(child, paths["pair"], paths["g_ema"])
    assert state_digest(child.D.state_dict()) == state_digest(state.D.state_dict())


def test_adopting_without_a_discriminator_says_so(tmp_path, caplog):
    state = build_state(spec(), CPU, augment=False)
    pair, g_ema = save_parent(tmp_path, state)
    pair.unlink()
    adopted(tmp_path / "out", spec().model_copy(update={"checkpoint": str(g_ema)}))
    assert "random discriminator" in caplog.text
    wide = spec().architecture.model_copy(update={"z_dim": 16})
    with pytest.raises(CheckpointError, match=r"models\.face\.from: .*z_dim is 8, the study's 16"):
        adopted(tmp_path / "other", spec().model_copy(update={"checkpoint": str(g_ema), "architecture": wide}))


def test_divergence_is_named_with_its_cure():
    settings = spec()
    state = build_state(settings, CPU, augment=False)
    fine = {"kimg": 1.0, "loss_g": 1.0, "loss_d": 1.0}
    refuse_divergence(settings, state, [fine])
    with pytest.raises(TrainingError, match=r"NaN.*models\.face\.training: lower lr"):
        refuse_divergence(settings, state, [{**fine, "loss_g": float("nan")}])
    won = {**fine, "loss_d": 1e-6}
    refuse_divergence(settings, state, [won, won])
    with pytest.raises(TrainingError, match="discriminator has won"):
        refuse_divergence(settings, state, [won] * 3)


def test_ada_raises_p_when_d_is_sure_of_the_real_images():
    settings = spec(augment="on", ada_kimg=0.1)
    state = build_state(settings, CPU, augment=True)
    torch.nn.init.constant_(state.D.b4.out.bias, 50.0)
    run(state, settings, 4)
    assert float(state.augment.p) == pytest.approx(4 * 4 / 100)
    assert state.ada_signs.tolist() == [0, 0]


def test_meters_hold_means_over_the_tick():
    settings = spec(pl_interval=2)
    state = run(build_state(settings, CPU, augment=False), settings, 4)
    counts = dict(zip(TICK_METERS, state.meters[:, 1].tolist(), strict=True))
    assert counts["loss_g"] == 4
    assert counts["pl_length"] == 2 * 2
    assert counts["score_real"] == counts["sign_real"] == 16


def test_schedule_counts_in_steps():
    schedule = Schedule.of(spec(tick_kimg=0.1, checkpoint_kimg=0.2, sample_kimg=(0, 0.5, 7)))
    assert (schedule.num_steps, schedule.tick, schedule.checkpoint) == (250, 25, 50)
    assert schedule.samples == {0, 125, 250}
    assert schedule.kimg(125) == 0.5


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_asking_for_an_absent_gpu_is_an_error():
    assert pick_device("auto").type == "cpu"
    with pytest.raises(DeviceError, match="device: cuda"):
        pick_device("cuda")
