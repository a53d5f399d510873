"""Faces of 16 px with a passport, an untrained judge, and what it saw of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.images import from_hwc, to_hwc, to_net
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.metrics.features import judge_image_set, save_features
from stylealign.translated_images import SourceSet
from stylealign.writing import write_parquet

NUM = 40  # test images


class Faces:
    """The test images of an image set: their pixels, ids, and passports with other attributes than its own."""

    def __init__(self, folder: Path):
        self.folder, self.index = folder, folder / "index"
        images = ImageSet.open(folder / "images", self.index, "test")
        self.ids = tuple(images.image_ids)
        self.pixels = to_hwc(images.all())  # [NUM, 16, 16, 3]

    def as_sources(self, **attributes: np.ndarray) -> SourceSet:
        """With exactly these attributes known (of the test images, in order; NaN of the others)."""
        table = pq.read_table(self.index)
        table = table.drop_columns([name for name in table.column_names if name.startswith("attribute:")])
        is_test = np.array(table["split"].to_pylist()) == "test"
        for name, values in attributes.items():
            column = np.full(len(is_test), np.nan)
            column[is_test] = values
            table = table.append_column(f"attribute:{name}", pa.array(column))
        path = self.folder / f"index-{len(list(self.folder.iterdir()))}"
        write_parquet(path, table)
        return SourceSet("face", self.folder / "images", path, {})


@pytest.fixture(scope="session")
def faces(tmp_path_factory) -> Faces:
    folder = tmp_path_factory.mktemp("faces")
    files = {key: folder / key for key in ("images", "index", "regions", "rejected", "summary")}
    domain = WorldDomain(source="world", world="face", num_train=20, num_test=NUM)
    build_image_set(domain, name="face", resolution=16, seed=0, **files, preview=folder / "preview.png")
    return Faces(folder)


@pytest.fixture(scope="session")
def colour() -> ColourJudge:
    return ColourJudge("colour")


@pytest.fixture(scope="session")
def embedded(faces: Faces) -> EmbeddedJudge:
    """Random weights, with the batch statistics and the scale of features that training leaves behind."""
    torch.manual_seed(0)
    attributes = (Attribute("yaw_deg", "number", -40, 40, "deg", std=20.0), Attribute("tone", "number", 0, 1, ""))
    network = EmbeddedNetwork(16, 8, Vocabulary(("face",), attributes, ()))
    for norm in (module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.momentum = 1.0
    with torch.no_grad():
        embedding = network.train()(to_net(from_hwc(faces.pixels))).embedding
        network.feature_scale.copy_(embedding.square().mean().rsqrt())
    return EmbeddedJudge("mine", network)


@pytest.fixture(scope="session")
def real(faces: Faces, embedded: EmbeddedJudge) -> Path:
    path = faces.folder / "features.npz"
    save_features(path, judge_image_set(embedded, ImageSet.open(faces.folder / "images", faces.index)))
    return path
