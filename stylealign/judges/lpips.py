"""The LPIPS judge: the lpips package's layers and learned heads, a backbone from a local file.

The heads (version 0.1) ship inside the package; the ImageNet backbone does not, and is given as a torchvision state
dict of ``alexnet``, ``vgg16`` or ``squeezenet1_1``. Only its ``features.*`` are used. Nothing is read from a network.
Images are judged at their own size, as in the papers. The package's own ``forward`` looks at both images each time,
and its gradient is NaN where a position's activations are all zero; here an image is seen once, and is never NaN.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import torch

from stylealign.errors import JudgeError
from stylealign.judges.judge import DISTANCE, Judge
from stylealign.judges.perceptual import unit_normalise
from stylealign.judges.weights import fit_state_dict, load_state_dict, require_weights

BACKBONES = {"alex": "alexnet", "vgg": "vgg16", "squeeze": "squeezenet1_1"}


class LpipsJudge(Judge):
    """LPIPS (alex, vgg or squeeze): the sum over layers of weighted squared differences of unit-normalised channels."""

    kind: ClassVar[str] = "lpips"
    measures: ClassVar[frozenset[str]] = frozenset({DISTANCE})
    min_resolution_px: ClassVar[int] = 32

    def __init__(
        self, name: str, network: str, weights: Path | None, device: torch.device | str = "cpu", batch_size: int = 64
    ):
        super().__init__(name, device, batch_size)
        if network not in BACKBONES:
            raise JudgeError(f"judges.{name}.network: {network!r} is not one of {', '.join(BACKBONES)}")
        backbone = BACKBONES[network]
        cure = f"name a torchvision {backbone} state dict there, or its url and sha256 under download"
        path = require_weights(name, weights, cure)
        self.network = _build(network).to(self.device)
        fit_state_dict(name, self.network.net, sliced(load_state_dict(name, path), self.network.net), backbone)

    def _see(self, x: torch.Tensor) -> list[torch.Tensor]:
        layers = self.network.net(self.network.scaling_layer(x))
        return [unit_normalise(layer) for layer in layers]

    def _compare(self, seen: list[torch.Tensor], other: list[torch.Tensor]) -> torch.Tensor:
        squares = [(a - b).square() for a, b in zip(seen, other, strict=True)]
        scores = [lin(square).mean([1, 2, 3]) for lin, square in zip(self.network.lins, squares, strict=True)]
        return torch.stack(scores).sum(0)

    def _flat(self, seen: list[torch.Tensor]) -> torch.Tensor:
        roots = [lin.model[-1].weight.sqrt() for lin in self.network.lins]  # [1, C, 1, 1]; heads are not negative
        parts = [layer * (root / layer[0, 0].numel() ** 0.5) for layer, root in zip(seen, roots, strict=True)]
        return torch.cat([part.flatten(1) for part in parts], 1)


def sliced(state: Mapping[str, torch.Tensor], net: torch.nn.Module) -> dict[str, torch.Tensor]:
    """torchvision's ``features.{i}.*`` under lpips' names ``slice{k}.{i}.*``; layers not used are left out."""
    wanted = {"features." + key.split(".", 1)[1]: key for key in net.state_dict()}
    return {wanted[key]: value for key, value in state.items() if key in wanted}


def _build(network: str) -> torch.nn.Module:
    import lpips

    heads = Path(lpips.__file__).parent / "weights" / "v0.1" / f"{network}.pth"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torchvision: "pretrained" is deprecated, inside lpips
        metric = lpips.LPIPS(net=network, version="0.1", pretrained=False, pnet_rand=True, verbose=False)
    state = torch.load(heads, map_location="cpu", weights_only=True)
    outcome = metric.load_state_dict(state, strict=False)
    assert not outcome.unexpected_keys, outcome.unexpected_keys
    assert not [key for key in outcome.missing_keys if key.startswith("lin") and not key.startswith("lins.")]
    return metric.eval().requires_grad_(False)
