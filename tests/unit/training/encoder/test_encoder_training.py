"""Encoder training: it learns, resumes to the same bytes, starts from a parent's encoder and refuses a foreign one."""

import dataclasses
import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from torchvision.models import get_model

from stylealign.checkpoint import load_generator, load_tensors, save_generator
from stylealign.config.inversion import Encoders
from stylealign.data.image_set import ImageSet
from stylealign.encoders import load_encoder, load_latent_discriminator
from stylealign.errors import InterruptedRun, JudgeError, LineageError, ResumeError, TrainingError
from stylealign.images import to_net, to_pixels
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork
from stylealign.judges.torchvision import TorchvisionJudge
from stylealign.networks.spaces import ws_of
from stylealign.resume import ResumeFolder
from stylealign.tables import ENCODER_COURSE, read_provenance, read_table
from stylealign.training import encoder as module
from stylealign.training.encoder import train_encoder

SPACES = ("z", "zplus", "w", "wplus")
QUICK = Encoders(total_kimg=0.096, batch_size=8, width=4, lr=0.004, tick_kimg=0.032, checkpoint_kimg=0.032)  # 12 steps


@pytest.fixture(scope="module")
def train(family, judge, images):
    """Trains an encoder into ``root``; its file."""

    def run(root: Path, space: str = "w", spec: Encoders = QUICK, **changed) -> Path:
        root.mkdir(exist_ok=True)
        where = {"output": root / "encoder.safetensors", "course": root / "course.parquet", "state": root / "state"}
        how = {"start": "random", "model": "parent", "g_ema": family["parent"], "parent": None, "num_held_out": 8}
        how |= {"judge": judge, "truncation_psi": 0.7, "seed": 0, **images, **where, **changed}
        train_encoder(spec, space=space, **how)
        return where["output"]

    return run


# -- it learns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", SPACES)
def test_reconstructions_come_nearer_than_the_mean_image(train, family, judge, images, tmp_path, space):
    spec = QUICK.model_copy(update={"total_kimg": 0.64, "tick_kimg": 0.32, "lr": 0.01})
    encoder, card = load_encoder(train(tmp_path, space, spec))
    rows = read_table(tmp_path / "course.parquet")
    assert list(rows.columns) == ENCODER_COURSE.column_names()
    assert rows["kimg"].tolist() == [0, 0.32, 0.64]
    G, held_out = load_generator(family["parent"])[0], ImageSet.open(**images, split="test").read(range(8))

    def distance(ws):
        return judge.distance(held_out, to_pixels(G.synthesis(G.styles(ws)))).mean()

    with torch.no_grad():
        found = distance(ws_of(G, space, encoder(to_net(held_out)), card.truncation_psi))
        mean_image = distance(G.mapping.w_avg.expand(8, G.num_ws, -1))
    assert found < 0.9 * mean_image
    assert rows["distance"].iloc[-1] == pytest.approx(found, rel=1e-3)
    if space in ("w", "wplus"):
        assert rows["distance"].iloc[0] == pytest.approx(mean_image, rel=1e-3)
    assert rows["loss_code"].iloc[-1] < rows["loss_code"].iloc[1]


def test_the_course_says_what_was_measured(train, tmp_path):
    train(tmp_path, "wplus", provenance={"code_digest": "abc"})
    rows = read_table(tmp_path / "course.parquet")
    assert rows["kimg"].tolist() == pytest.approx([0, 0.032, 0.064, 0.096])
    assert (rows["num_images"] == 8).all()
    assert rows["distance"].between(rows["distance_low"], rows["distance_high"]).all()
    losses = rows.filter(like="loss_")
    assert losses.iloc[0].isna().all()
    assert losses.iloc[1:].notna().all().all()
    assert read_provenance(tmp_path / "course.parquet") == {"judge": "tiny", "seed": 0, "code_digest": "abc"}
    train(tmp_path, "w")
    losses = read_table(tmp_path / "course.parquet").filter(like="loss_").iloc[1:]
    assert losses.columns[losses.isna().all()].tolist() == ["loss_offset", "loss_adversarial"]


def test_samples_alone_or_images_alone_are_enough_to_learn_from(train, tmp_path):
    for share, nothing in ((1.0, ["loss_pixel", "loss_perceptual"]), (0.0, ["loss_code"])):
        train(tmp_path, "w", QUICK.model_copy(update={"sampled_share": share}))
        losses = read_table(tmp_path / "course.parquet").filter(like="loss_").iloc[1:, :3]
        assert losses.columns[losses.isna().all()].tolist() == nothing


def test_without_held_out_images_the_course_is_of_the_train_split_and_says_so(train, images, tmp_path, caplog):
    table = pq.read_table(images["index"])
    every_train = pa.array(["train"] * len(table))
    pq.write_table(table.set_column(table.column_names.index("split"), "split", every_train), tmp_path / "index")
    train(tmp_path / "run", "w", index=tmp_path / "index")
    assert "no test images" in caplog.text
    assert len(read_table(tmp_path / "run" / "course.parquet")) == 4


def test_the_card_says_what_the_encoder_is(train, family, tmp_path):
    encoder, card = load_encoder(train(tmp_path, "zplus"))
    assert (card.space, card.start, card.model, card.judge) == ("zplus", "random", "parent", "tiny")
    assert card.generator == load_generator(family["parent"])[1].digest
    assert (card.truncation_psi, card.kimg, card.seed, card.parent) == (0.7, 0.096, 0, "")
    assert card.settings["width"] == 4
    assert not {"checkpoint_kimg", "refine_steps", "from_parent"} & set(card.settings)
    assert encoder.init_kwargs == card.network
    assert load_encoder(train(tmp_path, "w"))[1].truncation_psi == 1


# -- a child's --------------------------------------------------------------------------------------------------------


def as_child(family, tmp_path: Path) -> Path:
    """The family's child with a card that names its parent."""
    parent, (G, card) = load_generator(family["parent"])[1], load_generator(family["child"])
    lineage = {"lineage": ("parent", "child"), "lineage_digests": (parent.digest, card.digest)}
    save_generator(tmp_path / "child.safetensors", G, dataclasses.replace(card, **lineage))
    return tmp_path / "child.safetensors"


@pytest.mark.parametrize("space", ["z", "wplus"])
def test_a_childs_encoder_starts_from_its_parents(train, family, tmp_path, space):
    parent = train(tmp_path / "parent", space)
    spec = QUICK.model_copy(update={"child_kimg": 0.016, "lr": 1e-9})
    how = {"model": "child", "g_ema": as_child(family, tmp_path), "start": "parent", "parent": parent}
    child, card = load_encoder(train(tmp_path / "child", space, spec, **how))
    theirs, parent_card = load_encoder(parent)
    for name, value in child.named_parameters():
        assert torch.allclose(value, theirs.get_parameter(name), atol=1e-6), name
    assert torch.equal(child.w_avg, load_generator(family["child"])[0].mapping.w_avg)  # its own
    assert torch.equal(child.z_start, theirs.z_start)
    assert (card.model, card.start, card.parent, card.kimg) == ("child", "parent", parent_card.digest, 0.016)
    if space == "wplus":
        ours, before = (
            load_latent_discriminator(path) for path in (tmp_path / "child" / "encoder.safetensors", parent)
        )
        assert torch.allclose(ours.out.weight, before.out.weight, atol=1e-6)


def test_a_child_of_the_same_weights_begins_where_its_parent_ended(train, family, tmp_path):
    parent = train(tmp_path / "parent", "wplus", QUICK.model_copy(update={"progressive_until": 0.5}))
    train(tmp_path / "copy", "wplus", start="parent", parent=parent)
    ended = read_table(tmp_path / "parent" / "course.parquet")["distance"].iloc[-1]
    assert read_table(tmp_path / "copy" / "course.parquet")["distance"].iloc[0] == pytest.approx(ended, rel=1e-5)


def test_a_foreign_parents_encoder_is_refused(train, family, tmp_path):
    parent = train(tmp_path / "parent", "w")
    how = {"start": "parent", "parent": parent}
    with pytest.raises(LineageError, match="encoder of parent, whose weights no ancestor of stranger has"):
        train(tmp_path / "stranger", "w", g_ema=family["stranger"], model="stranger", **how)
    with pytest.raises(LineageError, match=r"its space w \(here wplus\)"):
        train(tmp_path / "wplus", "wplus", **how)
    with pytest.raises(LineageError, match=r"its width 4 \(here 8\)"):
        train(tmp_path / "wide", "w", QUICK.model_copy(update={"width": 8}), **how)
    with pytest.raises(LineageError, match="w_dim 8"):
        train(tmp_path / "foreign", "w", g_ema=family["foreigner"], **how)
    with pytest.raises(LineageError, match="none is given"):
        train(tmp_path / "none", "w", start="parent", parent=None)


# -- it can be killed -------------------------------------------------------------------------------------------------


MANY_FAKES = QUICK.model_copy(update={"total_kimg": 0.128, "progressive_from": 0.2})  # the pool is full at step 7


@pytest.mark.parametrize("space", ["z", "wplus"])
def test_a_cut_training_resumes_to_the_same_bytes(train, tmp_path, cut_at, space):
    whole = train(tmp_path / "whole", space, MANY_FAKES).read_bytes()
    with cut_at(12):  # after the checkpoint of step 8, before that of step 12
        train(tmp_path / "cut", space, MANY_FAKES)
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["state"]
    assert train(tmp_path / "cut", space, MANY_FAKES).read_bytes() == whole
    courses = [(tmp_path / name / "course.parquet").read_bytes() for name in ("whole", "cut")]
    assert courses[0] == courses[1]
    assert not list((tmp_path / "cut" / "state").glob("*.safetensors"))  # the heavy part is gone


def test_a_signal_saves_and_the_same_command_resumes(train, tmp_path, at_step):
    whole = train(tmp_path / "whole").read_bytes()
    at_step(4, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedRun, match=r"stopped by SIGTERM at step 4 of 12.*the same command resumes"):
        train(tmp_path / "cut")
    assert train(tmp_path / "cut").read_bytes() == whole


def test_another_judge_does_not_use_the_old_state(train, judge, tmp_path, cut_at, caplog):
    with cut_at(8):
        train(tmp_path)
    torch.manual_seed(8)
    other = EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, judge.vocabulary))
    train(tmp_path, judge=other)
    assert "belongs to another run" in caplog.text


def test_a_judge_that_looks_at_other_layers_does_not_use_the_old_state(train, tmp_path, cut_at, caplog):
    torch.manual_seed(0)
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), tmp_path / "weights.pt")
    deep, flat = (
        TorchvisionJudge("tv", "squeezenet1_1", tmp_path / "weights.pt", layers=layers, input_px=32)
        for layers in (["features.3", "features.7"], ["features.3"])
    )
    with cut_at(8):
        train(tmp_path / "run", judge=deep)
    train(tmp_path / "run", judge=flat)
    assert "belongs to another run" in caplog.text


def test_a_latent_discriminator_that_is_not_finite_is_not_kept(train, tmp_path, monkeypatch):
    def teach(critic, run, *_):
        if run.step == 11:  # the last, after which no loss would tell
            critic.network.out.bias.data.fill_(torch.nan)

    monkeypatch.setattr(module, "_teach", teach)
    with pytest.raises(TrainingError, match="not finite at step 12"):
        train(tmp_path, "wplus")
    assert not (tmp_path / "encoder.safetensors").exists()


def test_a_loss_that_is_not_finite_names_the_key_and_leaves_no_encoder(train, tmp_path):
    with pytest.raises(TrainingError, match=r"not finite at step \d+; lower inversion\.encoders\.lr"):
        train(tmp_path, spec=QUICK.model_copy(update={"lr": 1e38}))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    with pytest.raises(TrainingError, match="not finite at step 1;"):  # its loss is still that of good weights
        train(tmp_path, spec=QUICK.model_copy(update={"lr": float("inf"), "total_kimg": 0.008}))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_two_processes_cannot_train_one_encoder(train, tmp_path):
    with ResumeFolder(tmp_path / "state", {}), pytest.raises(ResumeError, match="another process"):
        train(tmp_path)


def test_a_judge_without_a_distance_is_refused(train, tmp_path):
    with pytest.raises(JudgeError, match="does not measure distance"):
        train(tmp_path, judge=ColourJudge("colour"))


def test_a_checkpoint_holds_everything_that_changes(train, tmp_path, cut_at):
    with cut_at(8):
        train(tmp_path, "wplus")
    tensors, meta = load_tensors(tmp_path / "state" / "state-000000004.safetensors")
    assert meta["step"] == 4
    assert [tick["kimg"] for tick in meta["ticks"]] == [0, 0.032]
    kinds = {name.split("/")[0] for name in tensors}
    assert kinds == {"encoder", "critic", "moments", "meters", "pool", "pooled"}
