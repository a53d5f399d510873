"""Training of a latent mapper: the loss, its parts by hand, a broken run's bytes, and that it gets anywhere."""

import numpy as np
import pytest
import torch

from stylealign.adaptation import mapper as module
from stylealign.adaptation.mapper import Task, begin, mapper_losses, norm_loss, step_ws, take_step, train_mapper
from stylealign.checkpoint import load_generator, read_card
from stylealign.config.adaptation_ablation import LatentMapping
from stylealign.errors import InterruptedRun, TrainingError
from stylealign.networks.latent_mapper import MapperCard, load_mapper
from stylealign.signals import StopRequest

TEXT = "a cat"


def spec_of(**changed):
    return LatentMapping.model_validate({"of": "child", "iterations": 6, **changed})


@pytest.fixture(scope="module")
def g_ema(make_family):
    return make_family(0.1)["child"]


@pytest.fixture
def task(g_ema, tiny_clip):
    def make(clips=None, **changed):
        spec, (G, card) = spec_of(**changed), load_generator(g_ema)
        network = {"num_ws": G.num_ws, "w_dim": G.w_dim, "published_norm": spec.published_norm}
        settings = spec.model_dump(mode="json")
        own = MapperCard(card.model, card.digest, network, TEXT, {"tiny": 1.0}, settings, 0, 1, "test")
        return Task(G, clips or [(tiny_clip, 1.0)], TEXT, spec, own, 0)

    return make


@pytest.fixture
def train(g_ema, tiny_clip, tmp_path):
    def run(name, spec=None, **changed):
        folder = tmp_path / name
        files = {"mapper": folder / "mapper.safetensors", "course": folder / "course.npz"}
        settings = {"g_ema": g_ema, "clips": [(tiny_clip, 1.0)], "target_text": TEXT, "seed": 0} | changed
        train_mapper(spec or spec_of(), state=folder / "state", **files, **settings)
        return files

    return run


def test_the_norm_loss_is_of_lengths_not_of_vectors():
    before, after = torch.tensor([[3.0, 4.0], [0.0, 2.0]]), torch.tensor([[0.0, 5.0], [2.0, 0.0]])
    assert norm_loss(before, after) == 0, "other vectors, the same lengths"
    assert norm_loss(before, 2 * after) == pytest.approx((5**2 + 2**2) / 2)


@torch.no_grad()
def test_the_loss_by_hand(task, tiny_clip):
    asked = task([(tiny_clip, 2.0)], l2_weight=3.0, norm_weight=0.7)
    run, ws = begin(asked), step_ws(asked, 0)
    found, moved = mapper_losses(run.mapper, asked, ws), run.mapper(ws)
    before, after = (tiny_clip.embed_raw(asked.G.synthesis(asked.G.styles(one))) for one in (ws, moved))
    text = tiny_clip.embed_texts([TEXT])[0]
    cosines = [float(one @ text / one.norm()) for one in after]
    lengths = [float(one.norm() - other.norm()) ** 2 for one, other in zip(after, before, strict=True)]
    parts = (2 * np.mean([1 - one for one in cosines]), float((moved - ws).square().mean()), 2 * np.mean(lengths))
    assert [float(one) for one in found[:3]] == pytest.approx(parts, rel=1e-4)
    assert float(found.total) == pytest.approx(parts[0] + 3 * parts[1] + 0.7 * parts[2], rel=1e-4)


def test_two_clips_that_are_one_weigh_as_their_sum(task, tiny_clip):
    once, twice = task([(tiny_clip, 1.0)]), task([(tiny_clip, 0.25), (tiny_clip, 0.75)])
    ws = step_ws(once, 3)
    losses = [mapper_losses(begin(one).mapper, one, ws) for one in (once, twice)]
    torch.testing.assert_close(torch.stack(losses[0]), torch.stack(losses[1]))


def test_steps_see_different_codes_of_the_truncated_space(task):
    asked = task(truncation_psi=0.5)
    first, second = step_ws(asked, 0), step_ws(asked, 1)
    assert not torch.equal(first, second)
    assert torch.equal(first, step_ws(asked, 0))
    assert torch.allclose(step_ws(task(truncation_psi=0), 0), asked.G.mapping.w_avg.expand_as(first))


def test_training_moves_images_towards_the_text(task, tiny_clip):
    asked = task(iterations=25, batch_size=4, l2_weight=0, norm_weight=0)
    run = begin(asked)
    kept = {key: value.clone() for key, value in asked.G.state_dict().items()}
    ws = torch.cat([step_ws(asked, 1000 + step) for step in range(4)])
    similar = []
    for num in (0, 25):
        for _ in range(num):
            take_step(run, asked)
        with torch.no_grad():
            seen = tiny_clip.embed(asked.G.synthesis(asked.G.styles(run.mapper(ws))))
        similar.append(float((seen @ tiny_clip.embed_texts([TEXT])[0]).mean()))
    assert similar[1] > similar[0] + 0.002, "on codes that it has not learned from"
    assert all(torch.equal(kept[key], value) for key, value in asked.G.state_dict().items())


def test_a_broken_run_ends_as_one_that_was_not(train, monkeypatch):
    whole = train("whole")
    monkeypatch.setattr(module, "CHECKPOINT_STEPS", 2)
    taken = []

    def stopped(run, task):
        take_step(run, task)
        taken.append(run.step)
        if len(taken) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(module, "take_step", stopped)
    with pytest.raises(KeyboardInterrupt):
        train("broken")
    broken = train("broken")
    assert taken == [1, 2, 3, 3, 4, 5, 6], "it went on from the second step, whose state was the last kept"
    for name, path in whole.items():
        assert path.read_bytes() == broken[name].read_bytes()


def test_asked_to_stop_it_keeps_its_state(train, monkeypatch, tmp_path):
    monkeypatch.setattr(StopRequest, "__bool__", lambda self: True)
    with pytest.raises(InterruptedRun, match=r"mapper of child: stopped .* at step 1 of 6"):
        train("stopped")
    assert list((tmp_path / "stopped/state").glob("state-*.safetensors"))
    assert not (tmp_path / "stopped/mapper.safetensors").exists()


def test_what_is_written_tells_its_making(train, g_ema):
    files = train("one", spec_of(iterations=3, published_norm=True))
    mapper, card = load_mapper(files["mapper"], read_card(g_ema).digest)
    assert (card.model, card.target_text, card.clips) == ("child", TEXT, {"tiny": 1.0})
    assert mapper.init_kwargs["published_norm"]
    with np.load(files["course"]) as course:
        assert set(course) == {"clip", "l2", "norm", "total"}
        expected = course["clip"] + 0.5 * course["l2"] + 0.2 * course["norm"]
        np.testing.assert_allclose(course["total"], expected, rtol=1e-5)


def test_a_loss_that_is_no_number_writes_nothing(train, tmp_path):
    with pytest.raises(TrainingError, match=r"lower studies\.adaptation_ablation\.mapper\.lr"):
        train("wild", spec_of(lr=1e30))
    assert not (tmp_path / "wild/mapper.safetensors").exists()
