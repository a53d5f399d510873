"""A checkpoint of any known kind, written anew: as this project's safetensors, or under rosinality's names.

There and back is the identity, bit for bit, of all weights; a model's card (lineage, training) is not in a ``.pt``.
"""

import dataclasses
import logging
from pathlib import Path

from torch import Tensor

from stylealign.checkpoint import ModelCard, load_strictly, load_tensors, save_generator, save_tensors
from stylealign.errors import CheckpointError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import save_rosinality
from stylealign.networks.generator import Generator
from stylealign.training.foreign import foreign_card, read_any

log = logging.getLogger(__name__)

OURS, THEIRS = ".safetensors", ".pt"


def convert_checkpoint(source: Path, output: Path) -> list[Path]:
    """Write ``source`` to ``output`` (``.safetensors``: ours; ``.pt``: rosinality's) and say which files were written.

    The training pair goes into the ``pair.safetensors`` beside our file, and into the ``.pt`` itself. Raises
    :class:`CheckpointError` for another suffix, for an output that is the source, and for what cannot be read.
    """
    _check_output(source, output)
    model, card = read_any(source)
    for line in model.said:
        log.info("%s: %s", source, line)
    if output.suffix == THEIRS:
        if clamp := model.architecture.get("conv_clamp"):
            log.warning("%s: has no place for the conv_clamp of %g; images where it matters differ", output, clamp)
        save_rosinality(output, model)
        return [output]
    return _write_ours(model, card, source, output)


def _check_output(source: Path, output: Path) -> None:
    if output.suffix not in (OURS, THEIRS):
        raise CheckpointError(f"{output}: name a file that ends in {OURS} (this project's) or {THEIRS} (rosinality's)")
    if output.is_dir():
        raise CheckpointError(f"{output}: is a folder; name a file")
    written = [output, output.with_name("pair.safetensors")] if output.suffix == OURS else [output]
    if any(path.exists() and source.exists() and path.samefile(source) for path in written):
        raise CheckpointError(f"{output}: would overwrite the source; name another file")
    if output.name == "pair.safetensors":
        raise CheckpointError(f"{output}: that name is for the training pair beside a model; name another file")


def _write_ours(model: ForeignModel, card: ModelCard | None, source: Path, output: Path) -> list[Path]:
    G = Generator(**model.architecture)
    load_strictly(G, model.generator, source)
    card = card or foreign_card(model, source, G, name=output.stem, domain="unknown", seed=0)
    pair = _pair(model)
    path = output.with_name("pair.safetensors")
    if pair:
        _refuse_another_models_pair(path, card)
        meta = {"kind": "pair", "model": card.model, "card": dataclasses.asdict(card)}
        save_tensors(path, pair, meta)
    save_generator(output, G, card)
    return [output, path] if pair else [output]


def _pair(model: ForeignModel) -> dict[str, Tensor]:
    parts = {"G/": model.raw_generator, "D/": model.discriminator}
    return {f"{prefix}{name}": value for prefix, part in parts.items() for name, value in (part or {}).items()}


def _refuse_another_models_pair(path: Path, card: ModelCard) -> None:
    if not path.exists():
        return
    _, meta = load_tensors(path)
    if meta.get("card", {}).get("lineage_digests", [""])[-1] != card.digest:
        raise CheckpointError(f"{path}: is another model's training pair; name an output in a folder of its own")
