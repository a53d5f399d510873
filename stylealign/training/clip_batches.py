"""What the study's own CLIP learns from: pairs of an image and a text that is true of it, of several domains.

A step is a pure function of (seed, step). Texts are the pictures' captions, whole and shortened
(:mod:`stylealign.worlds.caption_claims`), so that prompts of a few words are no surprise. Where a text names no side,
its picture is mirrored by the toss of a coin. Among the known tokens some are strewn that mean nothing.

Short texts are true of more pictures than their own: "a dog" of every dog. ``is_true`` says of which, so that the loss
does not push a text away from a picture that it describes.

Legend: B pairs of a step, R resolution, C context length.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from stylealign.data.batches import Batches
from stylealign.data.image_set import ImageSet
from stylealign.judges.clip import Tokenize
from stylealign.judges.embedded_clip import PADDING, UNKNOWN
from stylealign.seeds import derive_seed, numpy_stream
from stylealign.worlds.caption_claims import Caption, Claims, mirrored, names_a_side, read_caption, shorter

STREWN_PART = 0.3  # of the texts


class Pairs(NamedTuple):
    """One step's images and texts."""

    pixels: torch.Tensor  # uint8 [B, 3, R, R]
    texts: list[str]
    is_true: torch.Tensor  # bool [B, B]: whether text j is true of image i


class PairBatches:
    """Steps of B pairs, shared evenly among the image sets."""

    def __init__(self, sets: Sequence[ImageSet], batch_size: int, seed: int):
        shares = [batch_size // len(sets) + (place < batch_size % len(sets)) for place in range(len(sets))]
        self.sets, self.seed = sets, seed
        self.batches = [
            Batches(image_set, share, derive_seed(seed, "clip", place), num_workers=0)
            for place, (image_set, share) in enumerate(zip(sets, shares, strict=True))
        ]

    def at(self, step: int) -> Pairs:
        """The pairs of ``step``."""
        pixels = torch.cat([batches.at(step) for batches in self.batches])
        captions = [read_caption(text) for text in self._captions(step)]
        stream = numpy_stream(self.seed, "clip", "texts", step)
        said = [shorter(caption, stream) for caption in captions]
        is_flipped = np.array([not names_a_side(text) for text, _ in said]) & (stream.random(len(said)) < 0.5)
        pixels[torch.from_numpy(is_flipped)] = pixels[torch.from_numpy(is_flipped)].flip(3)
        shown = [_shown(caption, bool(flipped)) for caption, flipped in zip(captions, is_flipped, strict=True)]
        return Pairs(pixels, [text for text, _ in said], truths(shown, [claims for _, claims in said]))

    def _captions(self, step: int) -> list[str]:
        pairs = zip(self.sets, self.batches, strict=True)
        return [image_set.captions[place] for image_set, batches in pairs for place in batches.positions(step)]


def _shown(caption: Caption, is_flipped: bool) -> Claims:
    return mirrored(caption.claims()) if is_flipped else caption.claims()


def truths(shown: Sequence[Claims], said: Sequence[Claims]) -> torch.Tensor:
    """bool [B, B]: whether everything that text j claims (``said``) is claimed of image i (``shown``)."""
    return torch.tensor([[claims <= picture for claims in said] for picture in shown])


def strewn(ids: torch.Tensor, stream: np.random.Generator) -> torch.Tensor:
    """Token ids [B, C] with one or two ``UNKNOWN`` put in somewhere, in a part of the texts that have room for them."""
    ids = ids.clone()
    for row in ids:
        if stream.random() < STREWN_PART:
            for _ in range(stream.integers(1, 3)):
                _put_in(row, int(stream.integers(1, max(int((row != PADDING).sum()), 2))))
    return ids


def _put_in(row: torch.Tensor, place: int) -> None:
    """One ``UNKNOWN`` at ``place``; what follows it moves on."""
    if row[-1] == PADDING:
        row[place + 1 :] = row[place:-1].clone()
        row[place] = UNKNOWN


def tokens_of(pairs: Pairs, tokenize: Tokenize, seed: int, step: int) -> torch.Tensor:
    """Token ids [B, C] of a step's texts, with tokens strewn in that mean nothing."""
    return strewn(tokenize(pairs.texts), numpy_stream(seed, "clip", "strewn", step))
