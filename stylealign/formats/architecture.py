"""The architecture of a generator, read off the names and shapes of its weights, and whether a discriminator fits it.

Names are those of ``networks.Generator`` and ``networks.Discriminator``, which are NVIDIA's of StyleGAN2-ADA (PyTorch).
Widths, not settings, are what a file holds: config-e and config-f are the same network up to 32 px, so the base and
the largest width found here are the smallest that explain what is there.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stylealign.errors import CheckpointError
from stylealign.formats.foreign import State

Shapes = dict[str, tuple[int, ...]]

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
    return _differences(generator, generator_shapes(architecture))


def discriminator_problem(discriminator: State, architecture: Mapping[str, Any]) -> str | None:
    """The same for ``networks.Discriminator`` of a generator's architecture."""
    return _differences(discriminator, discriminator_shapes(architecture))


def generator_shapes(architecture: Mapping[str, Any]) -> Shapes:
    """Names and shapes of ``networks.Generator`` of this architecture."""
    z_dim, w_dim = int(architecture["z_dim"]), int(architecture["w_dim"])
    shapes: Shapes = {"mapping.w_avg": (w_dim,)}
    for index in range(architecture["mapping_layers"]):
        shapes |= _layer(f"mapping.fc{index}", (w_dim, z_dim if index == 0 else w_dim))
    below = 0
    for res, width in _all_widths(architecture).items():
        block = f"synthesis.b{res}"
        if not below:
            shapes[f"{block}.const"] = (width, res, res)
        else:
            shapes |= _styled(f"{block}.conv0", (width, below, 3, 3), w_dim) | _noise(f"{block}.conv0", res)
        shapes |= _styled(f"{block}.conv1", (width, width, 3, 3), w_dim) | _noise(f"{block}.conv1", res)
        shapes |= _styled(f"{block}.torgb", (3, width, 1, 1), w_dim)
        below = width
    return shapes


def discriminator_shapes(architecture: Mapping[str, Any]) -> Shapes:
    """Names and shapes of ``networks.Discriminator`` that fits a generator of this architecture."""
    widths = _all_widths(architecture)
    top, lowest = max(widths), widths[4]
    shapes = _layer(f"b{top}.fromrgb", (widths[top], 3, 1, 1))
    for res in reversed([res for res in widths if res > 4]):
        width, narrower = widths[res], widths[res // 2]
        shapes |= _layer(f"b{res}.conv0", (width, width, 3, 3)) | _layer(f"b{res}.conv1", (narrower, width, 3, 3))
        shapes[f"b{res}.skip.weight"] = (narrower, width, 1, 1)
    shapes |= _layer("b4.conv", (lowest, lowest + 1, 3, 3)) | _layer("b4.fc", (lowest, 16 * lowest))
    return shapes | _layer("b4.out", (1, lowest))


def _layer(name: str, weight: tuple[int, ...]) -> Shapes:
    return {f"{name}.weight": weight, f"{name}.bias": weight[:1]}


def _styled(name: str, weight: tuple[int, ...], w_dim: int) -> Shapes:
    """A layer whose input a style scales."""
    return _layer(name, weight) | _layer(f"{name}.affine", (weight[1], w_dim))


def _noise(name: str, res: int) -> Shapes:
    return {f"{name}.noise_strength": (), f"{name}.noise_const": (res, res)}


def same_widths(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two settings of base and largest width are the same network at their common resolution."""
    return _all_widths(one) == _all_widths(other)


def _all_widths(architecture: Mapping[str, Any]) -> dict[int, int]:
    base, largest = int(architecture["channel_base"]), int(architecture["channel_max"])
    return {res: min(base // res, largest) for res in _doubling_to(int(architecture["img_resolution"]))}


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
        if min(base // res, largest) != width:
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


def _differences(state: State, own: Mapping[str, tuple[int, ...]]) -> str | None:
    missing = (f"{name} is missing" for name in own if name not in state and not _NOT_NEEDED.fullmatch(name))
    extra = (f"{name} is not known" for name in state if name not in own)
    misshapen = (
        f"{name} is {list(state[name].shape)}, not {list(shape)}"
        for name, shape in own.items()
        if name in state and tuple(state[name].shape) != shape
    )
    return _first_few([*missing, *extra, *misshapen])


def _first_few(problems: Iterable[str], most: int = 3) -> str | None:
    problems = list(problems)
    more = f"; and {len(problems) - most} more" if len(problems) > most else ""
    return "; ".join(problems[:most]) + more if problems else None
