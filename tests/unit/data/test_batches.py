"""Batches: what is in step n depends on nothing but the seed and n."""

import numpy as np
import pytest
import torch

from stylealign.data.batches import Batches
from stylealign.data.image_set import ImageSet
from stylealign.errors import ImageSetError


@pytest.fixture
def images(photos, build):
    files = build(photos)
    return ImageSet.open(files["images"], files["index"])


def test_batches_hold_the_images_of_their_positions(images):
    batches = Batches(images, 5, seed=0)
    for step in (0, 1, 7):
        pixels = batches.at(step)
        assert (pixels.dtype, tuple(pixels.shape)) == (torch.uint8, (5, 3, 16, 16))
        assert torch.equal(pixels, images.read(batches.positions(step)))


def test_every_epoch_shows_every_image_once_and_in_another_order(images):
    visits = np.concatenate([Batches(images, 5, seed=0).positions(step) for step in range(12)]).reshape(5, 12)
    assert (np.sort(visits, axis=1) == np.arange(12)).all()
    assert len({tuple(epoch) for epoch in visits}) == 5


def test_batches_larger_than_the_set(images):
    counts = np.bincount(Batches(images, 30, seed=0).positions(0))
    assert counts.sum() == 30
    assert set(counts) == {2, 3}


@pytest.mark.parametrize("budget", [2.0, 1e-9])
def test_rows_of_a_batch_are_those_of_the_whole(images, budget):
    rows = np.array([0, 2, 3])
    for step in (0, 2, 5):  # an epoch has 12 images: step 2 crosses into the next
        whole = Batches(images, 5, seed=0, mirror=True).at(step)
        part = Batches(images, 5, seed=0, mirror=True, memory_budget_gb=budget, rows=rows).at(step)
        assert torch.equal(part, whole[rows])


def test_seeds_differ(images):
    assert not np.array_equal(Batches(images, 12, seed=0).positions(0), Batches(images, 12, seed=1).positions(0))


@pytest.mark.parametrize("num_workers", [0, 1, 3])
@pytest.mark.parametrize("mirror", [False, True])
def test_memory_and_workers_never_change_a_value(images, num_workers, mirror):
    reference = Batches(images, 5, seed=4, mirror=mirror)
    streamed = Batches(images, 5, seed=4, mirror=mirror, memory_budget_gb=0, num_workers=num_workers)
    assert (reference.is_in_memory, streamed.is_in_memory) == (True, False)
    for step in (0, 1, 2, 3, 9, 2, 2, 40, 41):  # on, a jump ahead, back, and the same again
        assert torch.equal(reference.at(step), streamed.at(step))
    streamed.close()
    assert torch.equal(reference.at(3), streamed.at(3))


def test_resuming_in_the_middle_gives_the_same_batches(images):
    whole = [Batches(images, 5, seed=2, mirror=True).at(step) for step in range(20)]
    resumed = Batches(images, 5, seed=2, mirror=True)
    assert all(torch.equal(resumed.at(step), whole[step]) for step in range(13, 20))


def test_mirror_flips_about_half_and_nothing_else(images):
    plain, mirrored = Batches(images, 12, seed=0), Batches(images, 12, seed=0, mirror=True)
    flips = []
    for step in range(20):
        for before, after in zip(plain.at(step), mirrored.at(step), strict=True):
            assert torch.equal(after, before) or torch.equal(after, before.flip(2))
            flips.append(not torch.equal(after, before))
    assert 0.35 < np.mean(flips) < 0.65


def test_batches_are_the_callers_own(images):
    batches = Batches(images, 12, seed=0)
    batches.at(0).zero_()
    assert batches.at(0).any()
    assert images.all().float().mean() > 1


def test_a_damaged_image_reaches_the_caller_from_a_worker(images, photos, build):
    files = build(photos)
    images = ImageSet.open(files["images"], files["index"])
    content = files["images"].read_bytes().replace(b"IDAT", b"IDAX")
    with open(files["images"], "r+b") as stream:
        stream.write(content)
    batches = Batches(images, 5, seed=0, memory_budget_gb=0, num_workers=2)
    with pytest.raises(ImageSetError, match="is damaged"):
        batches.at(0)
    batches.close()
