"""What another project's checkpoint holds, in this project's names: the one type that every reader returns.

A reader builds no network and runs nothing of the file; ``training.adopt`` makes a model of what it found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class ForeignModel:
    """Weights under the names of ``networks.Generator`` and ``networks.Discriminator``, float32, on the CPU.

    ``generator`` is the averaged one; ``raw_generator`` (the one that was trained) and ``discriminator`` are ``None``
    where the file has none. ``architecture`` are the arguments of ``networks.Generator``, read off shapes. Without
    ``has_w_avg`` the mean of w is not in the file (``mapping.w_avg`` in ``generator`` is then zero and must be
    recomputed). ``mbstd_group_size`` is the discriminator's in training, where the file tells. ``said`` are lines for
    the log and the model's card: what was left out, replaced or assumed.
    """

    kind: str  # as nvidia_torch, nvidia_tf, rosinality, encoder_bundle
    generator: State
    raw_generator: State | None
    discriminator: State | None
    architecture: Mapping[str, Any]
    has_w_avg: bool
    kimg: float | None = None
    said: tuple[str, ...] = ()
    mbstd_group_size: int | None = None
