"""The Inception judge: clean-fid's own network and its own resize, from a local file (Parmar et al. 2022, section 3).

The file is the TorchScript ``inception-2015-12-05.pt`` that clean-fid uses. ``torch.jit.load`` interprets
TorchScript, a restricted program over tensors; it does not unpickle Python objects. What it could do to files is looked
for in the program's text first, and refused. Features are the 2048 of the last
average pool, after clean-fid's "clean" resize: each channel as float through Pillow's antialiased bicubic filter to
299 px, not quantised.
"""

import re
import warnings
import zipfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from stylealign.errors import JudgeError
from stylealign.images import to_hwc
from stylealign.judges.judge import FEATURES, Judge
from stylealign.judges.weights import refuse_packed, require_weights

FEATURES_NUM = 2048
CURE = (
    "name clean-fid's inception-2015-12-05.pt there, or its url and sha256 under download; "
    "without it, use a judge of kind torchvision or embedded"
)


class InceptionJudge(Judge):
    """FID's own features [N, 2048]."""

    kind: ClassVar[str] = "inception"
    measures: ClassVar[frozenset[str]] = frozenset({FEATURES})

    def __init__(self, name: str, weights: Path | None, device: torch.device | str = "cpu", batch_size: int = 32):
        super().__init__(name, device, batch_size)
        self.network = _load_torchscript(name, require_weights(name, weights, CURE)).to(self.device)
        self.resize = _clean_resize()

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        if not len(pixels):
            return torch.zeros([0, FEATURES_NUM])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Pillow: Image.fromarray(mode=...) inside clean-fid
            resized = np.stack([self.resize(image) for image in to_hwc(pixels)])  # [N, 299, 299, 3] float32 0..255
        x = torch.from_numpy(resized).movedim(-1, 1).to(self.device)
        return self.network.layers((x - 128) / 128).reshape(len(x), FEATURES_NUM).float()


def _clean_resize():
    from cleanfid.resize import build_resizer

    return build_resizer("clean")


_FILE_ACCESS = re.compile(rb"\b(from_file|save|load|__setstate__)\b|\btorch\.classes\b|\bops\.(?!prim\b)")


def _refuse_file_access(path: Path) -> None:
    """``ValueError`` for TorchScript that maps, reads or writes files, runs when it is loaded, or calls extensions."""
    refuse_packed(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".py") and (found := _FILE_ACCESS.search(archive.read(name))):
                raise ValueError(f"{name} calls {found[0].decode()}")


def _load_torchscript(name: str, path: Path) -> torch.nn.Module:
    try:
        _refuse_file_access(path)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", FutureWarning
            )  # torch: jit.load is deprecated; this format has no other reader
            network = torch.jit.load(path, map_location="cpu").eval()
    except Exception as error:  # torch's readers raise nearly every built-in exception on hostile bytes
        raise JudgeError(f"judges.{name}.weights: {path} is not a TorchScript file that is safe; {CURE}") from error
    if not hasattr(network, "layers"):
        raise JudgeError(f"judges.{name}.weights: {path} has no 'layers', so it is not clean-fid's Inception; {CURE}")
    return network
