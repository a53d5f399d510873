"""StyleSpace: which number of ``s`` belongs to which layer (StyleSpace, Wu et al. 2021; StyleAlign A.9).

``s`` [N, num_styles] is every affine output in forward order, toRGB included, *with* its bias. The papers write a
channel as ``layer_channel`` (``6_501``), where layers count 4/conv1 = 0, 4/torgb = 1, then conv0, conv1, torgb of every
resolution.
"""

import math
from dataclasses import dataclass
from itertools import accumulate


def num_channels(resolution: int, channel_base: int, channel_max: int) -> int:
    """Feature maps at one resolution (StyleGAN2: config-f has base 32768, config-e 16384, both at most 512)."""
    return min(channel_base // resolution, channel_max)


def runs_in_half(resolution: int, img_resolution: int, num_fp16_res: int) -> bool:
    """Whether a block is one of the ``num_fp16_res`` highest resolutions, which run in float16 (never 4 x 4)."""
    return resolution >= 8 and resolution * 2**num_fp16_res > img_resolution


def block_resolutions(img_resolution: int) -> list[int]:
    """4, 8, ..., img_resolution."""
    return [2**i for i in range(2, int(math.log2(img_resolution)) + 1)]


@dataclass(frozen=True)
class StyleLayer:
    """One affine output: ``name`` (``b64.conv0``), the papers' ``index``, its row of ws, and its slice of ``s``."""

    name: str
    resolution: int
    kind: str  # conv0, conv1 or torgb
    index: int
    ws_index: int
    channels: int
    offset: int

    @property
    def columns(self) -> slice:
        """This layer's columns of ``s``."""
        return slice(self.offset, self.offset + self.channels)


def _kinds(resolution: int) -> tuple[str, ...]:
    return ("conv1", "torgb") if resolution == 4 else ("conv0", "conv1", "torgb")


def style_layers(img_resolution: int, channel_base: int, channel_max: int) -> list[StyleLayer]:
    """Every style layer in forward order."""
    found = [(res, kind) for res in block_resolutions(img_resolution) for kind in _kinds(res)]
    widths = [
        num_channels(res // 2 if kind == "conv0" else res, channel_base, channel_max) for res, kind in found
    ]  # a style scales the *input* of its convolution
    offsets = [0, *accumulate(widths)]
    convs_before = list(accumulate((kind != "torgb" for _, kind in found), initial=0))
    return [
        StyleLayer(f"b{res}.{kind}", res, kind, index, convs_before[index], widths[index], offsets[index])
        for index, (res, kind) in enumerate(found)
    ]


def channel_name(layers: list[StyleLayer], column: int) -> str:
    """The papers' name of one column of ``s``: ``"6_501"``."""
    layer = next(layer for layer in layers if column < layer.offset + layer.channels)
    return f"{layer.index}_{column - layer.offset}"


def column_of(layers: list[StyleLayer], name: str) -> int:
    """The column of ``s`` that the papers call ``name`` (``"6_501"``); :class:`ValueError` when there is none."""
    index, _, channel = name.partition("_")
    if not (index.isdigit() and channel.isdigit() and int(index) < len(layers)):
        raise ValueError(f"{name!r} is not a style channel: expected layer_channel with layer below {len(layers)}")
    layer = layers[int(index)]
    if int(channel) >= layer.channels:
        raise ValueError(f"{name!r} is not a style channel: layer {index} ({layer.name}) has {layer.channels} channels")
    return layer.offset + int(channel)
