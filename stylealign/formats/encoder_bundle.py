"""Published encoders of pSp and e4e, alone or in the bundle they are shipped in (pSp; e4e; ReStyle's are refused).

A bundle is a torch file with ``state_dict`` (``encoder.*``, and ``decoder.*``: the generator it was trained for, in
rosinality's names), ``opts`` and ``latent_avg``. What is in it is read off names and shapes; ``opts`` says only what
they cannot: pSp's and e4e's encoders have the same names, and mean different things by them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from stylealign.errors import CheckpointError
from stylealign.formats.torch_file import PathLike, named_tensors, plain_options, read_torch_file

State = Mapping[str, Tensor]

KINDS = {"GradualStyleEncoder": "psp", "BackboneEncoderUsingLastLayerIntoW": "psp", "Encoder4Editing": "e4e"}
NUM_UNITS = 24  # of IR-SE50
STYLES = range(4, 20, 2)  # of models from 8 to 1024 px
MAX_HALVINGS = 6  # published: 4, for images of 256 px
_ENCODER, _DECODER = "encoder.", "decoder."
_BATCHES_SEEN = "num_batches_tracked"  # of batch normalisation: counts nothing that a frozen network uses
_CURE = "name a pSp or e4e encoder of photographs"


@dataclass(frozen=True)
class EncoderBundle:
    """What a file of a published encoder holds; weights are float32, on the CPU.

    ``encoder`` are weights under the names of ``networks.PspEncoder``, and ``architecture`` its arguments as far as
    shapes tell them (``space`` is wplus, or w for the encoder with a single row). ``kind`` is psp, e4e or ``None``:
    the file does not say. ``latent_avg`` [num_ws, w_dim], or [1, w_dim] in W, is ``None`` where the file has none, and
    is added to what the network gives where ``starts_at_latent_avg``. ``decoder`` is the generator it was trained for,
    in the names of its file.
    """

    kind: str | None
    architecture: Mapping[str, Any]
    encoder: State
    latent_avg: Tensor | None
    starts_at_latent_avg: bool
    decoder: State | None


def read_encoder_bundle(path: PathLike) -> EncoderBundle:
    """A published encoder, and what lies beside it.

    Raises :class:`CheckpointError` for a file that is none, is damaged, or holds an encoder of another family.
    """
    content = read_torch_file(path)
    if not isinstance(content, Mapping):
        raise CheckpointError(f"{path}: holds a {type(content).__name__}, no weights by name; {_CURE}")
    inner = content.get("state_dict", content)
    state = named_tensors(inner if isinstance(inner, Mapping) else {}, path)
    encoder = _part(state, _ENCODER) or ({} if _part(state, _DECODER) else state)
    _refuse_others(encoder, content, path)
    options = plain_options(content.get("opts"))
    architecture = _architecture(encoder, path)
    latent_avg = _latent_avg(content.get("latent_avg"), architecture, path)
    starts = options.get("start_from_latent_avg")
    return EncoderBundle(
        kind="psp" if architecture["space"] == "w" else _kind(options, path),
        architecture=architecture,
        encoder={name: value for name, value in encoder.items() if not name.endswith(_BATCHES_SEEN)},
        latent_avg=latent_avg,
        starts_at_latent_avg=starts if isinstance(starts, bool) else True,
        decoder=_part(state, _DECODER) or None,
    )


def _part(state: State, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _refuse_others(encoder: State, content: Mapping[Any, Any], path: PathLike) -> None:
    """Encoders of another family, and files that hold none, each by what it is."""
    found = None
    first = encoder.get("input_layer.0.weight")
    if first is None or first.ndim != 4 or not len(first):
        found = "no encoder"
        if "g_ema" in content:
            found = "a generator; name it under models: `from`. As an encoder"
        elif "conv1.weight" in encoder and any(name.startswith("styles.") for name in encoder):
            found = "an encoder with another trunk than IR-SE50 (ReStyle's ResNet-34)"
    elif first.shape[1] == 6:
        found = "a ReStyle encoder (6 input channels), which finds a code in several steps through its generator"
    elif first.shape[1] != 3:
        found = f"an encoder of images with {first.shape[1]} channels (outlines or label maps)"
    elif any(name.startswith("output_layer") for name in encoder):
        found = "a network of another head (BackboneEncoderUsingLastLayerIntoWPlus, or ArcFace)"
    elif len(units := _numbers(encoder, "body")) != NUM_UNITS:
        found = f"a trunk of {len(units)} units, and IR-SE50 has {NUM_UNITS}"
    if found is not None:
        raise CheckpointError(f"{path}: holds {found}; {_CURE}")


def _architecture(encoder: State, path: PathLike) -> dict[str, Any]:
    """The arguments of ``PspEncoder`` that shapes tell; into W, neither rows nor the input's size are among them."""
    width = len(encoder["input_layer.0.weight"])
    if "linear.weight" in encoder:
        return {"space": "w", "width": width, "w_dim": _outputs(encoder, "linear.weight", path)}
    rows = _numbers(encoder, "styles")
    if rows != list(range(len(rows))) or len(rows) not in STYLES:
        raise CheckpointError(f"{path}: has {len(rows)} styles, and no resolution asks for so many; fetch it again")
    halvings = sum(re.fullmatch(r"styles\.0\.convs\.\d{1,4}\.weight", name) is not None for name in encoder)
    if not 1 <= halvings <= MAX_HALVINGS:
        raise CheckpointError(f"{path}: the first style's head has {halvings} convolutions; {_CURE}")
    made = {"space": "wplus", "num_ws": len(rows), "img_resolution": 2 ** (len(rows) // 2 + 1)}
    px = 16 * 2**halvings  # which take a sixteenth of it down to one position
    return {**made, "width": width, "w_dim": _outputs(encoder, "styles.0.linear.weight", path), "input_px": px}


def _outputs(encoder: State, name: str, path: PathLike) -> int:
    """How many numbers a linear layer gives."""
    if name not in encoder or encoder[name].ndim != 2 or not encoder[name].numel():
        raise CheckpointError(f"{path}: its encoder has no {name} of [out, in]; fetch it again")
    return len(encoder[name])


def _numbers(state: State, prefix: str) -> list[int]:
    """The numbers of the modules in a list, in order."""
    found = (re.match(rf"{prefix}\.(\d{{1,4}})\.", name) for name in state)
    return sorted({int(one[1]) for one in found if one is not None})


def _kind(options: Mapping[str, Any], path: PathLike) -> str | None:
    named = options.get("encoder_type")
    if not isinstance(named, str):
        return None
    if named not in KINDS:
        raise CheckpointError(f"{path}: holds a {named[:80]!r}, which is not among {', '.join(KINDS)}; {_CURE}")
    return KINDS[named]


def _latent_avg(found: Any, architecture: Mapping[str, Any], path: PathLike) -> Tensor | None:
    """The mean that codes are differences from: [num_ws, w_dim], or [1, w_dim] in W."""
    if found is None:
        return None
    rows, dim = architecture.get("num_ws", 1), architecture["w_dim"]
    tensor = named_tensors({"latent_avg": found}, path).get("latent_avg")
    if tensor is None or tensor.ndim == 0 or tensor.shape[-1] != dim or not tensor.numel():
        raise CheckpointError(f"{path}: latent_avg is not [{dim}] or [{rows}, {dim}]; fetch it again")
    tensor = tensor.reshape(-1, dim)[:rows]  # repeated for every row, in W too
    if len(tensor) not in (1, rows):
        raise CheckpointError(f"{path}: latent_avg has {len(tensor)} rows, its encoder {rows}; fetch it again")
    return tensor.expand(rows, dim).contiguous()
