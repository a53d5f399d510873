"""Every kind of file that the package writes, small: how it is written, and what its reader makes of it."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stylealign.alignment import channel_maps, localized_channels
from stylealign.boundaries import Boundaries, load_boundaries, save_boundaries
from stylealign.checkpoint import ModelCard, load_generator, load_tensors, save_generator, save_tensors, state_digest
from stylealign.codes import Codes, Passport, read_codes, write_codes
from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet, load_regions
from stylealign.encoders import EncoderCard, load_encoder, load_latent_discriminator, save_encoder
from stylealign.figures.samples import load_samples
from stylealign.judged_attributes import read_judged
from stylealign.judges.embedded import load_embedded, save_embedded
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.metrics.features import Features, load_features, save_features
from stylealign.networks.encoder import Encoder, LatentDiscriminator
from stylealign.networks.generator import Generator
from stylealign.resume import ResumeFolder
from stylealign.tables import MAPPING_DRIFT, read_description, read_provenance, read_table, write_table
from stylealign.translated_images import load_pictures, save_pictures
from stylealign.writing import write_npz

GENERATOR = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}
ENCODER = {"space": "wplus", "img_resolution": 16, "width": 2, "num_ws": 6, "z_dim": 8, "w_dim": 8}


@dataclass(frozen=True)
class Kind:
    """A kind of file; ``read`` gives all that its reader makes of it, None where it is a cache that it skips."""

    name: str
    file: str
    write: Callable[[Path], None]
    read: Callable[[Path], Any]


def digest(value: Any) -> str:
    """Of anything that a reader gives."""
    sha = sha256()
    _feed(sha, value)
    return sha.hexdigest()


def _feed(sha: Any, value: Any) -> None:
    if isinstance(value, torch.nn.Module):
        value = value.state_dict()
    if isinstance(value, torch.Tensor):
        value = value.numpy()
    if isinstance(value, pd.DataFrame):
        value = {name: value[name].tolist() for name in value.columns}
    if dataclasses.is_dataclass(value):
        value = vars(value)
    if isinstance(value, np.ndarray):
        sha.update(f"{value.dtype} {value.shape}".encode() + np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        for key in sorted(value):
            _feed(sha, (key, value[key]))
    elif isinstance(value, list | tuple):
        for one in value:
            _feed(sha, one)
    else:
        sha.update(f"{value!r};".encode())


def arrays(seed: int, **shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
    stream = np.random.default_rng(seed)
    return {name: stream.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def write_a_table(path: Path) -> None:
    who = {"parent": "face", "relation": "child", "num_z": 100, "seed": 0}
    numbers = {"l1_w": 0.125, "l1_w_low": 0.1, "l1_w_high": 0.15}
    rows = [{**who, **numbers, "model": model} for model in ("cat", "dog", "painting")]
    write_table(path, MAPPING_DRIFT, rows, {"config_digest": "abc", "code_digest": "def"})


def read_a_table(path: Path) -> Any:
    return read_table(path), read_provenance(path), read_description(path)


def write_some_codes(path: Path) -> None:
    passport = Passport("wplus", "wplus_opt", (6, 8), "0" * 64, 1.0, "embedded", '{"seed": 0}')
    numbers = arrays(0, values=(5, 6, 8), distance=(5,), pixel=(5,), same_region=(5,), seconds=(5,))
    write_codes(path, Codes(passport, tuple("abcde"), steps=np.arange(5, dtype=np.int32), **numbers))


def a_generator() -> Generator:
    torch.manual_seed(0)
    return Generator(**GENERATOR)


def write_a_model(path: Path) -> None:
    G = a_generator()
    lineage = {"lineage": ("face",), "lineage_digests": (state_digest(G.state_dict()),)}
    course = {"kimg": 1, "total_kimg": 1, "seed": 0, "recipe": 1, "version": "test"}
    save_generator(path, G, ModelCard("face", "face", G.init_kwargs, 16, **lineage, **course))


def write_a_pair(path: Path) -> None:
    networks = {f"G/{name}": value for name, value in a_generator().state_dict().items()}
    save_tensors(path, networks, {"kind": "pair", "model": "face", "card": {"kimg": 1}})


def write_a_judge(path: Path) -> None:
    torch.manual_seed(0)
    save_embedded(path, EmbeddedNetwork(16, 2, Vocabulary(("face",), (), ("skin", "hair"))), {"seed": 0})


def write_an_encoder(path: Path) -> None:
    torch.manual_seed(0)
    who = {"space": "wplus", "start": "random", "model": "face", "generator": "abc", "judge": "embedded"}
    how = {"truncation_psi": 1.0, "img_resolution": 16, "network": ENCODER, "settings": {"lr": 0.001}, "kimg": 0.5}
    card = EncoderCard(**who, **how, seed=3, recipe=1, version="test", image_set="def")
    save_encoder(path, Encoder(**ENCODER), card, LatentDiscriminator(8))


def read_an_encoder(path: Path) -> Any:
    return load_encoder(path), load_latent_discriminator(path)


def write_a_state(path: Path) -> None:
    tensors = {name: torch.from_numpy(value) for name, value in arrays(0, weight=(40, 8), moment=(40, 8)).items()}
    with ResumeFolder(path.parent, {"spec": "a"}) as folder:
        folder.save(7, tensors, {"ticks": [{"loss": 0.5}]})


def read_a_state(path: Path) -> Any:
    with ResumeFolder(path.parent, {"spec": "a"}) as folder:
        return folder.newest()


def write_features(path: Path) -> None:
    numbers = arrays(0, features=(6, 4))
    attributes, split = np.arange(12.0).reshape(6, 2), np.array(["train"] * 6)
    save_features(
        path,
        Features(
            **numbers,
            attributes=attributes,
            attribute_names=("yaw", "hue"),
            protocol="all-6",
            image_ids=np.array(list("abcdef")),
            split=split,
        ),
    )


def write_boundaries(path: Path) -> None:
    numbers = arrays(0, normals=(2, 8), intercepts=(2,))
    save_boundaries(path, Boundaries(("yaw", "hue"), **numbers, attributes=("a", "b")))


def maps_of(num: int) -> dict[str, np.ndarray]:
    stream = np.random.default_rng(0)
    maps, pixels = stream.integers(0, 65536, (num, 3, 4, 4)), stream.integers(0, 256, (num, 16, 16, 3))
    return {"maps": maps.astype(np.uint16), "pixels": pixels.astype(np.uint8), **arrays(0, scale=(num, 3))}


def write_maps(path: Path) -> None:
    names = {name: np.array(list("abc")) for name in ("channel_names", "paper_index")}
    told = {"first": np.array(0), "digest": np.array("abc"), "protocol": np.array("psi0.7")}
    write_npz(path, maps_of(2) | {"columns": np.arange(3)} | names | told)


def write_a_finished_image(path: Path) -> None:
    write_npz(path, {name: array[0] for name, array in maps_of(1).items()})


def write_evidence(path: Path) -> None:
    write_npz(path, {name: np.arange(8.0) for name in localized_channels._FIELDS})


def write_samples(path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8, 3)).astype(np.uint8)
    write_npz(path, arrays(0, z=(3, 8)) | {"kimg": np.float32([0, 1]), "pixels": pixels})


def write_images(path: Path) -> None:
    names = {"images": "images.zip", "index": "index.parquet", "regions": "regions.npz"}
    names |= {"rejected": "rejected.parquet", "summary": "summary.json", "preview": "preview.png"}
    domain = WorldDomain(source="world", world="face", num_train=5, num_test=2)
    files = {name: path.parent / file for name, file in names.items()}
    build_image_set(domain, name="face", resolution=16, seed=0, **files)


def read_images(path: Path) -> Any:
    images = ImageSet.open(path.parent / "images.zip", path.parent / "index.parquet")
    return images.all(), images.index, images.attribute_info, load_regions(path.parent / "regions.npz")


KINDS = (
    Kind("table", "rows.parquet", write_a_table, read_a_table),
    Kind("codes", "codes.parquet", write_some_codes, read_codes),
    Kind("model", "g_ema.safetensors", write_a_model, load_generator),
    Kind("pair", "pair.safetensors", write_a_pair, load_tensors),
    Kind("judge", "judge.safetensors", write_a_judge, lambda path: load_embedded("judge", path).network),
    Kind("encoder", "encoder.safetensors", write_an_encoder, read_an_encoder),
    Kind("resume state", "state-000000007.safetensors", write_a_state, read_a_state),
    Kind("features", "features.npz", write_features, load_features),
    Kind("judged attributes", "features.npz", write_features, lambda path: read_judged(path, 4, "num_z").values),
    Kind("boundaries", "face.npz", write_boundaries, load_boundaries),
    Kind("channel maps", "0.npz", write_maps, lambda path: channel_maps.load_channel_maps([path])),
    Kind("finished image", "000000.npz", write_a_finished_image, channel_maps._read_finished),
    Kind("evidence", "face.npz", write_evidence, localized_channels.load_evidence),
    Kind("samples", "samples.npz", write_samples, load_samples),
    Kind("pictures", "face.npz", lambda path: save_pictures(path, maps_of(1)), load_pictures),
    Kind("images", "images.zip", write_images, read_images),
    Kind("index", "index.parquet", write_images, read_images),
    Kind("regions", "regions.npz", write_images, read_images),
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture(scope="session")
def digest_of() -> Callable[[Any], str]:
    return digest


@pytest.fixture(scope="session")
def tensors() -> Callable[[int, float], dict[str, torch.Tensor]]:
    """Tensors of so many bytes, all of one value."""
    return lambda num_bytes, value: {"x": torch.full([num_bytes // 4], float(value))}
