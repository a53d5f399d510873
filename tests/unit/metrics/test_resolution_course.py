"""The course of training at a lower resolution: moments in order, KID of each, when a level is first reached."""

import numpy as np
import pytest
import torch

from stylealign.checkpoint import ModelCard, load_snapshots, save_snapshots, save_tensors, state_digest
from stylealign.data.image_set import ImageSet
from stylealign.errors import CheckpointError
from stylealign.judges.coarse import CoarseJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.metrics.resolution_course import course_rows, first_reached, moments_of
from stylealign.networks.generator import Generator

SHAPE = {"z_dim": 8, "w_dim": 8, "channel_base": 64, "channel_max": 4, "mapping_layers": 2, "img_resolution": 16}


def generator(seed):
    torch.manual_seed(seed)
    return Generator(**SHAPE).eval().requires_grad_(False)


def snapshots(path, kimg, seeds):
    models = [generator(seed) for seed in seeds]
    digest = state_digest(models[-1].state_dict())
    card = ModelCard("half", "face", models[0].init_kwargs, 16, ("half",), (digest,), 9, 9, 0, 1, "test")
    save_snapshots(path, kimg, [G.state_dict() for G in models], card)
    return path


class Pictures(ImageSet):
    """Images in memory."""

    def __init__(self, pixels):
        self._pixels, self.resolution = pixels, pixels.shape[2]
        self.index, self.image_ids = {"split": ["test"] * len(pixels)}, [str(n) for n in range(len(pixels))]

    @property
    def num(self):
        return len(self._pixels)

    def read(self, positions):
        return self._pixels[torch.as_tensor(positions)]


@pytest.fixture
def judge():
    torch.manual_seed(7)
    return EmbeddedJudge("tiny", EmbeddedNetwork(32, 8, Vocabulary(("face",), (), ())))


def test_snapshots_are_the_generators_they_were(tmp_path):
    path = snapshots(tmp_path / "snapshots.safetensors", [1.0, 2.0], [3, 4])
    for (kimg, G), (wanted, seed) in zip(load_snapshots(path), ((1.0, 3), (2.0, 4)), strict=True):
        assert kimg == wanted
        assert state_digest(G.state_dict()) == state_digest(generator(seed).state_dict())
    save_tensors(tmp_path / "other.safetensors", {"x": torch.zeros(1)}, {"kind": "pair"})
    with pytest.raises(CheckpointError, match="no snapshots"):
        load_snapshots(tmp_path / "other.safetensors")


def test_moments_come_in_order_of_each_course(tmp_path):
    path = snapshots(tmp_path / "snapshots.safetensors", [1.0, 2.0], [3, 4])
    states = {name: generator(seed) for seed, name in enumerate(("before", "after", "scratch"))}
    moments = moments_of(states, {"before": 0.0, "after": 4.0, "scratch": 9.0}, path, None)
    found = [(moment.course, moment.state, moment.kimg) for moment in moments]
    assert found == [("after", "before", 0.0), ("after", "training", 1.0), ("after", "training", 2.0),
                     ("after", "after", 4.0), ("scratch", "scratch", 9.0)]  # fmt: skip
    alone = moments_of({name: states[name] for name in ("before", "after")}, {"before": 0.0, "after": 4.0}, None, None)
    assert [moment.state for moment in alone] == ["before", "after"]


def test_a_course_that_ends_at_scratchs_model_reaches_its_kid_there(judge):
    states = {"before": generator(0), "after": generator(2), "scratch": generator(2)}
    moments = moments_of(states, {"before": 0.0, "after": 4.0, "scratch": 9.0}, None, None)
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, [24, 3, 32, 32], dtype=np.uint8))
    asked = {"num_gen": 20, "split": "test", "seed": 0, "purpose": ("face", "half")}
    rows = course_rows(moments, CoarseJudge(judge, 16, 32), Pictures(pixels), **asked)
    kid = {row["state"]: row for row in rows if row["measure"] == "kid"}
    assert kid["after"]["value"] == kid["scratch"]["value"] != kid["before"]["value"]
    assert kid["after"]["low"] < kid["after"]["value"] < kid["after"]["high"]
    reached = {row["state"]: row["value"] for row in rows if row["measure"] == "kimg_to_kid"}
    assert reached["scratch"] == 9.0
    assert reached["after"] == (0.0 if kid["before"]["value"] < kid["after"]["value"] else 4.0)
    assert all("at-16px" in row["protocol"] for row in rows)


def test_the_first_moment_counts_and_never_is_not_a_number():
    rows = [{"kimg": kimg, "value": value} for kimg, value in ((3.0, 0.1), (1.0, 0.5), (2.0, 0.1))]
    assert first_reached(rows, "value", 0.2) == 2.0
    assert np.isnan(first_reached(rows, "value", 0.05))


def test_a_coarse_judge_sees_no_more_than_the_lower_resolution(judge):
    coarse = CoarseJudge(judge, 16, 32)
    pixels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, [3, 3, 32, 32], dtype=np.uint8))
    flat = pixels.reshape(3, 3, 16, 2, 16, 2)
    swapped = flat.flip(3).flip(5).reshape(3, 3, 32, 32)  # other pixels, the same boxes
    assert not np.array_equal(judge.features(pixels), judge.features(swapped))
    assert np.array_equal(coarse.features(pixels), coarse.features(swapped))
    assert float(np.abs(coarse.distance(pixels, swapped)).max()) == 0
