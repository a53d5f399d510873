"""Trainings on few images: which images, D alone at first, anchors and patches; resumed to the byte."""

import json
import os
import signal

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator, load_tensors, read_card, state_digest
from stylealign.config.correspondence import Correspondence
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.data.few_images import few_of
from stylealign.data.image_set import ImageSet
from stylealign.errors import ConfigError, ImageSetError, InterruptedRun, TrainingError
from stylealign.latents import torch_stream
from stylealign.tables import read_table
from stylealign.training import losses
from stylealign.training import run as run_module
from stylealign.training.course import refuse_divergence
from stylealign.training.generated_images import generate_image_set
from stylealign.training.launch import train_in_processes
from stylealign.training.loop import training_loop
from stylealign.training.losses import d_main, logits_of, training_ws
from stylealign.training.run import train_model
from stylealign.training.state import TICK_METERS, build_state
from stylealign.training.training_job import TrainingJob

CPU = torch.device("cpu")
STEP_KIMG = 0.004


def spec(name="child", *, num_steps=6, seed=0, parent="parent", **training):
    settings = {"batch_size": 4, "ada_kimg": 100, "sample_kimg": (), "tick_kimg": 2 * STEP_KIMG, "ema_kimg": 0.01}
    return ResolvedModel(
        name=name,
        domain="dog",
        parent=parent,
        resolution=16,
        architecture=Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=64, channel_max=8),
        training=Training(**settings | {"checkpoint_kimg": STEP_KIMG} | training),
        total_kimg=num_steps * STEP_KIMG,
        seed=seed,
        study_seed=0,
        samples=Samples(num=2),
    )


def outputs(folder):
    names = {"g_ema": "safetensors", "pair": "safetensors", "ticks": "parquet", "cost": "parquet", "samples": "npz"}
    return {"state": folder / "state", **{name: folder / f"{name}.{suffix}" for name, suffix in names.items()}}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dog")
    names = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
    paths = {name.partition(".")[0]: folder / name for name in names}
    domain = WorldDomain(source="world", world="dog", num_train=24, num_test=4)
    build_image_set(domain, name="dog", resolution=16, seed=0, **paths)
    return {name: paths[name] for name in ("images", "index")}


@pytest.fixture(scope="module")
def parent(images, tmp_path_factory):
    paths = outputs(tmp_path_factory.mktemp("parent"))
    train_model(spec("parent", parent=None), parent_pair=None, parent_card=None, threads=1, **images, **paths)
    return {"parent_pair": paths["pair"], "parent_card": paths["g_ema"]}


@pytest.fixture
def train(parent, images, tmp_path):
    def do(folder, settings, **changes):
        (tmp_path / folder).mkdir(exist_ok=True)
        paths = outputs(tmp_path / folder)
        train_model(settings, threads=1, **parent | images | paths | changes)
        return paths

    return do


def test_few_images_are_the_first_of_the_seeds_own_order(images):
    whole = ImageSet.open(**images, split="train")
    few, more = few_of(whole, 5, 0), few_of(whole, 9, 0)
    assert (few.num, few.image_ids) == (5, more.image_ids[:5])
    assert set(few.image_ids) != set(few_of(whole, 5, 1).image_ids)
    assert few.image_ids != whole.image_ids[:5], "drawn, not the first of the file"
    place = whole.image_ids.index(few.image_ids[3])
    assert torch.equal(few.read([3])[0], whole.read([place])[0])
    assert few_of(whole, None, 0) is whole
    assert sorted(few_of(whole, whole.num, 0).image_ids) == sorted(whole.image_ids)
    with pytest.raises(ImageSetError, match="25 images are wanted and there are 24; lower num_images"):
        few_of(whole, 25, 0)


def test_the_card_says_which_images_and_the_draw_is_the_seeds(train, images):
    whole = ImageSet.open(**images, split="train")
    card = read_card(train("few", spec(num_images=5, seed=3))["g_ema"])
    assert card.training["image_ids"] == few_of(whole, 5, 3).image_ids
    assert card.training["num_images"] == 5
    assert card.image_set == few_of(whole, 5, 3).digest
    assert "image_ids" not in read_card(train("all", spec())["g_ema"]).training


@pytest.mark.parametrize(
    "settings",
    [{"catch_up_kimg": 2 * STEP_KIMG}, {"correspondence": Correspondence()}, {"augment": "on", "freeze_d": 2}],
)
def test_stopped_after_any_step_it_is_the_same_bytes(train, settings, monkeypatch):
    child = spec(num_images=5, reuse_fakes=True, **settings)
    whole = train("whole", child)
    for step in range(1, 6):
        stop_after(monkeypatch, step)
        with pytest.raises(InterruptedRun):
            train("cut", child)
    monkeypatch.undo()
    cut = train("cut", child)
    for name in ("g_ema", "pair", "samples"):
        assert whole[name].read_bytes() == cut[name].read_bytes(), name


def stop_after(monkeypatch, step):
    """A signal comes when so many steps are done."""

    def signalled(*args):
        for done in training_loop(*args):
            if done == step:
                os.kill(os.getpid(), signal.SIGTERM)
            yield done

    monkeypatch.setattr(run_module, "training_loop", signalled)


def test_d_alone_learns_while_it_catches_up(train, parent):
    paths = train("caught_up", spec(num_steps=3, catch_up_kimg=2 * STEP_KIMG, checkpoint_kimg=1))
    first = train("idle", spec(num_steps=2, catch_up_kimg=2 * STEP_KIMG))
    before, _ = load_tensors(parent["parent_pair"])
    after, _ = load_tensors(first["pair"])
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("G/"))
    assert not all(torch.equal(before[name], after[name]) for name in before if name.startswith("D/"))
    assert read_card(first["g_ema"]).digest == read_card(parent["parent_card"]).digest, "nor does its average move"
    moved, _ = load_tensors(paths["pair"])
    assert not torch.equal(before["G/synthesis.b8.conv1.weight"], moved["G/synthesis.b8.conv1.weight"])
    losses = read_table(paths["ticks"])["loss_g"]
    assert np.isnan(losses[0])
    assert np.isfinite(losses[1])


def test_a_loss_that_is_no_number_is_told_once_g_learns():
    settings = spec(catch_up_kimg=STEP_KIMG)
    state = build_state(settings, CPU, augment=False)
    row = {"kimg": 2 * STEP_KIMG, "loss_g": float("nan"), "loss_d": 1.0}
    state.step = 1
    refuse_divergence(settings, state, [row])
    state.step = 2
    with pytest.raises(TrainingError, match="NaN or infinity in the losses"):
        refuse_divergence(settings, state, [row])


class Noise:
    def at(self, step):
        return torch.randint(0, 256, [4, 3, 16, 16], generator=torch_stream(step, "batch"), dtype=torch.uint8)


def twinned(**changes):
    settings = spec(correspondence=Correspondence(**changes), style_mixing_prob=0.0)
    return settings, build_state(settings, CPU, augment=False, num_images=7)


def test_anchors_are_as_many_as_images_and_codes_stay_near_them():
    _, state = twinned()
    assert state.twin.anchors.shape == (7, 8)
    z = state.twin.near_anchors(50, torch_stream(0, "which"), torch_stream(0, "moved"))
    distances = (z[:, None] - state.twin.anchors).square().mean(2).sqrt()  # [50, 7]
    assert distances.amin(1).max() < 0.25
    assert len(set(distances.argmin(1).tolist())) == 7, "all anchors are taken"
    assert distances.amin(1).mean() == pytest.approx(0.1, rel=0.15)
    _, fewer = twinned(num_anchors=3)
    assert torch.equal(fewer.twin.anchors, state.twin.anchors[:3])


def test_every_fourth_step_is_of_anchors_and_whole_images():
    settings, state = twinned(anchor_std=0.0)
    x = torch.rand([4, 3, 16, 16])
    of_anchors = {tuple(np.round(w.tolist(), 4)) for w in state.G.mapping.w(state.twin.anchors)}
    for step in range(8):
        state.step = step
        draws = losses.Draws(0, "Gmain", step, CPU)
        ws = training_ws(state, 4, settings, draws)
        is_near = {tuple(np.round(w.tolist(), 4)) for w in ws[:, 0]} <= of_anchors
        assert is_near == (step % 4 == 0)
        assert logits_of(state, x).shape == ((4, 1) if step % 4 == 0 else (4, 64)), "patches of 8 x 8 features"


def test_a_patch_is_judged_by_its_own_pixels_alone():
    _, state = twinned()
    x = torch.rand([1, 3, 16, 16])
    other = x.clone()
    other[:, :, :, 12:] = 0
    before, after = (state.twin.patches(state.D, one).reshape(8, 8) for one in (x, other))
    assert torch.equal(before[:, :3], after[:, :3])
    assert not torch.equal(before[:, 7], after[:, 7])


def test_the_parent_stays_and_the_patches_judge_learns(train, parent):
    settings, state = twinned()
    before = {name: value.clone() for name, value in state.tensors().items()}
    for _ in training_loop(state, Noise(), settings, 5):
        pass
    after = state.tensors()
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("source/"))
    assert not torch.equal(before["patches/out.weight"], after["patches/out.weight"])
    for name in ("G/synthesis.b8.conv1.weight", "D/b16.conv0.weight", "D/b4.fc.weight"):
        assert not torch.equal(before[name], after[name]), name
    assert state.meters[TICK_METERS.index("score_real"), 1] == 4 * (2 + 3 * 64), "each patch is a score"


def test_the_frozen_parent_is_what_the_child_starts_from(train, parent):
    paths = train("kept", spec(num_images=5, num_steps=3, correspondence=Correspondence(weight=1e6)))
    free = train("free", spec(num_images=5, num_steps=3))
    start, _ = load_tensors(parent["parent_pair"])
    moved = [load_tensors(one["pair"])[0]["G/synthesis.b8.conv1.weight"] for one in (paths, free)]
    assert not torch.equal(*moved)
    assert not torch.equal(moved[0], start["G/synthesis.b8.conv1.weight"])


def test_a_gradient_penalty_of_patches_is_of_their_mean():
    settings, state = twinned()
    state.step = 1
    real = torch.rand([4, 3, 16, 16], generator=torch_stream(0, "real")) * 2 - 1
    penalty = losses.d_r1(state, real, settings, losses.Draws(0, "Dreg", 1, CPU))["r1_penalty"]
    x = real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(state.twin.patches(state.D, x).mean(1).sum(), x)
    assert torch.allclose(penalty, gradient.square().sum([1, 2, 3]), rtol=1e-4)
    loss = d_main(state, real, settings, losses.Draws(0, "Dmain", 1, CPU))
    assert loss["score_real"].shape == (4, 64)


def test_several_processes_are_refused(parent, images, tmp_path):
    paths = {**outputs(tmp_path), **images, **parent}
    job = TrainingJob(spec(correspondence=Correspondence()), threads=2, provenance={}, **paths)
    with pytest.raises(ConfigError, match="correspondence: compares the images of a whole batch"):
        train_in_processes(job, 2)


def test_a_root_is_built_as_before(parent):
    state = build_state(spec(), CPU, augment=False)
    settings, twin = twinned()
    assert state.twin is None
    assert state_digest(state.G.state_dict()) == state_digest(twin.G.state_dict()), "its own stream for what is added"
    assert {"num_images", "catch_up_kimg", "correspondence"}.isdisjoint(spec().tracked()["training"])
    assert "correspondence" in json.dumps(settings.tracked())


def test_images_of_a_model_are_an_image_set_that_can_be_trained_on(parent, train, tmp_path):
    made = {"images": tmp_path / "images.zip", "index": tmp_path / "index.parquet"}
    generate_image_set(parent["parent_card"], num=70, seed=4, **made)
    image_set = ImageSet.open(**made, split="train")
    assert (image_set.num, image_set.resolution) == (70, 16)
    again = {"images": tmp_path / "again.zip", "index": tmp_path / "again.parquet"}
    generate_image_set(parent["parent_card"], num=70, seed=4, **again)
    assert made["images"].read_bytes() == again["images"].read_bytes()
    generate_image_set(parent["parent_card"], num=3, seed=4, **again)
    assert ImageSet.open(**again).num == 3
    tuned = train("tuned", spec("tuned", num_steps=1), **made)
    assert load_generator(tuned["g_ema"])[1].image_set == image_set.digest
