"""The architecture of a generator, read off the names and shapes of its weights, and whether a discriminator fits it.

Names are those of ``networks.Generator`` and ``networks.Discriminator``, which are NVIDIA's of StyleGAN2-ADA (PyTorch).
Widths, not settings, are what a file holds: config-e and config-f are the same network up to 32 px, so the base and
the largest width found here are the smallest that explain what is there.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from stylealign.errors import CheckpointError
from stylealign.formats.foreign import State
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.networks.stylespace import num_channels

MAX_RESOLUTION = 2048
MAX_MAPPING_LAYERS = 64
_NOT_NEEDED = re.compile(r"mapping\.w_avg|.*\.noise_const")  # what can be made anew
_BLOCK = re.compile(r"synthesis\.b(\d+)\.")
_OTHER_KINDS = {
    re.compile(r"mapping\.embed\."): "it is class-conditional, and only unconditional models are known",
    re.compile(r"synthesis\.(L\d+_|input\.)"): "it is StyleGAN3's alias-free generator, and only StyleGAN2's is known",
    re.compile(r"synthesis\.b\d+\.skip\."): "its synthesis is of the kind 'resnet', and only 'skip' is known",
}


def architecture_of(generator: State) -> dict[str, Any]:
    """Arguments of ``networks.Generator`` for these weights; every name and shape is checked against them.

    ``mapping.w_avg`` and the constant noise may be missing. ``conv_clamp`` is not among the arguments, for no weight
    shows it: who reads a file that says it adds it. Raises :class:`CheckpointError` for what no such generator
    has; the reader puts its file's name before the message.
    """
    for pattern, reason in _OTHER_KINDS.items():
        if found := next(filter(pattern.match, generator), None):
            raise CheckpointError(f"holds {found}: {reason}; take another checkpoint")
    resolution, layers = _resolution(generator), _mapping_layers(generator)
    base, largest = _channels(_widths(generator, resolution))
    w_dim, z_dim = _shape(generator, "mapping.fc0.weight", 2)
    (img_channels, *_) = _shape(generator, "synthesis.b4.torgb.weight", 4)
    if img_channels != 3:
        raise CheckpointError(
            f"draws images of {img_channels} channels, and only RGB is known; take another checkpoint"
        )
    found = {"z_dim": z_dim, "w_dim": w_dim, "mapping_layers": layers, "img_resolution": resolution}
    architecture = {**found, "channel_base": base, "channel_max": largest}
    if problem := generator_problem(generator, architecture):
        raise CheckpointError(f"is no StyleGAN2 generator: {problem}; take another checkpoint")
    return architecture


def generator_problem(generator: State, architecture: Mapping[str, Any]) -> str | None:
    """The first names or shapes in which weights differ from those of ``networks.Generator``; ``None``: they fit."""
    with torch.device("meta"):
        G = Generator(**architecture)
    return _differences(generator, G)


def discriminator_problem(discriminator: State, architecture: Mapping[str, Any]) -> str | None:
    """The same for ``networks.Discriminator`` of a generator's architecture."""
    names = ("img_resolution", "channel_base", "channel_max")
    with torch.device("meta"):
        D = Discriminator(**{name: architecture[name] for name in names})
    return _differences(discriminator, D)


def same_widths(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two settings of base and largest width are the same network at their common resolution."""
    resolution = int(one["img_resolution"])
    return resolution == other["img_resolution"] and all(
        num_channels(res, one["channel_base"], one["channel_max"])
        == num_channels(res, other["channel_base"], other["channel_max"])
        for res in _doubling_to(resolution)
    )


def _doubling_to(resolution: int) -> list[int]:
    return [2**power for power in range(2, resolution.bit_length())]


def _resolution(generator: State) -> int:
    blocks = sorted({int(match[1][:6]) for name in generator if (match := _BLOCK.match(name))})
    if not blocks:
        raise CheckpointError("holds no weights of a StyleGAN2 generator (synthesis.b4...); take another checkpoint")
    if blocks != _doubling_to(blocks[-1]) or not 8 <= blocks[-1] <= MAX_RESOLUTION:
        shown = ", ".join(map(str, blocks[:12]))
        raise CheckpointError(
            f"has synthesis blocks for {shown} px, which are not 4, 8, ... up to a size between 8 and "
            f"{MAX_RESOLUTION}; it is incomplete or not a StyleGAN2, take another checkpoint"
        )
    return blocks[-1]


def _mapping_layers(generator: State) -> int:
    count = 0
    while f"mapping.fc{count}.weight" in generator and count < MAX_MAPPING_LAYERS:
        count += 1
    if count == 0:
        raise CheckpointError("holds no mapping network (mapping.fc0.weight), so it is incomplete; take another one")
    return count


def _widths(generator: State, resolution: int) -> dict[int, int]:
    names = {res: f"synthesis.b{res}.conv1.weight" for res in _doubling_to(resolution)}
    return {res: _shape(generator, name, 4)[0] for res, name in names.items()}


def _channels(widths: Mapping[int, int]) -> tuple[int, int]:
    """The smallest base, and the largest width, for which ``min(base // r, largest)`` is the width at every r."""
    base, largest = max(res * width for res, width in widths.items()), widths[4]
    for res, width in widths.items():
        if num_channels(res, base, largest) != width:
            shown = ", ".join(f"{size} px: {number}" for size, number in widths.items())
            raise CheckpointError(
                f"has feature maps ({shown}) that no channel_base and channel_max explain ({res} px does not fit), "
                "so no study can have this architecture; take another checkpoint"
            )
    return base, largest


def _shape(state: State, name: str, dimensions: int) -> tuple[int, ...]:
    if name not in state:
        raise CheckpointError(f"holds no {name}; it is incomplete or not a StyleGAN2, take another checkpoint")
    shape = tuple(state[name].shape)
    if len(shape) != dimensions or 0 in shape:
        raise CheckpointError(f"{name} is {list(shape)}, not {dimensions} sizes above 0; take another checkpoint")
    return shape


def _differences(state: State, network: nn.Module) -> str | None:
    own = network.state_dict()
    missing = (f"{name} is missing" for name in own if name not in state and not _NOT_NEEDED.fullmatch(name))
    extra = (f"{name} is not known" for name in state if name not in own)
    misshapen = (
        f"{name} is {list(state[name].shape)}, not {list(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    )
    return _first_few([*missing, *extra, *misshapen])


def _first_few(problems: Iterable[str], most: int = 3) -> str | None:
    problems = list(problems)
    more = f"; and {len(problems) - most} more" if len(problems) > most else ""
    return "; ".join(problems[:most]) + more if problems else None
