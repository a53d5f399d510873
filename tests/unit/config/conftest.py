"""The files that presets/paper.yaml and presets/photographs.yaml name, empty."""

from pathlib import Path

import pytest

FOLDERS = ("afhq/dog", "afhq/cat", "afhq/wild", "lsun/church", "lsun/bedroom")
FILES = ("photographs/ffhq.zip", "photographs/metfaces.zip", "weights/inception-2015-12-05.pt",
         "weights/alexnet-owt-7be5be79.pth", "weights/79999_iter.pth",
         "weights/upernet/encoder_epoch_40.pth")  # fmt: skip


def make_papers_files(root: Path) -> None:
    for folder in FOLDERS:
        (root / "photographs" / folder).mkdir(parents=True)
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


@pytest.fixture
def papers_files():
    return make_papers_files


@pytest.fixture
def photographs_files():
    def make(root: Path) -> None:
        for folder in ("photos/faces", "photos/cats"):
            (root / folder).mkdir(parents=True)
        (root / "weights").mkdir(parents=True, exist_ok=True)
        (root / "weights/squeezenet1_1.pth").write_bytes(b"")

    return make
