"""What both of NVIDIA's kinds of checkpoint share: weights under their names, checked and put together as one model."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from stylealign.errors import CheckpointError
from stylealign.formats.architecture import architecture_of, discriminator_problem, generator_problem
from stylealign.formats.foreign import ForeignModel, State
from stylealign.formats.refusal import PathLike, Refusal, shown

Read = TypeVar("Read")

_SNAPSHOT = re.compile(r"network-snapshot-(\d{6,7})\b")  # the name says the thousands of images


def assemble(kind: str, generator: dict[str, Tensor], conv_clamp: float | None) -> ForeignModel:
    """A model of the averaged generator alone; :class:`Refusal` where it is no unconditional StyleGAN2 with skips."""
    try:
        architecture = architecture_of(generator)
    except CheckpointError as error:
        raise Refusal(str(error)) from error
    has_w_avg = "mapping.w_avg" in generator
    _refuse_without_noise(generator)
    generator = generator if has_w_avg else generator | {"mapping.w_avg": torch.zeros(architecture["w_dim"])}
    said = () if has_w_avg else ("the file has no mean of w (w_avg); it has to be measured anew",)
    return ForeignModel(
        kind, generator, None, None, architecture | {"conv_clamp": conv_clamp}, has_w_avg=has_w_avg, said=said
    )


def with_training_pair(
    model: ForeignModel, raw: State | None, discriminator: State | None, group_size: object = None
) -> ForeignModel:
    """``model`` with the generator and discriminator that were trained; one that does not fit is left out and said.

    ``group_size`` is what the file says of the discriminator's ``mbstd_group_size``.
    """
    said = list(model.said)
    if raw is not None:
        raw = {"mapping.w_avg": model.generator["mapping.w_avg"], **raw}
        if problem := _raw_problem(raw, model):
            said.append(f"the generator that was trained is left out: {problem}")
            raw = None
    if discriminator is not None and (problem := discriminator_problem(discriminator, model.architecture)):
        said.append(f"the discriminator is left out, it is not StyleGAN2's residual one: {problem}")
        discriminator = None
    told = group_size if discriminator is not None and isinstance(group_size, int) and 0 < group_size < 1e6 else None
    return replace(
        model, raw_generator=raw, discriminator=discriminator, said=tuple(said), mbstd_group_size=told and int(told)
    )


def if_usable(read: Callable[..., Read], *args: Any) -> tuple[Read | None, tuple[str, ...]]:
    """The discriminator as ``read`` finds it, or a line that says why not: it does not spoil the generator."""
    try:
        return read(*args), ()
    except Refusal as refusal:
        return None, (f"the discriminator is left out: it {refusal}",)


def kimg_of(content: Any, path: PathLike) -> float | None:
    """Thousands of images a model has seen: as the file says (``cur_nimg``), or else as its name does."""
    images = content.get("cur_nimg") if isinstance(content, Mapping) else None
    if isinstance(images, int) and not isinstance(images, bool) and 0 <= images < 2**53:
        return images / 1000
    named = _SNAPSHOT.search(os.path.basename(path))
    return float(named[1]) if named else None


def clamp_setting(value: object) -> float | None:
    """``conv_clamp`` as a file has it: a positive number, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise Refusal("says a conv_clamp that is no positive number; take another checkpoint")
    return float(value)


def precision_said(num_half: object) -> tuple[str, ...]:
    """A line on the resolutions that ran in float16 when the model was trained, where there were any."""
    if not isinstance(num_half, int) or num_half < 1:
        return ()
    return (f"resolutions in float16 when it was trained: {shown(num_half)}; here they run as the study says",)


def _raw_problem(raw: State, model: ForeignModel) -> str | None:
    missing = next((f"{name} is missing" for name in model.generator if name not in raw), None)
    return missing or generator_problem(raw, model.architecture)


def _refuse_without_noise(generator: State) -> None:
    for name in generator:
        layer, _, last = name.rpartition(".")
        if last == "noise_strength" and f"{layer}.noise_const" not in generator:
            raise Refusal(f"holds no {layer}.noise_const; it is incomplete, take another checkpoint")
