"""Encoder training: it learns, resumes to the same bytes, starts from a parent's encoder and refuses a foreign one."""

import dataclasses
import logging
import math
import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from torchvision.models import get_model

from stylealign.checkpoint import load_generator, load_tensors, save_generator
from stylealign.config.domains import FolderDomain
from stylealign.config.inversion import Encoders
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard, load_encoder, load_latent_discriminator
from stylealign.errors import InterruptedRun, JudgeError, LineageError, ResumeError, TrainingError
from stylealign.images import to_hwc, to_net, to_pixels
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.judges.torchvision import TorchvisionJudge
from stylealign.latents import sample_z
from stylealign.networks.encoder import LatentDiscriminator
from stylealign.networks.spaces import ws_of
from stylealign.tables import ENCODER_COURSE, read_provenance, read_table
from stylealign.training import encoder as module
from stylealign.training.encoder import Task, lr_factor, train_encoder
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
from stylealign.training.resume import ResumeFolder

SPACES = ("z", "zplus", "w", "wplus")
QUICK = Encoders(total_kimg=0.096, batch_size=8, width=4, lr=0.004, tick_kimg=0.032, checkpoint_kimg=0.032)  # 12 steps
FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.05)


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(7)
    return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())))


def image_set(root: Path, G) -> dict[str, Path]:
    """Images of the model itself, as files: they can be given back."""
    pictures = root / "pictures"
    pictures.mkdir(parents=True)
    with torch.no_grad():
        pixels = to_pixels(G(sample_z(64, G.z_dim, 5, "pictures")))
    for number, image in enumerate(to_hwc(pixels)):
        Image.fromarray(image).save(pictures / f"{number:02d}.png")
    files = {file.split(".")[0]: root / file for file in FILES}
    domain = FolderDomain(source="folder", path=pictures, min_images=1, test_fraction=0.25)
    build_image_set(domain, name="own", resolution=16, seed=0, **files, num_threads=1)
    return {"images": files["images"], "index": files["index"]}


@pytest.fixture(scope="module")
def images(family, tmp_path_factory) -> dict[str, Path]:
    return image_set(tmp_path_factory.mktemp("own"), load_generator(family["parent"])[0])


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


# -- it learns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", SPACES)
def test_reconstructions_come_nearer_than_the_mean_image(train, family, judge, images, tmp_path, space):
    spec = QUICK.model_copy(update={"total_kimg": 0.64, "tick_kimg": 0.32, "lr": 0.01})
    encoder, card = load_encoder(train(tmp_path, space, spec))
    rows = read_table(tmp_path / "course.parquet")
    assert list(rows.columns) == ENCODER_COURSE.column_names()
    assert rows["kimg"].tolist() == [0, 0.32, 0.64]
    G, held_out = generator_of(family), ImageSet.open(**images, split="test").read(range(8))

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
    assert torch.equal(child.w_avg, generator_of(family, "child").mapping.w_avg)  # its own
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


class AtStep(logging.Handler):
    """Does something the first time the log says that a step was reached."""

    def __init__(self, step: int, action):
        super().__init__()
        self.step, self.action = step, action

    def emit(self, record: logging.LogRecord) -> None:
        if f"step {self.step} of" in record.getMessage() and self.action is not None:
            action, self.action = self.action, None
            action()


@pytest.fixture
def at_step():
    logger, handlers = logging.getLogger("stylealign.training.encoder"), []
    logger.setLevel(logging.INFO)

    def install(step: int, action) -> None:
        handlers.append(AtStep(step, action))
        logger.addHandler(handlers[-1])

    yield install
    for handler in handlers:
        logger.removeHandler(handler)


class PowerCut(Exception):
    """Nothing gets a chance to save."""


def cut() -> None:
    raise PowerCut


MANY_FAKES = QUICK.model_copy(update={"total_kimg": 0.128, "progressive_from": 0.2})  # the pool is full at step 7


@pytest.mark.parametrize("space", ["z", "wplus"])
def test_a_cut_training_resumes_to_the_same_bytes(train, tmp_path, at_step, space):
    whole = train(tmp_path / "whole", space, MANY_FAKES).read_bytes()
    at_step(12, cut)  # after the checkpoint of step 8, before that of step 12
    with pytest.raises(PowerCut):
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


def test_another_judge_does_not_use_the_old_state(train, judge, tmp_path, at_step, caplog):
    at_step(8, cut)
    with pytest.raises(PowerCut):
        train(tmp_path)
    torch.manual_seed(8)
    other = EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, judge.vocabulary))
    train(tmp_path, judge=other)
    assert "belongs to another run" in caplog.text


def test_a_judge_that_looks_at_other_layers_does_not_use_the_old_state(train, tmp_path, at_step, caplog):
    torch.manual_seed(0)
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), tmp_path / "weights.pt")
    deep, flat = (
        TorchvisionJudge("tv", "squeezenet1_1", tmp_path / "weights.pt", layers=layers, input_px=32)
        for layers in (["features.3", "features.7"], ["features.3"])
    )
    at_step(8, cut)
    with pytest.raises(PowerCut):
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


# -- its parts --------------------------------------------------------------------------------------------------------


def test_batches_hold_samples_with_their_ws_then_real_images(family, images):
    G, spec = generator_of(family), QUICK.model_copy(update={"sampled_share": 0.25})
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
    run, batch = batch_of(G, QUICK, "wplus", images)
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
    weighted = sum(float(losses[name]) * getattr(QUICK, f"{name}_weight") for name in losses)
    assert float(total_loss(losses, QUICK)) == pytest.approx(weighted, rel=1e-5)


def test_a_sample_with_its_own_code_has_no_code_loss(family, judge, images):
    G = generator_of(family)
    run, batch = batch_of(G, QUICK, "w", images)
    run.encoder.forward = lambda x: torch.cat([batch.ws[:, 0], torch.zeros([len(x) - batch.num_sampled, G.w_dim])])
    losses, _ = encoder_losses(run.encoder, None, G, judge, batch, 1.0)
    assert float(losses["code"]) == 0
    assert float(losses["pixel"]) > 0


def test_offsets_of_nothing_have_a_gradient(family):
    encoder = begin(QUICK, card_of(generator_of(family), QUICK, "wplus", 0), generator_of(family), None).encoder
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
    encoder = begin(QUICK, card_of(G, QUICK, "wplus", 0), G, None).encoder
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


def test_a_checkpoint_holds_everything_that_changes(train, tmp_path, at_step):
    at_step(8, cut)
    with pytest.raises(PowerCut):
        train(tmp_path, "wplus")
    tensors, meta = load_tensors(tmp_path / "state" / "state-000000004.safetensors")
    assert meta["step"] == 4
    assert [tick["kimg"] for tick in meta["ticks"]] == [0, 0.032]
    kinds = {name.split("/")[0] for name in tensors}
    assert kinds == {"encoder", "critic", "moments", "meters", "pool", "pooled"}
