"""The UPerNet parser: the parts of one kind of object by Unified Parsing on Broden+ (StyleAlign, Table 1: dogs, cats).

As published: predictions of several sizes are averaged, pixels whose likeliest class is the object are divided among
its parts, which no other pixel has. Images are BGR, 0 to 255, less a mean, and are resized to multiples of 8 pixels
(the published code resizes; it does not pad). Which settings StyleAlign used is not known.

Where objects and parts lie in the outputs (:data:`HEADS`) was computed from the `object_part_hierarchy.csv` and
`object.csv` of the published code's history; weights whose heads have other sizes need ``head`` in the config.

Legend: N images, H x W pixels, O objects, P channels of the part head, Q parts of the object and one for none.
"""

from pathlib import Path
from typing import ClassVar

import torch
from torch.nn import functional as F

from stylealign.config.judges import BrodenHead
from stylealign.config.problems import nearest
from stylealign.config.regions import Regions
from stylealign.errors import JudgeError
from stylealign.judges.regions import OTHER, RegionParser
from stylealign.judges.upernet_network import UNREAD_HEADS, Encoder, build_decoder
from stylealign.judges.weights import fit_state_dict, load_state_dict, unfilled

BGR_MEAN = (102.9801, 115.9465, 122.7717)
MAX_PX, MULTIPLE = 1000, 8
NUM_OBJECTS, NUM_PARTS = 336, 427  # channels of the two heads, with those for nothing
CURE = "name a folder with the published encoder*.pth and decoder*.pth of unifiedparsing's resnet50 and upernet"
BACKGROUND = "background"


def _head(object_class: int, first_part: int, parts: str) -> BrodenHead:
    return BrodenHead(object_class=object_class, first_part=first_part, parts=tuple(parts.split()))


HEADS = {
    "person": _head(6, 26, "leg head torso arm eye ear nose neck hand hair mouth foot eyebrow back"),
    "dog": _head(43, 158, "leg head torso eye ear nose neck tail muzzle paw"),
    "cat": _head(49, 188, "leg head torso eye ear nose neck tail paw"),
    "bird": _head(69, 230, "leg head torso eye neck foot tail wing beak"),
    "horse": _head(105, 305, "leg head torso eye ear neck tail muzzle hoof"),
    "sheep": _head(141, 366, "leg head torso eye ear neck tail muzzle horn"),
    "cow": _head(142, 376, "leg head torso eye ear neck tail muzzle horn"),
}
"""Objects of Broden+ with parts: only animals and persons, of 77."""


class UpernetParser(RegionParser):
    """Regions: background (whatever is not the object), the object's parts, and what of it is no part (other)."""

    kind: ClassVar[str] = "upernet"
    min_resolution_px: ClassVar[int] = 16

    def __init__(
        self,
        name: str,
        weights: Path | None,
        object_name: str,
        regions: Regions | None,
        *,
        head: BrodenHead | None = None,
        short_px: tuple[int, ...] = (300, 400, 500, 600),
        device: torch.device | str = "cpu",
        batch_size: int = 4,
    ):
        self.decoder = _decoder(name, _one_state(name, weights, "decoder"))
        self.head = _known_head(name, object_name, head, self.decoder)
        self.encoder = unfilled(Encoder)
        encoder = _one_state(name, weights, "encoder")
        fit_state_dict(name, self.encoder, encoder, "unifiedparsing's ResNet-50 encoder", cure=CURE)
        super().__init__(name, (BACKGROUND, *self.head.parts, OTHER), regions, device, batch_size)
        for network in (self.encoder, self.decoder):
            network.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.short_px = short_px

    def _regions(self, pixels: torch.Tensor) -> torch.Tensor:
        if not len(pixels):
            return pixels[:, 0]
        inputs = [_prepare(pixels, short) for short in self.short_px]
        outputs = [self.decoder(self.encoder(x)) for x in inputs]  # for each size: [N, O, h, w], [N, P, h, w]
        classes = [self._of_one([(o[i], p[i]) for o, p in outputs], pixels.shape[2:]) for i in range(len(pixels))]
        return self.table[torch.stack(classes)]  # [N, H, W]

    def _of_one(self, outputs: list[tuple[torch.Tensor, torch.Tensor]], size: torch.Size) -> torch.Tensor:
        """Classes [H, W] of one image from its logits at every size: 0 background, then the parts, then other."""
        start, num_parts = self.head.first_part, len(self.head.parts)
        objects = sum(_shares(objects, size) for objects, _ in outputs)  # [O, H, W]
        parts = sum(_shares(parts[start : start + num_parts + 1], size) for _, parts in outputs)  # [Q, H, W]
        part = (parts.argmax(0) - 1) % (num_parts + 1) + 1  # the first channel, no part, becomes the last class
        return torch.where(objects.argmax(0) == self.head.object_class, part, 0)


def _shares(logits: torch.Tensor, size: torch.Size) -> torch.Tensor:
    """Logits [K, h, w] to probabilities [K, H, W]."""
    return F.interpolate(logits[None], size, mode="bilinear", align_corners=False)[0].softmax(0)


def _prepare(pixels: torch.Tensor, short_px: int) -> torch.Tensor:
    """uint8 RGB [N, 3, H, W] as the network wants it, the shorter side ``short_px``, rounded up to multiples of 8."""
    height, width = pixels.shape[2:]
    scale = min(short_px / min(height, width), MAX_PX / max(height, width))
    size = [-(-int(side * scale) // MULTIPLE) * MULTIPLE for side in (height, width)]
    x = F.interpolate(pixels.flip(1).float(), size, mode="bilinear", align_corners=False)
    return (x - x.new_tensor(BGR_MEAN).view(3, 1, 1)).contiguous(memory_format=torch.channels_last)


def _one_state(name: str, weights: Path | None, part: str) -> dict[str, torch.Tensor]:
    """The state dict of the one file in the folder that is called ``part``*."""
    key = f"judges.{name}.weights"
    if weights is None or not Path(weights).is_dir():
        raise JudgeError(f"{key}: no folder {weights}; {CURE}")
    found = sorted(path for path in Path(weights).glob(f"{part}*") if path.suffix in (".pth", ".pt", ".safetensors"))
    if len(found) != 1:
        raise JudgeError(f"{key}: {weights} holds {len(found)} files {part}*; {CURE}")
    return load_state_dict(name, found[0])


def _decoder(name: str, state: dict[str, torch.Tensor]) -> torch.nn.Module:
    try:
        decoder = unfilled(lambda: build_decoder(state))
    except KeyError as error:
        raise JudgeError(f"judges.{name}.weights: the decoder has no {error}; {CURE}") from error
    read = {key: value for key, value in state.items() if not key.startswith(UNREAD_HEADS)}
    fit_state_dict(name, decoder, read, "unifiedparsing's UPerNet decoder", cure=CURE)
    return decoder


def _known_head(name: str, object_name: str, head: BrodenHead | None, decoder: torch.nn.Module) -> BrodenHead:
    num_objects, num_parts = decoder.object_head[1].out_channels, decoder.part_head[1].out_channels
    if head is None:
        if object_name not in HEADS:
            raise JudgeError(
                f"judges.{name}.object: {object_name!r} is not known here ({nearest(object_name, HEADS)}); give "
                f"judges.{name}.head for another"
            )
        if (num_objects, num_parts) != (NUM_OBJECTS, NUM_PARTS):
            raise JudgeError(
                f"judges.{name}.weights: heads of {num_objects} objects and {num_parts} parts, Broden+ has "
                f"{NUM_OBJECTS} and {NUM_PARTS}; say in judges.{name}.head where {object_name} is"
            )
        return HEADS[object_name]
    if head.object_class >= num_objects or head.first_part + len(head.parts) >= num_parts:
        raise JudgeError(
            f"judges.{name}.head: reaches beyond the network's {num_objects} objects and {num_parts} part channels"
        )
    return head
