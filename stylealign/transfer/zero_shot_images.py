"""Real images for zero-shot prediction: their exact labels, their codes, what the parent's network sees in them.

Legend: N images, R pixels a side, L rows of a code, W numbers in each, K outputs of the network.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from stylealign.checkpoint import ModelCard, read_card
from stylealign.config.problems import nearest
from stylealign.data.image_set import ImageSet, Split
from stylealign.encoders import load_encoder
from stylealign.errors import CodesError, JudgeError, LineageError
from stylealign.images import at_once, to_hwc, to_net
from stylealign.judges.embedded import EmbeddedJudge, load_embedded
from stylealign.transfer.zero_shot import Seen

log = logging.getLogger(__name__)

BATCH = 64
READER_KEY = "studies.zero_shot_*"  # it is no judge of the config: its one setting is image_kimg of these
READER_CURE = "it is made by the rule image_reader: run the workflow"


@dataclass(frozen=True)
class Side:
    """The files of one end of a direction: a model, the images of its domain, its encoder."""

    g_ema: Path
    images: Path
    index: Path
    encoder: Path


@dataclass(frozen=True)
class Images:
    """Some images of a split, seen by the encoder of their model and by the network on the parent's images."""

    pixels: np.ndarray  # uint8 [N, R, R, 3]
    codes: np.ndarray  # float64 [N, L, W]
    outputs: np.ndarray  # float64 [N, outputs of all attributes]
    attributes: pd.DataFrame  # a row for each image
    info: Mapping[str, Mapping[str, Any]]  # what each attribute means
    slices: Mapping[str, slice]  # where its outputs lie

    @property
    def num(self) -> int:
        return len(self.pixels)

    def seen_for(self, attribute: str) -> Seen:
        """The codes, and the network's outputs for one of the parent's attributes."""
        return Seen(self.codes, self.outputs[:, self.slices[attribute]])

    def values(self, attribute: str, what: str) -> np.ndarray:
        """An attribute's exact values, float64 [N]; :class:`JudgeError` says under ``what`` what is near."""
        if attribute not in self.info:
            cure = nearest(attribute, self.info) if self.info else "its images have no labels at all"
            raise JudgeError(f"{what}: the images have no exact {attribute!r}; {cure}")
        found: np.ndarray = self.attributes[attribute].to_numpy(np.float64)
        return found


def check_sides(parent: Side, child: Side, direction: str) -> None:
    """:class:`LineageError` unless the two models have a common ancestor: else their codes share no meaning."""
    one, other = read_card(parent.g_ema), read_card(child.g_ema)
    if set(one.lineage_digests).isdisjoint(other.lineage_digests):
        raise LineageError(
            f"{direction}: {one.model} and {other.model} have no common ancestor, so what is known of the codes of "
            "one does not hold in the other; name relatives"
        )


def load_reader(path: Path, device: torch.device | str = "cpu") -> EmbeddedJudge:
    """The network that was trained on the parent's images; :class:`JudgeError` where ``path`` is no such file."""
    return load_embedded("image_reader", path, device, key=READER_KEY, cure=READER_CURE)


def look(side: Side, split: Split, num: int, space: str, reader: EmbeddedJudge, device: torch.device | str) -> Images:
    """The first ``num`` images of a split (all, if there are fewer), through both networks.

    Raises :class:`CodesError` for an encoder of another model or space, :class:`ImageSetError` for damaged images.
    """
    image_set = ImageSet.open(side.images, side.index, split)
    num = min(num, image_set.num)
    pixels = image_set.read(range(num))
    log.info("%s: %d %s images", read_card(side.g_ema).domain, num, split)
    return Images(
        to_hwc(pixels),
        _encode(side, pixels, space, device),
        _batched(lambda batch: reader.network.read(reader.network.trunk(to_net(batch)))[1], pixels, reader.device),
        image_set.attributes.iloc[:num],
        {info["name"]: info for info in image_set.attribute_info},
        reader.vocabulary.outputs(),
    )


def _encode(side: Side, pixels: Tensor, space: str, device: torch.device | str) -> np.ndarray:
    """Codes [N, L, W] of uint8 ``pixels`` [N, 3, R, R]; a w has its one row, which a boundary finds repeated."""
    encoder, card = load_encoder(side.encoder, device)
    _refuse_other(card.generator, card.space, read_card(side.g_ema), space, side.encoder)
    codes = _batched(lambda batch: encoder(to_net(batch)), pixels, next(encoder.parameters()).device)
    return codes if codes.ndim == 3 else codes[:, None]


def _refuse_other(generator: str, found: str, model: ModelCard, space: str, path: Path) -> None:
    if generator != model.digest or found != space:
        raise CodesError(
            f"{path}: finds codes in {found} of another model or training than {model.model} in {space}; train it again"
        )


def _batched(network: Any, pixels: Tensor, device: torch.device) -> np.ndarray:
    """What a network says of uint8 images, batch by batch, as float64."""
    with torch.inference_mode():
        parts = [network(batch.to(device)).double().cpu() for batch in pixels.split(at_once(pixels.shape[-1], BATCH))]
    found: np.ndarray = torch.cat(parts).numpy()
    return found
