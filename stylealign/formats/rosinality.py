"""Checkpoints under rosinality's names: stylegan2-pytorch's ``.pt`` and what descends from it.

Read are its training checkpoints and conversions (``g_ema``, at times ``g``, ``d``, ``latent_avg``), those of
StyleGAN-NADA and few-shot adaptation, dvschultz's exports, a generator's state dict alone under rosinality's or
NVIDIA's names, and the decoder of a pSp, e4e or ReStyle bundle. Optimisers, options and encoders are not looked at.
"""

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from stylealign.errors import CheckpointError
from stylealign.formats.architecture import architecture_of, discriminator_problem, generator_problem
from stylealign.formats.foreign import ForeignModel, State
from stylealign.formats.names import (
    discriminator_names,
    generator_names,
    is_kernel,
    kernels,
    ours_of,
    renamed,
    rosinality_mapping_layers,
    rosinality_resolution,
)
from stylealign.formats.refusal import Refusal, naming
from stylealign.formats.torch_file import named_tensors, read_torch_file
from stylealign.latents import torch_stream
from stylealign.writing import whole_file

PathLike = str | os.PathLike[str]

MAX_ROWS = 32  # of latent_avg, one for each style
_W_AVG = "mapping.w_avg"
_RESAMPLE = ".resample_filter"


def read_rosinality(path: PathLike) -> ForeignModel:
    """The model in a file of ``torch.save`` (zip or legacy); nothing of the file is executed.

    Raises :class:`CheckpointError` that names the file where it is damaged, holds no such generator, or another kernel
    than [1, 3, 3, 1].
    """
    content = read_torch_file(path)
    with naming(path):
        try:
            return _model(content, path)
        except CheckpointError as error:
            raise Refusal(str(error).removeprefix(f"{path}: ")) from error


def _model(content: Any, path: PathLike) -> ForeignModel:
    if not isinstance(content, Mapping):
        raise CheckpointError(f"holds a {type(content).__name__}, not named weights; save a state_dict")
    kind, parts = _parts(content)
    said: list[str] = []
    averaged = _generator(parts["g_ema"], path, said)
    architecture = architecture_of(averaged)
    w_avg = _latent_avg(content.get("latent_avg"), averaged, path, said)
    raw = _optional("g", parts, path, said, lambda state: _raw_generator(state, path, architecture, w_avg))
    discriminator = _optional("d", parts, path, said, lambda state: _discriminator(state, path, architecture))
    averaged = _with_w_avg(averaged, w_avg)
    return ForeignModel(kind, averaged, raw, discriminator, architecture, w_avg is not None, None, tuple(said))


def _parts(content: Mapping[Any, Any]) -> tuple[str, dict[str, Mapping[Any, Any]]]:
    """The kind of file, and its weights by rosinality's names of its networks."""
    networks = {name: content[name] for name in ("g_ema", "g", "d") if isinstance(content.get(name), Mapping)}
    if "g_ema" in networks:
        return "rosinality", networks
    if "g" in networks:
        return "rosinality", {"g_ema": networks["g"], **networks}
    bundle = content.get("state_dict")
    if isinstance(bundle, Mapping) and any(str(name).startswith("decoder.") for name in bundle):
        decoder = {
            str(name).removeprefix("decoder."): value
            for name, value in bundle.items()
            if str(name).startswith("decoder.")
        }
        return "encoder_bundle", {"g_ema": decoder}
    if {"input.input", "synthesis.b4.const"} & {str(name).removeprefix("module.") for name in content}:
        return "state_dict", {"g_ema": content}
    shown = ", ".join(str(name)[:40] for name in list(content)[:4]) or "nothing"
    raise CheckpointError(
        f"holds {shown}, and no generator (g_ema, decoder.* of a bundle, or a state_dict); name another file"
    )


def _optional(part: str, parts: Mapping[str, Any], path: PathLike, said: list[str], read: Any) -> State | None:
    """A network that a model can do without: what is wrong with it is said."""
    if part not in parts:
        return None
    try:
        return read(parts[part])
    except CheckpointError as error:
        said.append(f"{part} was left out: {str(error).removeprefix(f'{path}: ')}")
        return None


def _weights(state: Mapping[Any, Any], path: PathLike) -> dict[str, Tensor]:
    tensors = named_tensors(state, path)
    if tensors and all(name.startswith("module.") for name in tensors):  # several GPUs of the old kind
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    if other := next((name for name, value in tensors.items() if value.dtype != torch.float32), None):
        raise CheckpointError(f"{other[:80]} holds whole numbers, not weights; take another checkpoint")
    return tensors


def _generator(state: Mapping[Any, Any], path: PathLike, said: list[str]) -> dict[str, Tensor]:
    """Our names; ``mapping.w_avg`` only where the file has it beside the weights; constant noise always."""
    found = _weights(state, path)
    if "synthesis.b4.const" in found:
        ours = {name: value for name, value in found.items() if not name.endswith(_RESAMPLE)}
        _check_resampling(found)
    else:
        ours = _from_rosinality(found)
    return _with_noise(ours, said)


def _from_rosinality(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    resolution = rosinality_resolution(found)
    names = generator_names(resolution, rosinality_mapping_layers(found))
    up, _ = kernels(resolution)
    _refuse_unknown(found, names, up, "generator")
    return ours_of(found, names)


def _refuse_unknown(
    found: Mapping[str, Tensor], names: Mapping[str, str], fixed: Mapping[str, Tensor], network: str
) -> None:
    theirs = set(names.values())
    optional = {name for name in theirs if name.startswith("noises.")}
    if missing := next((name for name in names.values() if name not in found and name not in optional), None):
        raise CheckpointError(f"its {network} has no {missing}, so it is incomplete or no StyleGAN2; take another one")
    if unknown := next((name for name in found if name not in theirs and name not in fixed), None):
        raise CheckpointError(f"its {network} has {unknown[:80]}, which no StyleGAN2 has; take another checkpoint")
    for name in fixed.keys() & found.keys():
        if not is_kernel(found[name], fixed[name]):
            raise CheckpointError(f"{name} is not the kernel of [1, 3, 3, 1], the only one known; take another one")


def _check_resampling(found: Mapping[str, Tensor]) -> None:
    expected = kernels(8)[1]["convs.1.skip.0.kernel"]
    for name, value in found.items():
        if name.endswith(_RESAMPLE) and not is_kernel(value, expected):
            raise CheckpointError(f"{name} is not the filter of [1, 3, 3, 1], the only one known; take another one")


def _with_noise(ours: dict[str, Tensor], said: list[str]) -> dict[str, Tensor]:
    """Constant noise is drawn anew where the file has none (early files): it is a random constant in any case."""
    blocks = [name.removesuffix(".noise_strength") for name in ours if name.endswith(".noise_strength")]
    missing = [block for block in blocks if f"{block}.noise_const" not in ours]
    for block in missing:
        size = _block_size(block)
        ours[f"{block}.noise_const"] = torch.randn([size, size], generator=torch_stream(0, "foreign noise", block))
    if missing:
        said.append(f"its {len(missing)} noise constants are not in the file and were drawn anew")
    return ours


def _block_size(block: str) -> int:
    number = block.split(".")[1].removeprefix("b")
    if not number.isdigit() or int(number[:6]) > 2048:
        raise CheckpointError(f"has {block[:80]}, which no StyleGAN2 has; take another checkpoint")
    return int(number)


def _latent_avg(value: Any, averaged: dict[str, Tensor], path: PathLike, said: list[str]) -> Tensor | None:
    """The mean of w [w_dim]: beside the weights, or on top as [w_dim] or one row for each style; else ``None``."""
    own = averaged.pop(_W_AVG, None)
    if not isinstance(value, Tensor):
        return own
    w_dim = averaged["mapping.fc0.weight"].shape[0]
    if value.ndim > 2 or value.shape[-1:] != (w_dim,) or not 1 <= value.numel() // w_dim <= MAX_ROWS:
        raise CheckpointError(f"latent_avg is {list(value.shape)} and not {w_dim} numbers; drop it from the file")
    rows = _weights({"latent_avg": value}, path)["latent_avg"].reshape(-1, w_dim)
    if not bool((rows == rows[0]).all()):
        said.append("its latent_avg differs from style to style, so it is not the mean of w and was left out")
        return own
    return rows[0].clone()


def _raw_generator(
    state: Mapping[Any, Any], path: PathLike, architecture: Mapping[str, Any], w_avg: Tensor | None
) -> dict[str, Tensor]:
    found = _generator(state, path, [])
    if problem := generator_problem(found, architecture):
        raise CheckpointError(f"it does not fit the averaged generator: {problem}")
    return _with_w_avg(found, w_avg)


def _with_w_avg(state: dict[str, Tensor], w_avg: Tensor | None) -> dict[str, Tensor]:
    w_dim = state["mapping.fc0.weight"].shape[0]
    return {_W_AVG: state.get(_W_AVG, torch.zeros([w_dim])) if w_avg is None else w_avg.clone(), **state}


def _discriminator(state: Mapping[Any, Any], path: PathLike, architecture: Mapping[str, Any]) -> dict[str, Tensor]:
    found, resolution = _weights(state, path), int(architecture["img_resolution"])
    names, (_, down) = discriminator_names(resolution), kernels(resolution)
    _refuse_unknown(found, names, down, "discriminator")
    ours = ours_of(found, names)
    if problem := discriminator_problem(ours, architecture):
        raise CheckpointError(f"it does not fit the generator: {problem}")
    return ours


def to_rosinality(model: ForeignModel) -> dict[str, Any]:
    """``g_ema``, and where the model has them ``latent_avg``, ``g`` and ``d``: nothing but tensors under names."""
    resolution, layers = int(model.architecture["img_resolution"]), int(model.architecture["mapping_layers"])
    names, (up, down) = generator_names(resolution, layers), kernels(resolution)
    content: dict[str, Any] = {"g_ema": renamed(model.generator, names) | up}
    if model.has_w_avg:
        content["latent_avg"] = model.generator[_W_AVG].clone()
    if model.raw_generator is not None:
        content["g"] = renamed(model.raw_generator, names) | up
    if model.discriminator is not None:
        content["d"] = renamed(model.discriminator, discriminator_names(resolution)) | down
    return content


def save_rosinality(path: PathLike, model: ForeignModel) -> None:
    """:func:`to_rosinality` as a ``.pt`` that ``torch.load(weights_only=True)`` reads; equal models, equal bytes."""
    with whole_file(path) as partial, open(partial, "wb") as file:
        torch.save(to_rosinality(model), file)
