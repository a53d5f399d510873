"""A tiny family on disk (16 px), an untrained judge that also parses, and image sets of a folder with masks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.config.domains import FolderDomain
from stylealign.config.inversion import Inversion
from stylealign.data.build import build_image_set

FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def family(make_family):
    return make_family(0.3)


@pytest.fixture(scope="session")
def judge(make_judge):
    return make_judge(["yaw_deg"], ["hair", "face", "background"])


@pytest.fixture
def settings():
    """Settings of inversion that are soon done; ``optimisation`` and ``encoders`` may be given in part."""

    def make(optimisation=None, encoders=None, **changed):
        quick = {"steps": 3, "candidates": 4, "batch_size": 2} | (optimisation or {})
        return Inversion(judge="tiny", optimisation=quick, encoders=encoders or {}, **changed)

    return make


@pytest.fixture
def import_folder(tmp_path):
    """Import the first ``num`` pictures, with their masks, as an image set of 16 px; returns its files by name.

    All are in the split test. A second import of more adds to those of the first.
    """

    def build(num, name="pets"):
        for seed in range(num):
            _draw(seed, tmp_path / name, tmp_path / f"{name}_masks")
        folder = tmp_path / f"{name}_set"
        folder.mkdir(exist_ok=True)
        files = {file.split(".")[0]: folder / file for file in FILES}
        masks = {"regions": tmp_path / f"{name}_masks", "labels": {"background": [0], "face": [1], "collar": [2]}}
        common = {"source": "folder", "path": tmp_path / name, "min_images": 1, "test_fraction": 1}
        build_image_set(FolderDomain(**common, **masks), name=name, resolution=16, seed=0, **files, num_threads=1)
        return files

    return build


def _draw(seed: int, pictures: Path, masks: Path) -> None:
    """A smooth picture that is like no other, and a mask: background, a face of its own height, a row of collar."""
    pictures.mkdir(exist_ok=True)
    masks.mkdir(exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize((16, 16), Image.Resampling.BICUBIC).save(pictures / f"{seed:02d}.png")
    mask = np.zeros((16, 16), np.uint8)
    mask[: 2 + seed, 4:] = 1
    mask[-1] = 2
    Image.fromarray(mask).save(masks / f"{seed:02d}.png")
