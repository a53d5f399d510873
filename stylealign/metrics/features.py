"""What a judge saw, kept: features and judged attributes of an image set or of a model, once each.

A table of N models x M domains then costs N + M passes. The file of a model says its protocol (how many images, which
truncation); row i of every model of a study is the same z. Reading needs no torch.

Legend: N images, F features, A attributes.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import JudgeError
from stylealign.reading import Unreadable, read_npz
from stylealign.writing import write_npz

if TYPE_CHECKING:
    import torch

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

BATCH = 64
CHUNK = 1024  # images of an image set decoded at a time


@dataclass(frozen=True)
class Features:
    """Features and attributes of N images; ``image_ids`` and ``split`` are empty for a model's images."""

    features: np.ndarray  # float32 [N, F]
    attributes: np.ndarray  # float64 [N, A]
    attribute_names: tuple[str, ...]
    protocol: str
    image_ids: np.ndarray = field(default_factory=lambda: np.zeros(0, "U64"))  # str [N] or [0]
    split: np.ndarray = field(default_factory=lambda: np.zeros(0, "U5"))  # str [N] or [0]: train or test

    @property
    def num(self) -> int:
        return len(self.features)

    def of_split(self, split: str | None) -> np.ndarray:
        """Features of one split, [n, F] (all for ``None``); :class:`JudgeError` when it has no images."""
        chosen = self.features if split is None else self.features[self.split == split]
        if not len(chosen):
            raise JudgeError(f"no images in split {split!r}; set test_fraction or num_test of the domain above 0")
        return chosen


def judge_image_set(judge: "Judge", image_set: "ImageSet") -> Features:
    """Features and attributes of every image of ``image_set``, in its order."""
    parts = []
    for start in range(0, image_set.num, CHUNK):
        positions = np.arange(start, min(start + CHUNK, image_set.num))
        parts.append(judge.features_and_attributes(image_set.read(positions)))
        log.info("judge %s: %d of %d images", judge.name, positions[-1] + 1, image_set.num)
    features, attributes, names = _joined(parts)
    image_ids, split = np.asarray(image_set.image_ids, dtype=str), np.asarray(image_set.index["split"], dtype=str)
    return Features(features, attributes, names, f"all-{image_set.num}", image_ids, split)


def judge_generator(judge: "Judge", G: "Generator", *, num: int, seed: int, truncation_psi: float = 1.0) -> Features:
    """Features and attributes of ``num`` images of ``G``, from the study-wide z of ``seed``.

    Each image has noise of its own, as in training (and as the official metrics draw it): one constant noise in all of
    them would be a pattern that no real image has. Image i has the same z *and* the same noise in every model.
    """
    parts = [
        judge.features_and_attributes(pixels) for pixels in drawn_images(G, num=num, seed=seed, psi=truncation_psi)
    ]
    return Features(*_joined(parts), f"gen-{num}-psi{truncation_psi:g}-fresh-noise")


def drawn_images(G: "Generator", *, num: int, seed: int, psi: float) -> "Iterator[torch.Tensor]":
    """The images that :func:`judge_generator` looks at, uint8 [n, 3, R, R] a batch at a time."""
    import torch

    from stylealign.images import at_once, to_pixels
    from stylealign.latents import sample_z, torch_stream

    device = next(G.parameters()).device
    together = at_once(G.img_resolution, BATCH)
    for index, z in enumerate(sample_z(num, G.z_dim, seed, "family").split(together)):  # [n, z_dim]
        noise = torch_stream(seed, "features", "noise", index, device=device)
        with torch.inference_mode():
            yield to_pixels(G(z.to(device), truncation_psi=psi, noise_mode="random", generator=noise))


def _joined(parts: list[tuple[np.ndarray, Mapping[str, np.ndarray]]]) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    features = np.concatenate([part for part, _ in parts])
    names = tuple(parts[0][1])
    tables = [np.stack([part[name] for name in names], 1) if names else np.zeros([len(f), 0]) for f, part in parts]
    return features.astype(np.float32), np.concatenate(tables), names


def save_features(path: str | os.PathLike[str], features: Features) -> None:
    """Write the npz beside ``path``, then rename; equal features give equal bytes."""
    arrays = {
        "features": features.features,
        "image_ids": features.image_ids,
        "split": features.split,
        "attributes": features.attributes,
        "attribute_names": np.asarray(features.attribute_names, dtype=str),
        "protocol": np.asarray(features.protocol),
    }
    write_npz(path, arrays)


def load_features(path: str | os.PathLike[str]) -> Features:
    """Read what :func:`save_features` wrote; :class:`JudgeError` when it is not such a file."""
    try:
        npz = read_npz(path)
        return Features(
            npz["features"],
            npz["attributes"],
            tuple(str(name) for name in npz["attribute_names"]),
            str(npz["protocol"]),
            npz["image_ids"],
            npz["split"],
        )
    except (Unreadable, KeyError) as error:
        raise JudgeError(f"{path} does not hold a judge's features ({error}); delete it and run again") from error
