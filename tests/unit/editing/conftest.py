"""A tiny family on disk (16 px), an untrained judge, chosen edits; image sets with random codes."""

import numpy as np
import pytest
from PIL import Image

from stylealign.boundaries import Boundaries, save_boundaries
from stylealign.checkpoint import load_generator
from stylealign.codes import Codes, Passport, write_codes
from stylealign.config.domains import FolderDomain
from stylealign.data.build import build_image_set
from stylealign.data.index import read_index
from stylealign.judges.embedded_network import Attribute
from stylealign.networks.spaces import code_shape
from stylealign.tables import ATTRIBUTE_CHANNELS, write_table
from stylealign.translated_images import SourceSet

ATTRIBUTES = ("yaw_deg", "smile")


@pytest.fixture(scope="session")
def family(make_family):
    return make_family(0.1)


@pytest.fixture(scope="session")
def judge(make_judge):
    return make_judge([*ATTRIBUTES, Attribute("glasses", "class", 0, 1, "class", values=("no", "yes"))])


@pytest.fixture(scope="session")
def boundaries(tmp_path_factory):
    """Four directions: one for each number, one class, one conditional."""
    names = ("yaw_deg", "smile", "glasses:yes", "yaw_deg|smile")
    normals = np.random.default_rng(0).normal(size=[4, 8])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    attributes = ("yaw_deg", "smile", "glasses", "yaw_deg")
    path = tmp_path_factory.mktemp("boundaries") / "parent.npz"
    save_boundaries(path, Boundaries(names, normals, np.zeros(4), attributes))
    return path


@pytest.fixture(scope="session")
def channels(tmp_path_factory):
    """rows of attribute_channels: 5_3 clearest for yaw (at the low pole, negative), then 3_1; 3_1 alone for smile."""

    def row(attribute, pole, rank, paper_index, score, zscore):
        layer, channel = {"3": "b8.conv1", "4": "b8.torgb", "5": "b16.conv0"}[paper_index[0]], int(paper_index[2:])
        return (
            {"model": "parent", "attribute": attribute, "pole": pole, "rank": rank, "layer": layer}
            | {
                "channel": channel,
                "paper_index": paper_index,
                "signal_to_noise": score,
                "mean_zscore": zscore,
            }
            | {"num_positive": 5, "num_z": 100, "judge": "tiny", "judge_score": 0.9, "seed": 0}
        )

    rows = [row("yaw_deg", "high", 1, "3_1", 2.0, -1.0), row("yaw_deg", "high", 2, "5_3", 1.5, 0.4)]
    rows += [row("yaw_deg", "low", 1, "5_3", 4.0, -1.0), row("smile", "high", 1, "3_1", 1.0, 1.0)]
    path = tmp_path_factory.mktemp("channels") / "parent.parquet"
    write_table(path, ATTRIBUTE_CHANNELS, rows, {})
    return path


# -- translation ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def relatives(family, make_relatives):
    """The family with its descent: copy and child are the parent's; stranger and foreigner are roots."""
    return make_relatives(family)


@pytest.fixture(scope="session")
def codes_of():
    """Random codes of images, as an inversion by a model would have found them."""

    def draw(g_ema, space, image_ids, seed=0, method=None, psi=0.7):
        G, card = load_generator(g_ema)
        shape, num = code_shape(G, space), len(image_ids)
        values = np.random.default_rng(seed).normal(size=[num, *shape]).astype(np.float32)
        nothing, zero = np.full(num, np.nan, np.float32), np.zeros(num, np.int32)
        psi = psi if space in ("z", "zplus") else 1.0
        passport = Passport(space, method or f"{space}_opt", shape, card.digest, psi, "tiny", "{}")
        return Codes(passport, tuple(image_ids), values, nothing, nothing, nothing, zero, nothing)

    return draw


@pytest.fixture(scope="session")
def image_sets(tmp_path_factory):
    """Two image sets of 6 pictures at 16 px, of folders: {dog: (images, index), cat: ...}."""
    found = {}
    for seed, name in enumerate(("dog", "cat")):
        folder = tmp_path_factory.mktemp(name)
        photos = folder / "photos"
        photos.mkdir()
        for number, pixels in enumerate(np.random.default_rng(seed).integers(0, 256, [6, 16, 16, 3], np.uint8)):
            Image.fromarray(pixels).save(photos / f"{name}_{number}.png")
        names = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
        files = {one.split(".")[0]: folder / one for one in names}
        domain = FolderDomain(source="folder", path=photos, min_images=1, test_fraction=0.5)
        build_image_set(domain, name=name, resolution=16, seed=0, **files, num_threads=1)
        found[name] = files["images"], files["index"]
    return found


@pytest.fixture(scope="session")
def inverted(image_sets, codes_of, tmp_path_factory):
    """An image set with random codes of all its images, by several methods, as a :class:`SourceSet`."""

    def invert(name, g_ema, methods=("w_opt", "z_opt"), num=6):
        images, index = image_sets[name]
        image_ids, codes = read_index(index)[0]["image_id"].tolist()[:num], {}
        for place, method in enumerate(methods):
            codes[method] = tmp_path_factory.mktemp("codes") / f"{method}.parquet"
            write_codes(codes[method], codes_of(g_ema, method.rpartition("_")[0], image_ids, place, method))
        return SourceSet(name, images, index, codes)

    return invert
