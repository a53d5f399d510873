"""Laws of the import: hostile bytes never raise, equal input gives equal bytes, order and threads change nothing."""

import io
import random
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylealign.config.domains import FolderDomain, WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.decode import decode_mask, decode_picture
from stylealign.data.fit import fit_geometry
from stylealign.data.rejection import Reason, Reject
from stylealign.errors import printable

NAMES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
FORMATS = {
    "PNG": {},
    "JPEG": {"quality": 80},
    "WEBP": {"quality": 80},
    "TIFF": {"compression": "tiff_lzw"},
    "BMP": {},
    "GIF": {},
}


def sample_file(file_format: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, file_format, exif=exif, **FORMATS[file_format])
    return stream.getvalue()


SAMPLES = {file_format: sample_file(file_format) for file_format in FORMATS}


def accepted_or_rejected(content: bytes) -> None:
    """The reader gives a picture of the right shape or a reason; anything else fails the test."""
    for read in (
        lambda stream: decode_picture(stream, 16, "crop").pixels.shape == (16, 16, 3),
        lambda stream: decode_mask(stream, 16, "pad", 20, 24).shape == (16, 16),
    ):
        rejected = None
        try:
            assert read(io.BytesIO(content))
        except Reject as reject:
            rejected = reject
        if rejected is not None:
            assert rejected.reason in Reason
            assert rejected.detail == printable(rejected.detail) != ""


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(FORMATS)),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=8),
    st.floats(0, 1),
    st.binary(max_size=12),
)
def test_flipped_cut_and_lengthened_files_are_accepted_or_rejected(file_format, flips, kept, tail):
    content = bytearray(SAMPLES[file_format])
    for place, bits in flips:
        content[int(place * len(content))] ^= bits
    accepted_or_rejected(bytes(content[: round(kept * len(content))]) + tail)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.integers(0, 63), st.binary(min_size=1, max_size=8))
def test_hostile_headers_are_accepted_or_rejected(file_format, place, written):
    content = bytearray(SAMPLES[file_format])
    content[place : place + len(written)] = written
    accepted_or_rejected(bytes(content))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_accepted_or_rejected(content):
    accepted_or_rejected(content)


@given(
    st.integers(1, 5000), st.integers(1, 5000), st.sampled_from([16, 32, 64, 1024]), st.sampled_from(["crop", "pad"])
)
def test_geometry_stays_inside_and_is_centred(width, height, resolution, fit):
    geometry = fit_geometry(width, height, resolution, fit)
    left, upper, right, lower = geometry.box
    assert 0 <= left < right <= width
    assert 0 <= upper < lower <= height
    assert abs(left - (width - right)) <= 1
    assert abs(upper - (height - lower)) <= 1
    for start, size in zip(geometry.offset, geometry.size, strict=True):
        assert start >= 0
        assert start + size <= resolution
    assert max(geometry.size) == resolution
    if fit == "crop":
        assert right - left == lower - upper
        assert geometry.is_whole


def photographs(folder: Path, order: list[int]) -> Path:
    """Twelve pictures and two bad files, created in ``order``."""
    folder.mkdir()
    for k in order:
        pixels = np.random.default_rng(k).integers(0, 256, (24, 20 + k, 3), dtype=np.uint8)
        (folder / f"sub{k % 3}").mkdir(exist_ok=True)
        path = folder / f"sub{k % 3}" / f"{k}.png"
        path.write_bytes(b"bad") if k in (4, 7) else Image.fromarray(pixels).save(path)
    return folder


def import_bytes(folder: Path, out: Path, num_threads: int) -> dict[str, bytes]:
    out.mkdir()
    paths = {name.split(".")[0]: out / name for name in NAMES}
    domain = FolderDomain(source="folder", path=folder, min_images=1, test_fraction=0.3)
    build_image_set(domain, name="pets", resolution=16, seed=0, num_threads=num_threads, **paths)
    return {name: (out / name).read_bytes() for name in NAMES}


def test_equal_input_gives_equal_bytes_whatever_the_threads_and_the_order_on_disk(tmp_path):
    order = list(range(14))
    reference = import_bytes(photographs(tmp_path / "a", order), tmp_path / "a_out", num_threads=1)
    random.Random(0).shuffle(order)
    assert import_bytes(photographs(tmp_path / "b", order), tmp_path / "b_out", num_threads=4) == reference


KINDS = {
    "a.png": SAMPLES["PNG"],
    "b.JPG": SAMPLES["JPEG"],
    "c.gif": SAMPLES["GIF"],
    "d.png": SAMPLES["PNG"],
    "e.tiff": SAMPLES["TIFF"][:50],
    "f.webp": b"",
    "g.txt": b"text",
    "h.bmp": b"BM" + bytes(60),
}


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.sampled_from(["", "x", "x/y\n", "\udcff"]), st.sampled_from(sorted(KINDS))), min_size=1))
def test_every_file_is_an_image_of_the_set_or_is_rejected(names):
    names = names | {("", "a.png")}
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, "photos")
        for subfolder, name in names:
            (folder / subfolder).mkdir(parents=True, exist_ok=True)
            (folder / subfolder / name).write_bytes(KINDS[name])
        import_bytes(folder, Path(root, "out"), num_threads=2)
        accepted = pd.read_parquet(Path(root, "out", "index.parquet"))
        rejected = pd.read_parquet(Path(root, "out", "rejected.parquet"))
    origins = [*accepted["origin"], *rejected["origin"]]
    assert len(origins) == len(set(origins)) == len(names)
    assert set(rejected["reason"]) <= set(Reason)


def test_new_files_never_move_old_images_to_the_other_split(tmp_path):
    import_bytes(photographs(tmp_path / "a", list(range(10))), tmp_path / "a_out", num_threads=1)
    import_bytes(photographs(tmp_path / "b", list(range(40))), tmp_path / "b_out", num_threads=1)
    few, many = (pd.read_parquet(tmp_path / out / "index.parquet").set_index("image_id") for out in ("a_out", "b_out"))
    assert len(few) == 8
    assert (many.loc[few.index, "split"] == few["split"]).all()


def test_the_same_world_gives_the_same_bytes(tmp_path):
    written = []
    for out in (tmp_path / "a", tmp_path / "b"):
        out.mkdir()
        paths = {name.split(".")[0]: out / name for name in NAMES}
        domain = WorldDomain(source="world", world="face", num_train=10, num_test=3)
        build_image_set(domain, name="face", resolution=16, seed=0, **paths)
        written.append({name: (out / name).read_bytes() for name in NAMES})
    assert written[0] == written[1]
