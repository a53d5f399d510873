"""Adaptations run through to files, at 16 px with a tiny CLIP: bytes, resuming, what may change and what may not."""

import copy
import os
import signal

import numpy as np
import pytest
import torch
from safetensors import safe_open

from stylealign.adaptation import run as run_module
from stylealign.adaptation.directions import text_guide
from stylealign.adaptation.loop import adaptation_loop
from stylealign.adaptation.region import open_region
from stylealign.adaptation.rules import RULES
from stylealign.adaptation.run import AdaptationFiles, adapt_model
from stylealign.adaptation.state import begin
from stylealign.checkpoint import load_generator, load_snapshots, load_tensors, read_card, save_tensors, state_digest
from stylealign.config.adaptation import Adaptation
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.errors import CheckpointError, InterruptedRun, JudgeError, TrainingError
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.networks.discriminator import Discriminator
from stylealign.tables import read_table

SHAPE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channel_base": 128, "channel_max": 16, "mbstd_group_size": 2}


@pytest.fixture(scope="module")
def parent(make_family, tmp_path_factory):
    """The parent's checkpoint and its training pair."""
    g_ema = make_family(0.1)["parent"]
    G, _ = load_generator(g_ema)
    torch.manual_seed(5)
    D = Discriminator(mbstd_group_size=2, img_resolution=16, channel_base=128, channel_max=16, conv_clamp=None)
    pair = tmp_path_factory.mktemp("pair") / "pair.safetensors"
    tensors = {f"G/{name}": value for name, value in G.state_dict().items()}
    save_tensors(pair, tensors | {f"D/{name}": value for name, value in D.state_dict().items()}, {"kind": "pair"})
    return g_ema, pair


REGION = {"judge": "parser", "regions": ["hair"]}


class BrightJudge(EmbeddedJudge):
    """A judge to whom what is bright is hair: other masks for other images, and never all of one."""

    def _regions(self, pixels):
        grey = pixels.float().mean(1)
        return (grey > grey.mean([1, 2], keepdim=True)).to(torch.uint8)


@pytest.fixture
def adapt(parent, tiny_clip, make_judge, tmp_path):
    """Adapts with these settings into a folder of this name; gives its files."""

    def run(folder, *, images=(), seed=0, pair=parent[1], **settings):
        said = {"clips": {"tiny": 1}, "templates": "none", "iterations": 4, "sample_iterations": (2,)}
        if not images:
            said |= {"source_text": "a photo", "target_text": "a painting"}
        spec = ResolvedModel(
            name="child",
            domain="painting",
            parent="parent",
            adapt=said | settings,
            resolution=16,
            architecture=Architecture(**SHAPE),
            training=Training(),
            seed=seed,
            study_seed=0,
            samples=Samples(num=3),
            device="cpu",
        )
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        names = {"course": "course.parquet", "cost": "cost.parquet", "samples": "samples.npz"}
        names |= {name: f"{name}.safetensors" for name in ("g_ema", "pair")}
        names |= {"snapshots": "snapshots.safetensors"} if spec.adapt.snapshot_iterations else {}
        files = AdaptationFiles(**{name: place / file for name, file in names.items()})
        clips = {name: copy.copy(tiny_clip) for name in spec.adapt.clips}
        for name, clip in clips.items():
            clip.name = name
        made = {"parent": parent[0], "parent_pair": pair, "clips": clips, "images": images}
        if (asked := spec.adapt.region) is not None:
            parser = BrightJudge("parser", make_judge(regions=("background", "hair")).network)
            made["region"] = open_region(asked, parser, parser, model="child")
        adapt_model(spec, **made, state=place / ".resume", files=files)
        return files

    return run


BYTES = ("g_ema", "pair", "course", "samples")


def same(first, second, names=BYTES):
    return all(getattr(first, name).read_bytes() == getattr(second, name).read_bytes() for name in names)


def test_equal_settings_give_equal_bytes_and_another_seed_other_ones(adapt):
    first, again, other = adapt("a"), adapt("b"), adapt("c", seed=1)
    assert same(first, again)
    assert first.g_ema.read_bytes() != other.g_ema.read_bytes()


IMAGES = [torch.full([3, size, size], 90 * place, dtype=torch.uint8) for place, size in enumerate((16, 24))]
BY_IMAGES = {"images": IMAGES, "image_domain": "painting", "num_images": 2}


@pytest.mark.parametrize(
    "settings",
    [
        {"style_mixing_prob": 0.0},
        {"num_layers": 2, "style_mixing_prob": 1.0},
        {"num_layers": 3, "rules": "released", "style_mixing_prob": 1.0, "selection": {"steps": 2, "num_w": 3}},
        {"clips": {"b": 1, "a": 2}, "loss": {"directional": 1, "global": 0.5}, "truncation_psi": 0.7},
        {**BY_IMAGES, "num_layers": 1, "style_mixing_prob": 1.0, "region": REGION},
        {**BY_IMAGES, "rules": "released", "region": REGION | {"seen_in": "both"}},
    ],
)
def test_stopped_after_every_iteration_it_is_the_same_bytes(adapt, monkeypatch, settings):
    settings = {**settings, "snapshot_iterations": (1, 3)}
    whole = adapt("whole", **settings)
    for step in (1, 2, 3):
        with monkeypatch.context() as patch:
            stop_after(patch, step)
            with pytest.raises(InterruptedRun, match=f"stopped by SIGTERM at iteration {step} of 4"):
                adapt("cut", **settings)
    assert same(whole, adapt("cut", **settings), (*BYTES, "snapshots"))
    assert np.isfinite(read_table(whole.course)["target_similarity"]).all(), "the CLIP saw something each time"


def stop_after(patch, last):
    """A signal comes when so many iterations are done."""
    loop = run_module.adaptation_loop

    def stopping(state, *others):
        for step in loop(state, *others):
            if step == last:
                os.kill(os.getpid(), signal.SIGTERM)
            yield step

    patch.setattr(run_module, "adaptation_loop", stopping)


@pytest.mark.parametrize(
    "settings", [{}, {"num_layers": 2}, {"rules": "released", "num_layers": 4, "loss": {"directional": 1, "global": 1}}]
)
def test_the_frozen_copy_is_bitwise_unchanged_and_is_not_the_trained_one(parent, tiny_clip, settings):
    G, card = load_generator(parent[0])
    said = {"clips": {"tiny": 1}, "source_text": "a photo", "target_text": "a painting", "templates": "none"}
    adapt = Adaptation.model_validate(said | {"iterations": 12, "lr": 0.02} | settings)
    rules = RULES[adapt.rules]
    run = begin(G, adapt, rules)
    clip_before = {name: value.clone() for name, value in tiny_clip.network.state_dict().items()}
    for _ in adaptation_loop(run, [text_guide(tiny_clip, 1.0, adapt, rules)], adapt, 0):
        assert state_digest(run.frozen.state_dict()) == card.digest
    assert state_digest(run.G.state_dict()) != card.digest
    assert state_digest(G.state_dict()) == card.digest, "nor is what both were copied from"
    assert not {one.data_ptr() for one in run.G.parameters()} & {one.data_ptr() for one in run.frozen.parameters()}
    assert all(torch.equal(value, clip_before[name]) for name, value in tiny_clip.network.state_dict().items())
    assert all(one.grad is None for one in (*run.frozen.parameters(), *tiny_clip.network.parameters()))


def test_all_layers_chosen_is_no_choice_made_byte_for_byte(adapt):
    weights = [
        load_tensors(files.g_ema)[0] for files in (adapt("all"), adapt("six", num_layers=6), adapt("two", num_layers=2))
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not all(torch.equal(weights[0][name], weights[2][name]) for name in weights[0])


def test_mapping_affine_and_torgb_stay_the_parents_and_convolutions_do_not(adapt, parent):
    before, after = load_tensors(parent[0])[0], load_tensors(adapt("a").g_ema)[0]
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in moved if "mapping" in name or "affine" in name or "torgb" in name} == set()
    assert {name for name in before if name.endswith(("conv0.weight", "conv1.weight", "noise_strength"))} <= moved
    assert "synthesis.b4.const" in moved


def test_the_pair_is_the_adapted_generator_with_the_parents_discriminator(adapt, parent):
    files = adapt("a")
    pair, theirs = load_tensors(files.pair)[0], load_tensors(parent[1])[0]
    own = load_tensors(files.g_ema)[0]
    assert all(torch.equal(pair[f"G/{name}"], value) for name, value in own.items())
    assert all(torch.equal(value, theirs[name]) for name, value in pair.items() if name.startswith("D/"))
    assert any(name.startswith("D/") for name in pair)


def test_the_card_says_whose_child_it_is_and_how_it_was_made(adapt, parent):
    files = adapt("a", num_layers=2)
    card, above = read_card(files.g_ema), read_card(parent[0])
    assert card.lineage == ("parent", "child")
    assert card.lineage_digests[0] == above.digest
    adapted = card.transfer["adapted"]
    assert (adapted["target_text"], adapted["num_layers"], adapted["rules"]) == ("a painting", 2, "paper")
    assert len(card.transfer["judges"]["tiny"]) == 64
    assert card.image_set == ""


def test_a_snapshot_is_what_fewer_iterations_give(adapt):
    longer, shorter = adapt("longer", snapshot_iterations=(3,)), adapt("shorter", iterations=3)
    ((kimg, G),) = load_snapshots(longer.snapshots)
    assert kimg == pytest.approx(3 * 2 / 1000)
    expected = load_generator(shorter.g_ema)[0].state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in G.state_dict().items())


def test_the_course_has_a_row_for_every_iteration_and_clip(adapt):
    rows = read_table(adapt("a", clips={"b": 1, "a": 2}, num_layers=1).course)
    assert list(rows["iteration"]) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert list(rows["clip"]) == ["a", "b"] * 4
    assert (rows["loss"] > rows["clip_loss"]).all()
    assert set(rows["layers"]) <= {"b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1"}
    assert rows["direction_similarity"].between(-1, 1).all()


def test_a_run_moves_images_towards_the_direction(adapt):
    rows = read_table(adapt("a", iterations=60, batch_size=4, lr=0.01).course)
    assert rows["direction_similarity"][-10:].mean() > rows["direction_similarity"][:10].mean() + 0.1
    assert rows["loss"][-10:].mean() < rows["loss"][:10].mean() - 0.1


def test_images_direct_as_texts_do(adapt):
    torch.manual_seed(0)
    images = [torch.randint(0, 255, [3, size, size], dtype=torch.uint8) for size in (16, 24)]
    settings = {"images": images, "image_domain": "painting", "num_images": 2}
    first, again = adapt("a", **settings), adapt("b", **settings)
    assert same(first, again)
    assert len(read_card(first.g_ema).image_set) == 64


def test_texts_that_a_clip_cannot_tell_apart_are_refused(adapt):
    with pytest.raises(JudgeError, match="cannot tell 'a photo' and 'a photo' apart"):
        adapt("a", target_text="a photo")


def test_a_pair_that_no_child_could_be_trained_from_is_told_before_any_work(adapt, parent, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "adaptation_loop", None)  # no iteration is begun
    damaged, bare = tmp_path / "damaged.safetensors", tmp_path / "bare.safetensors"
    damaged.write_bytes(parent[1].read_bytes()[:-9])
    save_tensors(bare, {"G/x": torch.zeros(1)}, {"kind": "pair"})
    with pytest.raises(CheckpointError, match=r"damaged.safetensors"):
        adapt("a", pair=damaged)
    with pytest.raises(CheckpointError, match=r"bare.safetensors: holds no discriminator, which children need; delete"):
        adapt("b", pair=bare)


def test_divergence_is_refused_and_writes_nothing(adapt, tmp_path):
    with pytest.raises(TrainingError, match=r"no number at iteration \d+; lower models.child.adapt.lr"):
        adapt("a", lr=1e30, iterations=30)
    assert not (tmp_path / "a" / "g_ema.safetensors").exists()


def test_samples_are_of_the_parent_the_iterations_asked_and_the_end(adapt):
    samples = np.load(adapt("a").samples)
    assert samples["kimg"].tolist() == pytest.approx([0, 0.004, 0.008])
    assert samples["pixels"].shape == (3, 3, 16, 16, 3)


def test_files_are_this_projects(adapt):
    with safe_open(adapt("a").g_ema, "pt") as file:
        assert file.metadata()
