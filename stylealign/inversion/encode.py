"""Inversion by an encoder: a code at a glance (StyleAlign, A.5; pSp and e4e).

Legend: N images, R resolution; a code is [N, *shape].
"""

import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from stylealign.config.inversion import TRUNCATED_SPACES
from stylealign.errors import CodesError
from stylealign.images import to_net
from stylealign.inversion.found import Found, measure
from stylealign.networks.generator import Generator

if TYPE_CHECKING:
    from stylealign.encoders import AnyEncoder, EncoderCard
    from stylealign.judges.judge import Judge


def encode(G: Generator, judge: "Judge", pixels: Tensor, encoder: "AnyEncoder", *, truncation_psi: float) -> Found:
    """Codes of one batch of uint8 ``pixels`` [N, 3, R, R] in the encoder's space, on its device, in no steps.

    Codes in Z and Z+ are rendered with ``truncation_psi``. :func:`refuse_other_generator` says whether the encoder's
    codes mean anything to ``G``; here only shapes are compared.

    Raises:
        CodesError: the encoder is of another shape than ``G``, or reads images of another resolution.
        JudgeError: ``judge`` measures no distance, or cannot judge images of this size.
    """
    shape = {"img_resolution": G.img_resolution, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim}
    if any(encoder.init_kwargs.get(key, value) != value for key, value in shape.items()):  # a published one has no z
        raise CodesError(f"the encoder is for models of another shape than {shape}; name this model's own encoder")
    if pixels.shape[2:] != (G.img_resolution, G.img_resolution):
        size = " x ".join(str(side) for side in pixels.shape[2:])
        raise CodesError(f"images of {size} px are given to an encoder of {G.img_resolution} px; fit them to the study")
    begun = time.perf_counter()
    with torch.no_grad():
        code = encoder(to_net(pixels.to(G.mapping.w_avg.device))).cpu()  # a GPU has done its work once it is here
    seconds = time.perf_counter() - begun
    code = code.to(G.mapping.w_avg.device)
    return measure(G, judge, pixels, encoder.space, code, truncation_psi=truncation_psi, seconds=seconds)


def refuse_other_generator(card: "EncoderCard", *, space: str, generator: str, truncation_psi: float) -> None:
    """:class:`CodesError` when an encoder's codes are not codes in ``space`` of the generator with this digest.

    An encoder into Z or Z+ found its codes under one truncation, and they mean other images under another.
    """
    wrong = []
    if card.generator != generator:
        wrong.append(f"finds codes of {card.model} as it was (weights {card.generator[:12]}), not of {generator[:12]}")
    if card.space != space:
        wrong.append(f"finds codes in {card.space}, not in {space}")
    if card.space in TRUNCATED_SPACES and card.truncation_psi != truncation_psi:
        wrong.append(f"was trained with truncation_psi {card.truncation_psi:g}, not {truncation_psi:g}")
    if wrong:
        cure = "take it over again, for this model" if card.start == "published" else "train it again"
        raise CodesError(f"the encoder of {card.model} into {card.space} {'; it '.join(wrong)}; {cure}")
