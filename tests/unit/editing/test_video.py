"""Videos play: frames, size, time and colour survive; equal frames give equal bytes."""

import av
import numpy as np
import pytest
from PIL import Image, ImageSequence

from stylealign.editing.video import (
    GAP,
    durations_ms,
    enlarged,
    make_videos,
    num_across,
    there_and_back,
    tiled,
    write_video,
)

FORMATS = ("mp4", "webp", "gif")


def film_of(num_frames=5, num=2, side=16):
    """Smooth images that drift from one colour to another, as H.264 likes them."""
    ramp = np.linspace(0, 1, side)
    shape = ramp[:, None, None] * np.array([180, 60, 20]) + ramp[None, :, None] * np.array([20, 90, 160])
    along = np.linspace(0, 50, num_frames)[:, None, None, None, None]
    return np.clip(shape + along + np.zeros([1, num, 1, 1, 1]), 0, 255).astype(np.uint8)


def read(path):
    """Every frame as uint8 [F, H, W, 3], and how long the whole takes, in seconds."""
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
            return frames, container.duration / av.time_base
    with Image.open(path) as image:
        pages = [(np.asarray(page.convert("RGB")), page.info["duration"]) for page in ImageSequence.Iterator(image)]
        assert image.info["loop"] == 0
        return np.stack([pixels for pixels, _ in pages]), sum(duration for _, duration in pages) / 1000


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_shows_the_frames_for_their_time(tmp_path, kind):
    frames = enlarged(tiled(film_of()), 16)
    path = tmp_path / f"morph.{kind}"
    write_video(path, frames, 15)
    seen, seconds = read(path)
    assert seen.shape == frames.shape
    assert seconds == pytest.approx(5 / 15, abs=0.01)
    assert np.abs(seen.astype(int) - frames).mean() < 4, "colours are what they were"
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_frames_give_equal_bytes(tmp_path, kind):
    """Whatever memory held before: noise, which an encoder finds hard, and rubbish in between."""
    frames, rng = np.random.default_rng(0).integers(0, 256, [5, 66, 70, 3], np.uint8), np.random.default_rng(1)
    made = set()
    for _ in range(4):
        rubbish = [np.full(size, 7, np.uint8) for size in rng.integers(1000, 600_000, 20)]
        del rubbish
        write_video(tmp_path / f"morph.{kind}", frames, 15)
        made.add((tmp_path / f"morph.{kind}").read_bytes())
    assert len(made) == 1


def test_h264_takes_odd_sides_too(tmp_path):
    write_video(tmp_path / "odd.mp4", np.full([2, 33, 35, 3], 90, np.uint8), 10)
    seen, _ = read(tmp_path / "odd.mp4")
    assert seen.shape == (2, 34, 36, 3)
    assert np.abs(seen.astype(int) - 90).max() <= 2


def test_there_and_back_shows_no_frame_twice_in_a_row():
    frames = np.arange(4, dtype=np.uint8)[:, None, None, None]
    assert there_and_back(frames).ravel().tolist() == [0, 1, 2, 3, 2, 1]


def test_tiles_stand_in_reading_order_on_white():
    film = np.zeros([1, 6, 16, 16, 3], np.uint8) + np.arange(6, dtype=np.uint8)[:, None, None, None]
    (sheet,) = tiled(film)
    assert sheet.shape == (2 * 16 + GAP, 3 * 16 + 2 * GAP, 3)
    assert [int(sheet[y, x, 0]) for y in (0, 20) for x in (0, 20, 40)] == [0, 1, 2, 3, 4, 5]
    assert (sheet[16:18] == 255).all()


@pytest.mark.parametrize(
    ("num", "across"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 5), (6, 3), (7, 3), (8, 4), (12, 4), (13, 4)]
)
def test_tiles_fill_a_rectangle_where_they_can(num, across):
    assert num_across(num) == across


@pytest.mark.parametrize(
    ("shape", "tile", "expected"),
    [
        ((34, 70), 32, (272, 560)),
        ((66, 134), 32, (264, 536)),
        ((256, 256), 256, (256, 256)),
        ((16, 16), 16, (256, 256)),
    ],
)
def test_small_images_grow_by_a_whole_factor_until_they_can_be_watched(shape, tile, expected):
    assert enlarged(np.zeros([1, *shape, 3], np.uint8), tile).shape[1:3] == expected


def test_time_does_not_drift():
    assert sum(durations_ms(118, 15)) == round(118 / 15 * 1000)
    assert set(durations_ms(118, 15)) == {66, 67}
    assert set(durations_ms(118, 15, unit=10)) == {60, 70}
    assert sum(durations_ms(118, 15, unit=10)) == 7870


def test_a_film_becomes_a_loop_in_every_format(tmp_path):
    paths = [tmp_path / "videos" / f"face2dog.{kind}" for kind in ("mp4", "webp")]
    make_videos(paths, film_of(4, num=4), 0.5)
    for path in paths:
        seen, seconds = read(path)
        assert len(seen) == 6
        assert seconds == pytest.approx(6 / 8, abs=0.02)
        assert min(seen.shape[1:3]) >= 256
