"""The BiSeNet parser: faces into CelebAMask-HQ's classes, merged into regions (StyleAlign A.9, Tables 1, 3 and 4).

The preset ``celebamask-hq`` is the merge that StyleSpace's `GetMask.py` has. StyleSpace shows the network images at
their own resolution; the weights were trained at 512 px, which is the default here.
"""

from pathlib import Path
from typing import ClassVar

import torch

from stylealign.config.regions import Regions
from stylealign.errors import JudgeError
from stylealign.judges.bisenet_network import BiSeNet
from stylealign.judges.regions import RegionParser, imagenet_normalised, resized
from stylealign.judges.weights import fit_state_dict, load_state_dict, require_weights, unfilled

LABELS = (
    *("background", "skin", "l_brow", "r_brow", "l_eye", "r_eye", "eye_g", "l_ear", "r_ear", "ear_r", "nose"),
    *("mouth", "u_lip", "l_lip", "neck", "neck_l", "cloth", "hair", "hat"),
)
"""The classes in the order of the published weights, which is not the order of the data set's own masks."""

CLASSES = "conv_out.conv_out.weight"
CURE = "name a state dict of face-parsing.PyTorch's BiSeNet (79999_iter.pth)"


class BisenetParser(RegionParser):
    """Regions of faces; the number of classes is the weights'."""

    kind: ClassVar[str] = "bisenet"
    min_resolution_px: ClassVar[int] = 16
    corners_align: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        weights: Path | None,
        regions: Regions | None,
        *,
        input_px: int | None = 512,
        device: torch.device | str = "cpu",
        batch_size: int = 8,
    ):
        state = load_state_dict(name, require_weights(name, weights, CURE))
        if CLASSES not in state:
            raise JudgeError(f"judges.{name}.weights: {weights} holds no {CLASSES}; {CURE}")
        num_classes = len(state[CLASSES])
        labels = LABELS if num_classes == len(LABELS) else [f"class_{number}" for number in range(num_classes)]
        super().__init__(name, labels, regions, device, batch_size)
        self.network = unfilled(lambda: BiSeNet(num_classes))
        fit_state_dict(name, self.network, state, "face-parsing.PyTorch's BiSeNet", cure=CURE)
        self.network.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.input_px = input_px

    def _logits(self, pixels: torch.Tensor) -> torch.Tensor:
        x = imagenet_normalised(resized(pixels, self.input_px))
        return self.network(x.contiguous(memory_format=torch.channels_last))  # [N, K, p/8, p/8]
