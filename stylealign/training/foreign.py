"""Another project's checkpoint as one of this project's models: the mean of w, the model's card, the training pair."""

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylealign import __version__
from stylealign.checkpoint import ModelCard, load_generator, load_tensors, state_digest
from stylealign.config.checkpoint_kind import kind_of
from stylealign.errors import CheckpointError
from stylealign.formats.foreign import ForeignModel, State
from stylealign.formats.read import read_foreign
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.networks.mapping import MappingNetwork
from stylealign.provenance import file_sha256

log = logging.getLogger(__name__)

NUM_Z = 100_000  # whose mean of w replaces one that a file lacks
_Z_BATCH = 10_000
_W_AVG = "mapping.w_avg"
NOT_TRAINED_HERE = 0  # the recipe of a model that this project did not train
OWN_KIND = "stylealign"


@torch.no_grad()
def mean_w(generator: State, architecture: Mapping[str, Any]) -> Tensor:
    """The mean of w [w_dim] over 100,000 z of a named stream: the same for a file in every study."""
    sizes = {name: int(architecture[name]) for name in ("z_dim", "w_dim")}
    mapping = MappingNetwork(num_ws=1, num_layers=int(architecture["mapping_layers"]), **sizes)
    prefix = "mapping."
    mapping.load_state_dict({k.removeprefix(prefix): v for k, v in generator.items() if k.startswith(prefix)})
    total = torch.zeros([sizes["w_dim"]], dtype=torch.float64)
    for batch in range(NUM_Z // _Z_BATCH):
        z = sample_z(_Z_BATCH, sizes["z_dim"], 0, "mean w of a foreign model", batch)
        total += mapping.w(z).double().sum(dim=0)
    return (total / NUM_Z).float()


def with_w_avg(model: ForeignModel) -> ForeignModel:
    """``model`` itself, or with the mean of w that its file lacks, measured and said."""
    if model.has_w_avg:
        return model
    log.warning("the file has no mean of w (latent_avg): measured over %d z", NUM_Z)
    measured = {_W_AVG: mean_w(model.generator, model.architecture)}
    raw = model.raw_generator
    if raw is not None:
        raw = {**raw, _W_AVG: mean_w(raw, model.architecture)}
    said = (*model.said, f"the mean of w is not in the file and was measured over {NUM_Z:,} z")
    return dataclasses.replace(
        model, generator={**model.generator, **measured}, raw_generator=raw, has_w_avg=True, said=said
    )


def foreign_card(model: ForeignModel, source: Path, G: Generator, *, name: str, domain: str, seed: int) -> ModelCard:
    """The card of a root that was trained elsewhere: ``kimg`` 0 where the file does not tell."""
    kimg = model.kimg or 0.0
    digest = state_digest(G.state_dict())
    return ModelCard(
        model=name,
        domain=domain,
        architecture=G.init_kwargs,
        img_resolution=G.img_resolution,
        lineage=(name,),
        lineage_digests=(digest,),
        kimg=kimg,
        total_kimg=kimg,
        seed=seed,
        recipe=NOT_TRAINED_HERE,
        version=__version__,
        transfer=_source(model, source),
    )


def _source(model: ForeignModel, source: Path) -> dict[str, Any]:
    told = "the file's" if model.kimg is not None else "unknown"
    described = {"adopted": source.name, "kind": model.kind, "source_sha256": file_sha256(source), "kimg": told}
    pair = {"generator": "averaged" if model.raw_generator is None else "its own"}
    pair["discriminator"] = "random" if model.discriminator is None else "kept"
    groups = {} if model.mbstd_group_size is None else {"mbstd_group_size": model.mbstd_group_size}
    return {**described, **pair, **groups, "said": list(model.said)}


@dataclass(frozen=True)
class FoundPair:
    """G and D of one training by our names, as far as a checkpoint has them."""

    G: State | None
    D: State | None


def own_pair(checkpoint: Path, card: ModelCard) -> FoundPair:
    """The training pair beside one of our checkpoints; nothing, with a warning, where there is none of that model."""
    path = checkpoint.with_name("pair.safetensors")
    if not path.is_file():
        log.warning("%s: not there, so children of %s start from a random discriminator", path, card.model)
        return FoundPair(None, None)
    tensors, meta = load_tensors(path)
    if meta.get("card", {}).get("lineage_digests", [""])[-1] != card.digest:
        log.warning(
            "%s: belongs to another model, so children of %s start from a random discriminator", path, card.model
        )
        return FoundPair(None, None)
    parts = ({k[2:]: v for k, v in tensors.items() if k.startswith(prefix)} for prefix in ("G/", "D/"))
    return FoundPair(*(part or None for part in parts))


def read_any(path: Path) -> tuple[ForeignModel, ModelCard | None]:
    """A checkpoint of any kind, whole: ours with its card and the pair beside it, others' with the mean of w.

    Raises :class:`CheckpointError`.
    """
    if not _is_safetensors(path):
        return with_w_avg(read_foreign(path)), None
    G, card = load_generator(path)
    pair = own_pair(path, card)
    return ForeignModel(OWN_KIND, G.state_dict(), pair.G, pair.D, G.init_kwargs, True, card.kimg), card


def _is_safetensors(path: Path) -> bool:
    try:
        return kind_of(path) == "safetensors"
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
