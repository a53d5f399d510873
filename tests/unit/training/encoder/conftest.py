"""A tiny model, an untrained judge, and images of the model's own as files: an encoder can learn from them."""

from pathlib import Path

import pytest
import torch
from PIL import Image

from stylealign.checkpoint import load_generator
from stylealign.config.domains import FolderDomain
from stylealign.data.build import build_image_set
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z

FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.05)


@pytest.fixture(scope="module")
def judge(make_judge):
    return make_judge()


def image_set(root: Path, G) -> dict[str, Path]:
    """Images of the model itself, as files: they can be given back."""
    pictures = root / "pictures"
    pictures.mkdir(parents=True)
    with torch.no_grad():
        pixels = to_pixels(G(sample_z(64, G.z_dim, 5, "pictures")))
    for number, image in enumerate(to_hwc(pixels)):
        Image.fromarray(image).save(pictures / f"{number:02d}.png")
    files = {file.split(".")[0]: root / file for file in FILES}
    domain = FolderDomain(source="folder", path=pictures, min_images=1, test_fraction=0.25)
    build_image_set(domain, name="own", resolution=16, seed=0, **files, num_threads=1)
    return {"images": files["images"], "index": files["index"]}


@pytest.fixture(scope="module")
def images(family, tmp_path_factory) -> dict[str, Path]:
    return image_set(tmp_path_factory.mktemp("own"), load_generator(family["parent"])[0])
