"""Names and layouts of StyleGAN2's TensorFlow variables, turned into those of its PyTorch code.

Resolutions stand in the names (``synthesis/8x8/Conv0_up/weight``); 4 x 4 has a single ``Conv``, and noise is numbered
through. Both networks store convolutions [kh, kw, in, out] and fully connected layers [in, out].
"""

import re
from collections.abc import Callable, Mapping

import numpy as np

from stylealign.formats.refusal import Refusal, shown

Namer = Callable[..., str]

_LEAVES = {
    "weight": "weight",
    "bias": "bias",
    "mod_weight": "affine.weight",
    "mod_bias": "affine.bias",
    "noise_strength": "noise_strength",
}
_LAYERS = {"Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb"}
_HALVING = {"FromRGB": "fromrgb", "Conv0": "conv0", "Conv1_down": "conv1", "Skip": "skip"}
_HEAD = {"4x4/Conv": "b4.conv", "4x4/Dense0": "b4.fc", "Output": "b4.out"}
_STYLED = "weight|bias|mod_weight|mod_bias|noise_strength"


def _noise_name(number: str) -> str:
    """``noise0`` belongs to 4 px; odd numbers to the first, even ones to the second convolution of a resolution."""
    if number == "0":
        return "synthesis.b4.conv1.noise_const"
    return f"synthesis.b{2 ** ((int(number) + 5) // 2)}.conv{1 - int(number) % 2}.noise_const"


GENERATOR: Mapping[str, Namer] = {
    r"dlatent_avg": lambda: "mapping.w_avg",
    r"mapping/Dense(\d{1,2})/(weight|bias)": "mapping.fc{}.{}".format,
    r"synthesis/4x4/Const/const": lambda: "synthesis.b4.const",
    r"synthesis/noise(\d{1,2})": _noise_name,
    rf"synthesis/4x4/Conv/({_STYLED})": lambda leaf: f"synthesis.b4.conv1.{_LEAVES[leaf]}",
    rf"synthesis/(\d{{1,4}})x\1/(Conv0_up|Conv1|ToRGB)/({_STYLED})": (
        lambda res, layer, leaf: f"synthesis.b{res}.{_LAYERS[layer]}.{_LEAVES[leaf]}"
    ),
}
DISCRIMINATOR: Mapping[str, Namer] = {
    r"(4x4/Conv|4x4/Dense0|Output)/(weight|bias)": lambda layer, leaf: f"{_HEAD[layer]}.{leaf}",
    r"(\d{1,4})x\1/(FromRGB|Conv0|Conv1_down|Skip)/(weight|bias)": (
        lambda res, layer, leaf: f"b{res}.{_HALVING[layer]}.{leaf}"
    ),
}
_OTHER_KINDS = {
    r"ToRGB_lod|FromRGB_lod": "its architecture is 'orig', and only 'skip' is known",
    r"/Skip/": "its synthesis is of the kind 'resnet', and only 'skip' is known",
    r"Label": "it is class-conditional, and only unconditional models are known",
}


def torch_name(name: str, names: Mapping[str, Namer]) -> str:
    """A variable's name here, by one of the tables above; :class:`Refusal` says what a name in none of them means."""
    for pattern, namer in names.items():
        if match := re.fullmatch(pattern, name, re.ASCII):
            return namer(*match.groups())
    reason = next((why for pattern, why in _OTHER_KINDS.items() if re.search(pattern, name)), "it is no StyleGAN2's")
    raise Refusal(f"holds the variable {shown(name)}: {reason}; take another checkpoint")


def torch_layout(name: str, array: np.ndarray) -> np.ndarray:
    """One variable of TensorFlow's layout in PyTorch's.

    Convolutions [kh, kw, in, out] -> [out, in, kh, kw], ``Conv0_up`` mirrored in both directions first; fully connected
    layers [in, out] -> [out, in]; noise [1, 1, r, r] -> [r, r]; const [1, C, 4, 4] -> [C, 4, 4]; ``mod_bias`` + 1.
    """
    layer, _, leaf = name.rpartition("/")
    if leaf == "mod_bias":
        return array + 1
    if leaf == "const" or (leaf.startswith("noise") and array.ndim == 4):
        return array.reshape(array.shape[-3 if leaf == "const" else -2 :])
    if leaf == "weight" and array.ndim == 4:
        return (array[::-1, ::-1] if layer.endswith("Conv0_up") else array).transpose(3, 2, 0, 1)
    return array.T if leaf in ("weight", "mod_weight") else array
