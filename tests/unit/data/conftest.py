"""Small real pictures, folders of them, and image sets built from those."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylealign.config.domains import FolderDomain
from stylealign.data.build import build_image_set

Paths = dict[str, Path]


def picture(seed: int, width: int = 20, height: int = 20) -> Image.Image:
    """A smooth colour picture that is like no other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encode(image: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


@pytest.fixture
def make_picture() -> Callable[..., Image.Image]:
    return picture


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    return encode


@pytest.fixture
def files(tmp_path: Path) -> Paths:
    """Where an image set's six files go."""
    folder = tmp_path / "domain"
    folder.mkdir()
    names = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
    return {name.split(".")[0]: folder / name for name in names}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 12 PNG pictures of 20 x 20 pixels."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(12):
        picture(seed).save(folder / f"{seed:02d}.png")
    return folder


@pytest.fixture
def build(files: Paths) -> Callable[..., Paths]:
    """Build the image set of a folder at 16 px; keyword arguments are the domain's."""

    def build_folder(path: Path, *, num_threads: int = 1, **settings: object) -> Paths:
        domain = FolderDomain(**{"source": "folder", "path": path, "min_images": 1, "test_fraction": 0.3} | settings)
        build_image_set(domain, name="pets", resolution=16, seed=0, **files, num_threads=num_threads)
        return files

    return build_folder
