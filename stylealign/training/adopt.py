"""Take a finished checkpoint (``from:`` in the config) into the study: the same five files as a training, none trained.

The averaged generator becomes the model. A child needs a training pair: it is read from the ``pair.safetensors`` beside
the checkpoint; where there is none, G is the averaged generator and D starts from random weights, with a warning.
"""

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from stylealign.checkpoint import ModelCard, load_generator, load_strictly, load_tensors, save_generator, save_tensors
from stylealign.config.models import ResolvedModel
from stylealign.errors import CheckpointError
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.tables import TICKS, TRAINING, write_table
from stylealign.training.run import sample_pixels, save_samples, study_z
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
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Write ``spec.checkpoint`` as the model ``spec.name``.

    Raises :class:`CheckpointError` when the file is damaged or of another architecture or resolution.
    """
    assert spec.checkpoint is not None
    averaged, card = load_generator(spec.checkpoint)
    G, D = build_networks(spec)
    refuse_other_architecture(spec, G, averaged)
    found_pair = _load_pair(Path(spec.checkpoint).with_name("pair.safetensors"), card, G, D)
    if not found_pair:
        G.load_state_dict(averaged.state_dict())
    adopted = dataclasses.replace(
        card,
        model=spec.name,
        domain=spec.domain,
        lineage=(*card.lineage[:-1], spec.name),
        transfer={**card.transfer, "adopted": card.model, "discriminator": "kept" if found_pair else "random"},
    )
    networks: dict[str, Tensor] = {f"G/{name}": value for name, value in G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in D.state_dict().items()}
    save_tensors(pair, networks, {"kind": "pair", "model": spec.name, "card": dataclasses.asdict(adopted)})
    write_table(ticks, TICKS, [], provenance or {})
    write_table(cost, TRAINING, [], provenance or {})
    pixels = sample_pixels(averaged, study_z(spec), spec.samples.truncation_psi)
    save_samples(samples, spec, [card.kimg], [pixels])
    save_generator(g_ema, averaged, adopted)


def refuse_other_architecture(spec: ResolvedModel, expected: Generator, found: Generator) -> None:
    """:class:`CheckpointError` naming each setting in which a checkpoint differs from the study's architecture."""
    differences = [
        f"{name} is {found.init_kwargs[name]}, the study's {value}"
        for name, value in expected.init_kwargs.items()
        if found.init_kwargs[name] != value
    ]
    if differences:
        raise CheckpointError(
            f"models.{spec.name}.from: {spec.checkpoint}: {'; '.join(differences)}; set architecture: and resolution: "
            "to the checkpoint's, or take another checkpoint"
        )


def _load_pair(path: Path, card: ModelCard, G: Generator, D: Discriminator) -> bool:
    """Load G and D of the same training from beside the checkpoint; False, with a warning, where there is none."""
    if not path.is_file():
        log.warning("%s: not there, so children of %s start from a random discriminator", path, card.model)
        return False
    tensors, meta = load_tensors(path)
    if meta.get("card", {}).get("lineage_digests", [""])[-1] != card.digest:
        log.warning(
            "%s: belongs to another model, so children of %s start from a random discriminator", path, card.model
        )
        return False
    for network, prefix in ((G, "G/"), (D, "D/")):
        part = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        load_strictly(network, part, path)
    return True
