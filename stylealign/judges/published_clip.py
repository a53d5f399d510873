"""A published CLIP of the library open_clip, from a local state dict; nothing in the file is run.

OpenAI's own files are TorchScript archives, which are programs: they are refused, with the cure. Weights trained with
OpenAI's cheaper activation need the architecture whose name ends in ``-quickgelu``; the names of the weights are the
same, so a mistake here is told by nobody and costs accuracy.
"""

import logging
import zipfile
from pathlib import Path
from typing import ClassVar

import torch
from torch import nn

from stylealign.errors import JudgeError
from stylealign.judges.clip import CLIP_MEAN, CLIP_STD, ClipJudge, open_tokenizer
from stylealign.judges.weights import fit_state_dict, load_state_dict, require_weights

CURE = "name a state dict of that architecture there (safetensors or torch), or its url and sha256 under download"
SCALES = {"clip": (CLIP_MEAN, CLIP_STD), "unit": ((0.5,) * 3, (0.5,) * 3)}
CONTEXT = 77
BATCH = 16
OPENAI_EXTRAS = (
    "input_resolution",
    "context_length",
    "vocab_size",
)  # numbers that OpenAI's state dicts hold beside weights


class PublishedClip(ClipJudge):
    """A CLIP trained on photographs and their texts from the web."""

    kind: ClassVar[str] = "open_clip"


def open_published_clip(
    name: str,
    architecture: str,
    weights: Path | None,
    *,
    scale: str = "clip",
    device: torch.device | str = "cpu",
    batch_size: int = BATCH,
) -> PublishedClip:
    """The CLIP ``architecture`` (a name of open_clip's) with ``weights``, in float32.

    Raises:
        JudgeError: weights absent, damaged, a program, or of another architecture; an architecture that open_clip does
            not have, or whose tokenizer would be fetched.
    """
    path = require_weights(name, weights, CURE)
    _refuse_program(name, path)
    state = {key: value for key, value in load_state_dict(name, path).items() if key not in OPENAI_EXTRAS}
    network = _build(name, architecture)
    cure = f"name weights of {architecture}, or the architecture of these weights in judges.{name}.architecture"
    fit_state_dict(name, network, _float(network, state), f"open_clip's {architecture}", cure=cure)
    mean, std = SCALES[scale]
    tokenize = open_tokenizer(getattr(network, "context_length", CONTEXT))
    return PublishedClip(name, network, tokenize, mean=mean, std=std, device=device, batch_size=batch_size)


def _refuse_program(name: str, path: Path) -> None:
    """:class:`JudgeError` for a TorchScript archive, as OpenAI published its CLIPs."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        is_program = any(entry.endswith("/constants.pkl") for entry in archive.namelist())
    if is_program:
        raise JudgeError(
            f"judges.{name}.weights: {path} is TorchScript, a program, as OpenAI published its CLIPs; take the same "
            "weights as open_clip's safetensors (open_clip_model.safetensors), with an architecture in -quickgelu"
        )


def _build(name: str, architecture: str) -> nn.Module:
    """The network without weights; a :class:`JudgeError` where open_clip cannot build it or its texts need a hub."""
    import open_clip

    key = f"judges.{name}.architecture"
    described = open_clip.get_model_config(architecture)
    if described is None:
        raise JudgeError(f"{key}: open_clip has no {architecture!r}; take one of open_clip.list_models()")
    text = described["text_cfg"]
    if text.get("hf_tokenizer_name") or text.get("hf_model_name"):
        raise JudgeError(f"{key}: {architecture} reads text by a tokenizer that is fetched; take another, as ViT-B-32")
    level = logging.getLogger().level
    try:
        return open_clip.create_model(architecture, pretrained=None, load_weights=False, precision="fp32")
    finally:
        logging.getLogger().setLevel(level)


def _float(network: nn.Module, state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Half precision as float32; a position table that old versions saved, and new ones make anew, left out."""
    own = network.state_dict()
    kept = {key: value for key, value in state.items() if key in own or not key.endswith("position_ids")}
    return {key: value.float() if value.is_floating_point() else value for key, value in kept.items()}
