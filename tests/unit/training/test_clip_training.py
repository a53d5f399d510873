"""The study's own CLIP: it learns, resumes to the same bytes, and takes no true text for a wrong one."""

import logging
import math
import os
import signal
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from stylealign.config.domains import WorldDomain
from stylealign.config.judges import EmbeddedClip
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.errors import InterruptedRun, JudgeError, TrainingError
from stylealign.judges.embedded_clip import PADDING, UNKNOWN, load_embedded_clip, own_tokenizer, save_embedded_clip
from stylealign.judges.load import load_judge
from stylealign.training.clip import TruthfulLoss, train_clip
from stylealign.training.clip_batches import PairBatches, strewn, truths
from stylealign.worlds.caption_claims import read_caption

SPEC = EmbeddedClip(kind="embedded_clip", total_kimg=0.096, batch_size=8, patch_px=8, width=32, layers=1)  # 12 steps


@pytest.fixture(scope="module")
def worlds(tmp_path_factory) -> list[tuple[str, Path, Path]]:
    root = tmp_path_factory.mktemp("domains")
    return [_built(root / name, name) for name in ("face", "dog")]


def _built(folder: Path, world: str) -> tuple[str, Path, Path]:
    folder.mkdir()
    files = {name: folder / name for name in ("images", "index", "regions", "rejected", "summary")}
    domain = WorldDomain(source="world", world=world, num_train=64, num_test=16)
    build_image_set(domain, name=world, resolution=16, seed=0, **files, preview=folder / "preview.png")
    return world, files["images"], files["index"]


def train(root: Path, image_sets, spec: EmbeddedClip = SPEC, **changes) -> Path:
    root.mkdir(exist_ok=True)
    settings = {"seed": 0, "state": root / "state", "judge": root / "judge.safetensors", "checkpoint_steps": 4}
    train_clip(spec, name="clip", image_sets=image_sets, **settings | changes)
    return root / "judge.safetensors"


@pytest.fixture(scope="module")
def whole(worlds, tmp_path_factory) -> Path:
    return train(tmp_path_factory.mktemp("whole"), worlds)


def test_a_cut_training_resumes_to_the_same_bytes(worlds, whole: Path, tmp_path: Path, cut_at) -> None:
    with cut_at(8):  # after the checkpoint of step 4, before that of step 8
        train(tmp_path, worlds)
    assert [path.name for path in tmp_path.iterdir()] == ["state"]
    assert train(tmp_path, worlds).read_bytes() == whole.read_bytes()
    assert not list((tmp_path / "state").glob("*.safetensors"))


def test_a_signal_saves_the_state_and_says_how_to_go_on(worlds, whole: Path, tmp_path: Path, at_step) -> None:
    at_step(4, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedRun, match="the same command resumes"):
        train(tmp_path, worlds)
    assert train(tmp_path, worlds).read_bytes() == whole.read_bytes()


def test_it_learns_to_tell_two_worlds_apart(worlds, tmp_path: Path) -> None:
    spec = SPEC.model_copy(update={"total_kimg": 1.6, "batch_size": 16})
    judge = load_judge("clip", spec, train(tmp_path, worlds, spec, checkpoint_steps=1000))
    texts = judge.embed_texts(["a photo of a person", "a photo of a dog"])
    right = []
    for place, (_, images, index) in enumerate(worlds):
        held_out = ImageSet.open(images, index, "test")
        right += ((judge.embed_pixels(held_out.all()) @ texts.T).argmax(1) == place).tolist()
    assert sum(right) > 0.8 * len(right)  # of 32; a coin gets 26 of them right in one of 2,500 runs


def test_a_loss_that_is_not_finite_leaves_nothing(worlds, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"lower judges\.clip\.lr"):
        train(tmp_path, worlds, SPEC.model_copy(update={"lr": 1e30}))
    assert not (tmp_path / "judge.safetensors").exists()


def test_steps_are_pure_and_texts_are_true_of_their_images(worlds) -> None:
    sets = [ImageSet.open(images, index, "train") for _, images, index in worlds]
    one, other = PairBatches(sets, 8, 5), PairBatches(sets, 8, 5)
    for step in (3, 0, 7):
        pairs, again = one.at(step), other.at(step)
        assert pairs.texts == again.texts
        assert torch.equal(pairs.pixels, again.pixels)
        assert bool(pairs.is_true.diagonal().all())
        assert pairs.pixels.shape == (8, 3, 16, 16)


def test_what_is_true_of_another_picture_is_known() -> None:
    captions = ["a dog with short red fur, facing us", "a dog with long red fur, facing us", "a cat with short red fur"]
    pictures = [read_caption(text).claims() for text in captions]
    said = [pictures[0], frozenset(["a dog"]), frozenset(["red|fur", "fur"])]
    assert truths(pictures, said).tolist() == [[True, True, True], [False, True, True], [False, False, True]]


def test_true_texts_are_left_out_of_open_clips_loss() -> None:
    stream = torch.Generator().manual_seed(0)
    images, texts = (torch.nn.functional.normalize(torch.randn([3, 5], generator=stream), dim=1) for _ in range(2))
    scale, own = torch.tensor(4.0), torch.eye(3, dtype=torch.bool)
    assert torch.equal(TruthfulLoss(own)(images, texts, scale), open_clip.ClipLoss()(images, texts, scale))
    is_true = own.clone()
    is_true[0, 1] = True
    logits = (4 * images @ texts.T).double()
    expected = []
    for row in range(3):
        for values, is_other in ((logits[row], is_true[row]), (logits[:, row], is_true[:, row])):
            shown = [float(v) for k, v in enumerate(values) if k == row or not is_other[k]]
            expected.append(math.log(sum(map(math.exp, shown))) - float(values[row]))
    assert float(TruthfulLoss(is_true)(images, texts, scale)) == pytest.approx(sum(expected) / 6, rel=1e-5)


def test_strewn_tokens_move_the_others_on() -> None:
    ids = torch.tensor([[2, 5, 6, 9, PADDING, PADDING], [2, 5, 6, 7, 8, 9]]).repeat(40, 1)
    for before, after in zip(ids, strewn(ids, np.random.default_rng(0)), strict=True):
        assert [one for one in after.tolist() if one not in (UNKNOWN, PADDING)] == [
            one for one in before.tolist() if one != PADDING
        ]
        assert (after[0], after.max()) == (2, 9)
    assert bool((strewn(ids, np.random.default_rng(0)) == UNKNOWN).any())


def test_words_it_never_read_are_told_and_mean_the_same(whole: Path, caplog: pytest.LogCaptureFixture) -> None:
    judge = load_embedded_clip("clip", whole)
    with caplog.at_level(logging.WARNING):
        known, one, other = judge.embed_texts(["a photo of a dog", "a zebra of a dog", "a tiger of a dog"])
    assert "a zebra of a dog; a tiger of a dog" in caplog.text
    assert torch.equal(one, other)
    assert not torch.equal(one, known)
    ids = own_tokenizer([320, 2368, 49406, 49407], 8)(["a dog"])  # a and two tokens that are not dog
    assert ids[0].tolist()[:4] == [4, 2, UNKNOWN, 5]


@pytest.mark.parametrize("harm", ["cut", "flipped", "foreign", "kind", "description", "absent"])
def test_a_file_that_is_no_clip_is_told_in_a_line(whole: Path, tmp_path: Path, harm: str) -> None:
    path, content = tmp_path / "judge.safetensors", bytearray(whole.read_bytes())
    if harm == "flipped":
        content[-5] ^= 1
    if harm != "absent":
        path.write_bytes({"cut": content[: len(content) // 2], "foreign": b"no weights"}.get(harm, bytes(content)))
    network = load_embedded_clip("clip", whole).network
    if harm == "description":
        save_embedded_clip(path, network, {"embed_dim": 64, "vision": {"width": 32}, "text": {}, "tokens": [1]}, {})
    if harm == "kind":
        from stylealign.sealed import write_sealed

        write_sealed(path, network.state_dict(), {"kind": "judge"})
    with pytest.raises(JudgeError, match=r"judges\.clip.*the rule clip") as told:
        load_embedded_clip("clip", path)
    assert "\n" not in str(told.value)
