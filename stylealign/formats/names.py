"""NVIDIA's names (which are ours) and rosinality's: the same numbers under two names and, at times, two shapes.

Facts of both projects' public files; ``k = log2 r - 3`` counts resolutions above 4 px. What rosinality keeps beside the
weights, the resampling kernels, is fixed here: :func:`kernels` says what they must be.
"""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from stylealign.formats.foreign import State
from stylealign.ops.resample import setup_filter

Names = Mapping[str, str]


def generator_names(resolution: int, mapping_layers: int) -> dict[str, str]:
    """Our name to rosinality's for every weight and noise constant of a generator; ``mapping.w_avg`` has none there."""
    found = dict(_mapping(mapping_layers))
    found["synthesis.b4.const"] = "input.input"
    for ours, theirs, noise in _styled_layers(resolution):
        found |= _styled(ours, theirs)
        if noise is None:
            found[f"{ours}.bias"] = f"{theirs}.bias"
        else:
            found |= {f"{ours}.bias": f"{theirs}.activate.bias", f"{ours}.noise_strength": f"{theirs}.noise.weight"}
            found[f"{ours}.noise_const"] = f"noises.noise_{noise}"
    return found


def discriminator_names(resolution: int) -> dict[str, str]:
    """The same for a discriminator."""
    top = f"b{resolution}"
    found = {f"{top}.fromrgb.weight": "convs.0.0.weight", f"{top}.fromrgb.bias": "convs.0.1.bias"}
    for index, res in enumerate(reversed(_above_4(resolution)), start=1):
        found |= {
            f"b{res}.conv0.weight": f"convs.{index}.conv1.0.weight",
            f"b{res}.conv0.bias": f"convs.{index}.conv1.1.bias",
            f"b{res}.conv1.weight": f"convs.{index}.conv2.1.weight",
            f"b{res}.conv1.bias": f"convs.{index}.conv2.2.bias",
            f"b{res}.skip.weight": f"convs.{index}.skip.1.weight",
        }
    found |= {"b4.conv.weight": "final_conv.0.weight", "b4.conv.bias": "final_conv.1.bias"}
    for ours, theirs in (("b4.fc", "final_linear.0"), ("b4.out", "final_linear.1")):
        found |= {f"{ours}.{part}": f"{theirs}.{part}" for part in ("weight", "bias")}
    return found


def kernels(resolution: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """rosinality's kernels [4, 4]: of a generator four times the low-pass filter, of a discriminator the filter."""
    count, f = len(_above_4(resolution)), setup_filter()
    up = [f"convs.{2 * k}.conv.blur.kernel" for k in range(count)]
    up += [f"to_rgbs.{k}.upsample.kernel" for k in range(count)]
    down = [f"convs.{i}.{part}.0.kernel" for i in range(1, count + 1) for part in ("conv2", "skip")]
    return dict.fromkeys(up, 4 * f), dict.fromkeys(down, f)


def renamed(state: State, names: Names) -> dict[str, Tensor]:
    """Our weights under rosinality's names and in its shapes; what is not in ``names`` is left out."""
    return {theirs: _to_theirs(ours)(state[ours]).clone() for ours, theirs in names.items()}


def ours_of(state: State, names: Names) -> dict[str, Tensor]:
    """rosinality's weights under our names and in our shapes; what is not in ``names`` is left out.

    A tensor whose shape cannot be ours is kept as it is: whoever checks shapes names it.
    """
    return {ours: _to_ours(ours)(state[theirs]).clone() for ours, theirs in names.items() if theirs in state}


def rosinality_resolution(state: State) -> int:
    """The size in pixels that the number of ``to_rgbs`` tells: 4 where there is none."""
    return 4 * 2 ** _count(state, "to_rgbs.{}.bias", 0)


def rosinality_mapping_layers(state: State) -> int:
    """The number of ``style`` layers with weights (``style.0`` is the normalisation)."""
    return _count(state, "style.{}.weight", 1)


def discriminator_resolution(state: State) -> int:
    """The size in pixels that the number of residual blocks tells: 4 where there is none."""
    return 4 * 2 ** _count(state, "convs.{}.conv1.0.weight", 1)


def _count(state: State, pattern: str, first: int) -> int:
    count = 0
    while pattern.format(first + count) in state and count < 64:
        count += 1
    return count


def _above_4(resolution: int) -> list[int]:
    return [2**power for power in range(3, resolution.bit_length())]


def _mapping(num_layers: int) -> Iterator[tuple[str, str]]:
    for index in range(num_layers):
        for part in ("weight", "bias"):
            yield f"mapping.fc{index}.{part}", f"style.{index + 1}.{part}"


def _styled_layers(resolution: int) -> Iterator[tuple[str, str, int | None]]:
    """Our layer, rosinality's, and the number of its noise (``None``: toRGB, which has none)."""
    yield "synthesis.b4.conv1", "conv1", 0
    yield "synthesis.b4.torgb", "to_rgb1", None
    for k, res in enumerate(_above_4(resolution)):
        yield f"synthesis.b{res}.conv0", f"convs.{2 * k}", 2 * k + 1
        yield f"synthesis.b{res}.conv1", f"convs.{2 * k + 1}", 2 * k + 2
        yield f"synthesis.b{res}.torgb", f"to_rgbs.{k}", None


def _styled(ours: str, theirs: str) -> dict[str, str]:
    return {
        f"{ours}.weight": f"{theirs}.conv.weight",
        f"{ours}.affine.weight": f"{theirs}.conv.modulation.weight",
        f"{ours}.affine.bias": f"{theirs}.conv.modulation.bias",
    }


def _same(value: Tensor) -> Tensor:
    return value


def _with_leading(num: int) -> Callable[[Tensor], Tensor]:
    return lambda value: value[(None,) * num]


def _without_leading(num: int, least: int) -> Callable[[Tensor], Tensor]:
    """Drop up to ``num`` first axes of size 1, as long as ``least`` axes remain."""

    def drop(value: Tensor) -> Tensor:
        for _ in range(num):
            value = value[0] if value.ndim > least and len(value) == 1 else value
        return value

    return drop


def _channel_axis(value: Tensor) -> Tensor:
    return value[None, :, None, None]


def _flat(value: Tensor) -> Tensor:
    return value.flatten() if value.ndim and value.numel() == max(value.shape) else value


def _is_styled_weight(ours: str) -> bool:
    return ours.startswith("synthesis.") and ours.endswith((".weight", "const")) and "affine" not in ours


def _to_theirs(ours: str) -> Callable[[Tensor], Tensor]:
    if ours.endswith(".noise_const"):
        return _with_leading(2)
    if ours.endswith("torgb.bias"):
        return _channel_axis
    return _with_leading(1) if ours.endswith(".noise_strength") or _is_styled_weight(ours) else _same


def _to_ours(ours: str) -> Callable[[Tensor], Tensor]:
    if ours.endswith(".noise_const"):
        return _without_leading(2, 2)
    if ours.endswith(".noise_strength"):
        return _without_leading(1, 0)
    if ours.endswith("const"):
        return _without_leading(1, 3)
    if _is_styled_weight(ours):
        return _without_leading(1, 4)
    return _flat if ours.endswith(".bias") else _same


def is_kernel(value: Tensor, expected: Tensor) -> bool:
    """Whether a stored kernel is the one that is fixed here, up to rounding."""
    return value.shape == expected.shape and torch.allclose(value.float(), expected, atol=1e-4)
