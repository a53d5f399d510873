"""Take a finished checkpoint (``from:`` in the config) into the study: the same five files as a training, none trained.

It may be one of this project's or any other kind that is known (:mod:`stylealign.formats.read`). The averaged generator
becomes the model; a ``parent`` beside ``from`` makes it that one's child, on the user's word. A child needs a training
pair: ours lies in the ``pair.safetensors`` beside the checkpoint, others' may be in the file; what is missing is the
averaged generator for G, and random weights for D, with a warning.
"""

import copy
import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from stylealign.checkpoint import ModelCard, load_strictly, read_card, save_generator, save_tensors
from stylealign.config.models import ResolvedModel
from stylealign.errors import CheckpointError, LineageError
from stylealign.formats.architecture import same_widths
from stylealign.formats.foreign import ForeignModel
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.samples import sample_pixels, save_samples, study_z
from stylealign.tables import TICKS, TRAINING, write_table
from stylealign.training.foreign import NOT_TRAINED_HERE, OWN_KIND, foreign_card, read_any
from stylealign.training.state import build_networks

log = logging.getLogger(__name__)


def adopt_checkpoint(
    spec: ResolvedModel,
    *,
    g_ema: Path,
    pair: Path,
    ticks: Path,
    cost: Path,
    samples: Path,
    parent: Path | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write ``spec.checkpoint`` as the model ``spec.name``, descending from the model ``parent`` where there is one.

    Raises :class:`CheckpointError` when the file is damaged, of no known kind, or of another architecture or
    resolution, and :class:`LineageError` when it was trained by this project and not from that parent.
    """
    assert spec.checkpoint is not None
    source = Path(spec.checkpoint)
    found, own = read_any(source)
    G, D = build_networks(spec)
    found = fitted(spec, G, found)
    averaged = _averaged(G, found, source)
    _load_pair(found, G, D, averaged, source.with_name("pair.safetensors") if own else source)
    card = _card(spec, found, own, averaged)
    if parent is not None:
        card = as_child(card, read_card(parent), source)
    networks: dict[str, Tensor] = {f"G/{name}": value for name, value in G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in D.state_dict().items()}
    save_tensors(pair, networks, {"kind": "pair", "model": spec.name, "card": dataclasses.asdict(card)})
    write_table(ticks, TICKS, [], provenance or {})
    write_table(cost, TRAINING, [], provenance or {})
    save_samples(samples, spec, [card.kimg], [sample_pixels(averaged, study_z(spec), spec.samples.truncation_psi)])
    save_generator(g_ema, averaged, card)


def fitted(spec: ResolvedModel, expected: Generator, found: ForeignModel) -> ForeignModel:
    """``found`` in the words of the study's architecture, where it is the same network.

    Equal widths may have several names (config-e and config-f up to 32 px), and a clamp that a file does not have, or
    does not tell, is the study's. Raises :class:`CheckpointError` that names each setting that differs otherwise.
    """
    settings, said = dict(found.architecture), list(found.said)
    study = expected.init_kwargs
    if found.kind == OWN_KIND:
        refuse_other_architecture(spec, study, settings)
        return found
    if same_widths(settings, study):
        settings |= {name: study[name] for name in ("channel_base", "channel_max")}
    if settings.get("conv_clamp") is None and study["conv_clamp"] is not None:
        settings["conv_clamp"] = study["conv_clamp"]
        said.append(f"conv_clamp is the study's ({study['conv_clamp']:g}): the file has none")
    group, own_group = found.mbstd_group_size, spec.architecture.mbstd_group_size
    if group not in (None, own_group):
        said.append(
            f"D was trained with an mbstd_group_size of {group}, and is trained on with the study's {own_group}"
        )
    refuse_other_architecture(spec, study, settings)
    return dataclasses.replace(found, architecture=settings, said=tuple(said))


def refuse_other_architecture(spec: ResolvedModel, study: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """:class:`CheckpointError` naming each setting in which a checkpoint differs from the study, and what to set."""
    differing = [name for name, value in study.items() if name in found and found[name] != value]
    if not differing:
        return
    told = "; ".join(f"{name} is {found[name]}, the study's {study[name]}" for name in differing)
    cure = ", ".join(f"{_setting(name)}: {_yaml(found[name])}" for name in differing)
    raise CheckpointError(f"models.{spec.name}.from: {spec.checkpoint}: {told}; set {cure}, or take another checkpoint")


def _setting(name: str) -> str:
    return "resolution" if name == "img_resolution" else f"architecture.{name}"


def _yaml(value: object) -> str:
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _averaged(G: Generator, found: ForeignModel, source: Path) -> Generator:
    averaged = copy.deepcopy(G)
    load_strictly(averaged, found.generator, source)
    return averaged.eval().requires_grad_(False)


def _load_pair(found: ForeignModel, G: Generator, D: Discriminator, averaged: Generator, source: Path) -> None:
    """Weights of G and D of the same training, as far as there are any."""
    load_strictly(G, averaged.state_dict() if found.raw_generator is None else found.raw_generator, source)
    if found.discriminator is not None:
        load_strictly(D, found.discriminator, source)
    elif found.kind != OWN_KIND or found.raw_generator is not None:
        log.warning("%s: holds no discriminator that fits, so children start from a random discriminator", source)


def _card(spec: ResolvedModel, found: ForeignModel, own: ModelCard | None, averaged: Generator) -> ModelCard:
    if own is None:
        assert spec.checkpoint is not None
        for line in found.said:
            log.info("%s: %s", spec.checkpoint, line)
        place = {"name": spec.name, "domain": spec.domain, "seed": spec.seed}
        return foreign_card(found, Path(spec.checkpoint), averaged, **place)
    discriminator = "random" if found.discriminator is None else "kept"
    return dataclasses.replace(
        own,
        model=spec.name,
        domain=spec.domain,
        lineage=(*own.lineage[:-1], spec.name),
        transfer={**own.transfer, "adopted": own.model, "discriminator": discriminator},
    )


def as_child(card: ModelCard, parent: ModelCard, source: Path) -> ModelCard:
    """``card`` as that of a child of ``parent``: where the file does not know, on the word of whoever declared it.

    Raises :class:`LineageError` for a model that this project trained otherwise.
    """
    is_known = card.recipe != NOT_TRAINED_HERE
    if is_known and parent.digest not in card.lineage_digests[:-1]:
        raise LineageError(
            f"models.{card.model}.parent: {source} says that it was not trained from {parent.model}; drop the parent"
        )
    return dataclasses.replace(
        card,
        lineage=(*parent.lineage, card.model),
        lineage_digests=(*parent.lineage_digests, card.digest),
        transfer={**card.transfer, "parent": parent.model, "descent": "known" if is_known else "declared"},
    )
