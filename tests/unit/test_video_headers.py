"""A video's signature comes back from its header alone; damaged files end in nothing or in a known error."""

import contextlib

import numpy as np
import pytest

from stylealign.editing.video import write_video
from stylealign.inspection.inspect_file import inspected
from stylealign.origins import UNREADABLE, container, origin_of, read_signature
from stylealign.signature import sign
from stylealign.video_headers import video_kind

KINDS = ("mp4", "webp", "gif")
MADE = {"rule": "morph", "config": {"title": "a <b> & </dc:description> é"}, "seed": 3}


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """A signed video of three frames, for each kind."""
    folder, made = tmp_path_factory.mktemp("videos"), {}
    frames = np.random.default_rng(0).integers(0, 256, [3, 32, 32, 3]).astype(np.uint8)
    sign(MADE)
    try:
        for kind in KINDS:
            made[kind] = folder / f"morph.{kind}"
            write_video(made[kind], frames, 10)
    finally:
        sign({})
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_the_signature_comes_back(video, kind):
    assert container(video[kind]) == kind
    assert read_signature(video[kind]) == MADE
    assert origin_of(video[kind]).identity.startswith("provenance:")
    said = inspected(video[kind])
    assert f"video ({kind.upper()})" in said
    assert "morph" in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_video_of_nobody_says_nothing(tmp_path, kind):
    write_video(tmp_path / f"own.{kind}", np.zeros([2, 32, 32, 3], np.uint8), 10)
    assert read_signature(tmp_path / f"own.{kind}") == {}
    assert "it does not say" in inspected(tmp_path / f"own.{kind}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_or_flipped_file_is_read_or_refused(video, tmp_path, kind):
    whole, file, rng = video[kind].read_bytes(), tmp_path / "damaged", np.random.default_rng(1)
    cuts = [whole[:length] for length in rng.integers(0, len(whole), 60)]
    flips = []
    for place in rng.integers(0, min(len(whole), 2000), 200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        flips.append(bytes(damaged))
    for content in (*cuts, *flips):
        file.write_bytes(content)
        with contextlib.suppress(*UNREADABLE):
            assert isinstance(read_signature(file), dict)
        assert origin_of(file).identity


def test_other_files_are_no_videos():
    assert video_kind(b"") == video_kind(b"RIFF\0\0\0\0WAVEfmt ") == video_kind(b"\x89PNG\r\n\x1a\n") == ""
