"""The judge's training: it learns, it resumes to the same bytes, it refuses what it cannot learn from."""

import os
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from stylealign.config.domains import FolderDomain, WorldDomain
from stylealign.config.judges import EmbeddedJudge as JudgeSpec
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.errors import InterruptedRun, JudgeError, ResumeError, TrainingError
from stylealign.judges.embedded import load_embedded
from stylealign.resume import ResumeFolder
from stylealign.tables import JUDGE_QUALITY, read_provenance, read_table
from stylealign.training.judge import augment, lr_factor, train_judge
from stylealign.training.judge_loss import region_weights

FILES = ("images", "index", "regions", "rejected", "summary")
SPEC = JudgeSpec(kind="embedded", total_kimg=0.096, batch_size=8, width=8)  # 12 steps


def build(folder: Path, domain) -> tuple[str, Path, Path, Path]:
    folder.mkdir()
    files = {name: folder / name for name in FILES}
    build_image_set(domain, name=folder.name, resolution=16, seed=0, **files, preview=folder / "preview.png")
    return folder.name, files["images"], files["index"], files["regions"]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[tuple[str, Path, Path, Path]]:
    root = tmp_path_factory.mktemp("domains")
    worlds = {name: WorldDomain(source="world", world=name, num_train=40, num_test=12) for name in ("face", "dog")}
    return [build(root / name, world) for name, world in worlds.items()]


def photographs(root: Path, *, with_masks: bool) -> tuple[str, Path, Path, Path]:
    """A folder of pictures whose left half is dark, with masks that say so."""
    rng = np.random.default_rng(0)
    for folder in ("photos", "masks"):
        (root / folder).mkdir()
    for number in range(40):
        image = rng.integers(128, 256, size=(20, 20, 3), dtype=np.uint8)
        edge = int(rng.integers(4, 16))
        image[:, :edge] //= 8
        Image.fromarray(image).save(root / "photos" / f"{number}.png")
        Image.fromarray((np.arange(20)[None] < edge).repeat(20, 0).astype(np.uint8)).save(
            root / "masks" / f"{number}.png"
        )
    masks = {"regions": root / "masks", "labels": {"light": [0], "dark": [1]}} if with_masks else {}
    domain = FolderDomain(source="folder", path=root / "photos", min_images=10, test_fraction=0.2, **masks)
    return build(root / "halves", domain)


def train(root: Path, image_sets, spec: JudgeSpec = SPEC, **changes) -> Path:
    settings = {"seed": 0, "state": root / "state", "checkpoint_steps": 4} | changes
    outputs = {"judge": root / "judge.safetensors", "quality": root / "quality.parquet"}
    root.mkdir(exist_ok=True)
    train_judge(spec, name="embedded", image_sets=image_sets, **outputs, **settings)
    return outputs["judge"]


@pytest.fixture(scope="module")
def uninterrupted(worlds, tmp_path_factory) -> bytes:
    return train(tmp_path_factory.mktemp("whole"), worlds).read_bytes()


def test_a_cut_training_resumes_to_the_same_bytes(worlds, uninterrupted: bytes, tmp_path: Path, cut_at) -> None:
    with cut_at(8):  # after the checkpoint of step 4, before that of step 8
        train(tmp_path, worlds)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]  # nothing incomplete under a declared name
    assert train(tmp_path, worlds).read_bytes() == uninterrupted
    assert not list((tmp_path / "state").glob("*.safetensors"))  # the heavy part is gone


def test_a_signal_saves_and_the_same_command_resumes(worlds, uninterrupted: bytes, tmp_path: Path, at_step) -> None:
    at_step(4, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedRun, match=r"SIGTERM at step 4 of 12.*the same command resumes"):
        train(tmp_path, worlds)
    assert train(tmp_path, worlds).read_bytes() == uninterrupted


def test_other_settings_do_not_use_the_old_state(worlds, uninterrupted: bytes, tmp_path: Path, cut_at, caplog) -> None:
    with cut_at(8):
        train(tmp_path, worlds, seed=1)
    assert train(tmp_path, worlds).read_bytes() == uninterrupted
    assert "belongs to another run" in caplog.text


def relabelled(world, folder: Path, *, attributes: bool) -> tuple[str, Path, Path, Path]:
    """The same images with one attribute, or one pixel of one region map, changed."""
    name, images, index, regions = world
    if attributes:
        table = pq.read_table(index)
        place = table.column_names.index("attribute:yaw_deg")
        values = table["attribute:yaw_deg"].to_numpy().copy()
        values[0], values[1] = values[1], values[0]  # the vocabulary's mean and spread stay
        pq.write_table(table.set_column(place, "attribute:yaw_deg", pa.array(values)), folder / "index")
        return name, images, folder / "index", regions
    with np.load(regions) as npz:
        ids = npz["ids"].copy()
        ids[0, 0, 0] = (ids[0, 0, 0] + 1) % len(npz["names"])
        np.savez(folder / "regions.npz", ids=ids, names=npz["names"])
    return name, images, index, folder / "regions.npz"


@pytest.mark.parametrize("attributes", [True, False])
def test_other_labels_of_the_same_images_do_not_use_the_old_state(
    worlds, tmp_path: Path, cut_at, caplog, attributes: bool
) -> None:
    with cut_at(8):
        train(tmp_path, worlds)
    train(tmp_path, [relabelled(worlds[0], tmp_path, attributes=attributes), worlds[1]])
    assert "belongs to another run" in caplog.text


def test_a_loss_that_is_not_finite_names_the_key_and_leaves_no_judge(worlds, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"not finite at step \d+; lower judges\.embedded\.lr"):
        train(tmp_path, worlds, SPEC.model_copy(update={"lr": 1e38}))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_a_network_that_no_judge_declares_has_its_own_cure(worlds, tmp_path: Path) -> None:
    calmer = "raise studies.zero_shot_*.image_kimg"
    with pytest.raises(TrainingError) as caught:
        train(tmp_path, worlds, SPEC.model_copy(update={"lr": 1e38}), calmer=calmer)
    assert str(caught.value).endswith(f"; {calmer}")
    assert "judges." not in str(caught.value)


def test_weights_that_the_last_step_spoilt_are_not_written(worlds, tmp_path: Path) -> None:
    one_step = {"lr": float("inf"), "total_kimg": SPEC.batch_size / 1000}  # its loss is still that of good weights
    with pytest.raises(TrainingError, match="not finite at step 1;"):
        train(tmp_path, worlds, SPEC.model_copy(update=one_step))
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_two_processes_cannot_train_one_judge(worlds, tmp_path: Path) -> None:
    with ResumeFolder(tmp_path / "state", {}), pytest.raises(ResumeError, match="another process"):
        train(tmp_path, worlds)


def test_the_quality_table_holds_every_domain_attribute_and_region(worlds, tmp_path: Path) -> None:
    judge = load_embedded("embedded", train(tmp_path, worlds, provenance={"digest": "abc"}))
    rows = read_table(tmp_path / "quality.parquet")
    assert list(rows.columns) == JUDGE_QUALITY.column_names()
    assert read_provenance(tmp_path / "quality.parquet")["digest"] == "abc"
    assert set(rows["domain"]) == {"face", "dog"} == set(judge.domains)
    dog = rows[rows["domain"] == "dog"]
    assert {"muzzle", "mean"} <= set(dog[dog["task"] == "region"]["target"])
    assert "mouth" not in set(dog["target"])  # a face's region: not on this domain
    assert {"yaw_deg", "background_hue"} <= set(dog[dog["task"] == "attribute"]["target"])
    assert dog[dog["task"] == "domain"]["metric"].tolist() == ["accuracy"]
    assert (rows["num_images"] == 12).all()
    assert rows["score"].between(-5, 1).all()


def test_features_have_mean_square_one_on_training_images(worlds, tmp_path: Path) -> None:
    judge = load_embedded("embedded", train(tmp_path, worlds))
    pixels = torch.cat([ImageSet.open(images, index, "train").all() for _, images, index, _ in worlds])
    assert np.square(judge.features(pixels)).mean() == pytest.approx(1, rel=0.02)


def test_masks_alone_are_enough_and_are_learned(tmp_path: Path) -> None:
    spec = JudgeSpec(kind="embedded", total_kimg=0.8, batch_size=8, width=8)
    judge = load_embedded("embedded", train(tmp_path, [photographs(tmp_path, with_masks=True)], spec))
    assert judge.measures == {"features", "distance", "regions"}
    rows = read_table(tmp_path / "quality.parquet").set_index(["task", "target"])["score"]
    assert rows["region", "mean"] > 0.85


def test_masks_are_learned_from_varied_photographs(tmp_path: Path) -> None:
    varied = {"move": 0.1, "jitter": 0.1, "mirror": True, "rarity": 0.25}
    spec = JudgeSpec(kind="embedded", total_kimg=0.8, batch_size=8, width=8, **varied)
    judge = load_embedded("embedded", train(tmp_path, [photographs(tmp_path, with_masks=True)], spec))
    assert judge.region_names == ("light", "dark")
    rows = read_table(tmp_path / "quality.parquet").set_index(["task", "target"])["score"]
    assert rows["region", "mean"] > 0.8


def test_without_labels_there_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"none of halves has labels; .*torchvision"):
        train(tmp_path, [photographs(tmp_path, with_masks=False)])


def test_an_unlabelled_domain_beside_worlds_is_left_out_unless_named(worlds, tmp_path: Path) -> None:
    both = [worlds[0], photographs(tmp_path, with_masks=False)]
    assert load_embedded("embedded", train(tmp_path, both)).domains == ("face",)
    with pytest.raises(JudgeError, match=r"judges\.embedded\.domains: halves: no labels"):
        train(tmp_path, both, SPEC.model_copy(update={"domains": ("face", "halves")}))


def test_fewer_images_than_domains_in_a_batch_are_refused(worlds, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match="batch_size: 1 "):
        train(tmp_path, worlds, SPEC.model_copy(update={"batch_size": 1}))


def test_learning_rate_warms_up_and_ends_at_zero() -> None:
    factors = [lr_factor(step, 1000) for step in range(1001)]
    assert factors[0] < 0.05
    assert max(factors) == pytest.approx(1, abs=0.02)
    assert factors[1000] == pytest.approx(0, abs=1e-6)


def test_rarer_regions_weigh_more_by_as_much_as_is_asked() -> None:
    sizes = torch.tensor([900, 90, 10])
    for rarity in (0.0, 0.25, 0.5):
        weights = region_weights(sizes, rarity)
        assert float(weights[2] / weights[0]) == pytest.approx(90**rarity, rel=1e-5)
        assert float((weights * sizes).sum() / sizes.sum()) == pytest.approx(1, rel=1e-5)
    by_root = (sizes / sizes.sum().double()).rsqrt()
    by_root = (by_root / (by_root * (sizes / sizes.sum().double())).sum()).float()
    assert torch.equal(region_weights(sizes), by_root)  # the default, to the last bit: judges are what they were


def test_augmentation_is_slight_and_a_function_of_the_step() -> None:
    x = torch.rand([8, 3, 16, 16], generator=torch.Generator()) * 2 - 1
    assert torch.equal(augment(x, 0, 5), augment(x, 0, 5))
    assert not torch.equal(augment(x, 0, 5), augment(x, 0, 6))
    flat = torch.full([64, 3, 16, 16], 0.5)
    assert (augment(flat, 0, 0) - flat).abs().mean() < 0.03
