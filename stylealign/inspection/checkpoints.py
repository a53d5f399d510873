"""Checkpoints: our own by their cards, another project's by its shapes, as the lines that would put it into a study."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stylealign.errors import CheckpointError, StyleAlignError
from stylealign.inspection.findings import Findings
from stylealign.origins import descent, safetensors_meta, weights_digest

_SHAPE = ("z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max", "conv_clamp", "mbstd_group_size")


def inspect_safetensors(path: Path) -> Findings:
    """A model, snapshots, a pair, a judge, an encoder, a mapper, a state; :class:`CheckpointError` for another's."""
    meta = safetensors_meta(path)
    kind, card, made = meta.get("kind"), dict(meta.get("card", {})), meta.get("provenance", {})
    if kind in ("generator", "pair"):
        return _model(path, kind, card, made)
    if kind == "encoder":
        facts = {key: _settings(value) for key, value in card.items() if value not in ("", None)}
        return Findings(f"encoder of {card['model']} into {card['space']}", facts, made)
    if kind == "snapshots":
        return _snapshots(card, meta["kimg"], made)
    if kind == "latent_mapper":
        facts = {key: _settings(value) for key, value in card.items() if value not in ("", None)}
        return Findings(f"latent mapper of {card['model']}", facts, made)
    if kind in ("judge", "clip"):
        return (_judge if kind == "judge" else _clip)(meta, made)
    if "identity" in meta:
        identity = {f"of {key}": str(value) for key, value in meta["identity"].items()}
        return Findings(f"state for resuming, at step {meta['step']}", identity, made)
    raise CheckpointError(f"{path}: safetensors of another project; only this project's own are known")


def _model(path: Path, kind: str, card: dict[str, Any], made: dict[str, Any]) -> Findings:
    shape = {**card["architecture"], "img_resolution": card["img_resolution"]}
    facts: dict[str, Any] = {
        "domain": str(card["domain"]),
        "lineage": " -> ".join(descent(card)),
        "weights": str(card["lineage_digests"][-1]),
        "kimg": f"{card['kimg']:g} of {card['total_kimg']:g}",
        "seed": str(card["seed"]),
        "recipe": f"{card['recipe']} of version {card['version']}",
        "image_set": str(card.get("image_set") or _no_images(card)),
        "training": _settings(card.get("training", {})),
        "transfer": _settings(card.get("transfer", {})),
        "in_a_config": config_lines(path, str(card["model"]), shape),
    }
    what = f"model {card['model']}" if kind == "generator" else f"training pair (G and D) of the model {card['model']}"
    if kind == "pair":
        del facts["in_a_config"]
    return Findings(f"{what}, {card['img_resolution']} px", {key: value for key, value in facts.items() if value}, made)


def _no_images(card: Mapping[str, Any]) -> str:
    """What is said of the training images of a model that tells none."""
    return "none: adapted by text" if "adapted" in card.get("transfer", {}) else "unknown"


def _snapshots(card: dict[str, Any], kimg: Sequence[float], made: dict[str, Any]) -> Findings:
    facts = {
        "at": ", ".join(f"{one:g} kimg" for one in kimg),
        "domain": str(card["domain"]),
        "lineage": " -> ".join(descent(card)),
        "finished at": f"{card['total_kimg']:g} kimg",
    }
    return Findings(f"{len(kimg)} snapshots of the model {card['model']}, {card['img_resolution']} px", facts, made)


def _settings(value: Any) -> str:
    """A setting as text; several as one paragraph."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_settings(one)}" for key, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _judge(meta: dict[str, Any], made: dict[str, Any]) -> Findings:
    words = meta["network"]["vocabulary"]
    facts = {
        "weights": weights_digest(meta) or "not said",
        "domains": ", ".join(words["domains"]),
        "attributes": ", ".join(str(one["name"]) for one in words["attributes"]),
        "regions": ", ".join(words["region_names"]),
        **{key: str(value) for key, value in meta["passport"].items()},
    }
    return Findings(f"embedded judge, {meta['network']['resolution']} px", facts, made)


def _clip(meta: dict[str, Any], made: dict[str, Any]) -> Findings:
    shape = {key: _settings(meta["network"].get(key, "")) for key in ("embed_dim", "vision", "text")}
    facts = {"weights": weights_digest(meta) or "not said", **shape}
    return Findings("embedded CLIP", facts | {key: _settings(value) for key, value in meta["passport"].items()}, made)


def inspect_foreign(path: Path) -> Findings:
    """A checkpoint of another project; :class:`CheckpointError`, one line, for what is none."""
    from stylealign.formats.read import read_foreign

    try:
        model = read_foreign(path)
    except CheckpointError as error:
        if (bundle := _encoder_bundle(path)) is not None:
            return bundle
        raise StyleAlignError(f"{error}") from error
    parts = {"raw generator": model.raw_generator, "discriminator": model.discriminator}
    holds = ["averaged generator", *(name for name, state in parts.items() if state is not None)]
    facts: dict[str, Any] = {
        "holds": ", ".join(holds),
        "mean of w": "in the file" if model.has_w_avg else "not in the file: recomputed when it is adopted",
        "trained": "not said" if model.kimg is None else f"{model.kimg:g} kimg",
        **({"noted": list(model.said)} if model.said else {}),
        "in_a_config": config_lines(
            path, path.stem, {**model.architecture, "mbstd_group_size": model.mbstd_group_size}
        ),
    }
    return Findings(f"checkpoint of another project ({model.kind}), {model.architecture['img_resolution']} px", facts)


def _encoder_bundle(path: Path) -> Findings | None:
    """A published encoder of photographs; ``None`` for what is none."""
    from stylealign.formats.encoder_bundle import read_encoder_bundle

    try:
        bundle = read_encoder_bundle(path)
    except CheckpointError:
        return None
    facts = {key: str(value) for key, value in bundle.architecture.items()}
    beside = "the generator it was trained for" if bundle.decoder is not None else "no generator"
    return Findings(f"published encoder ({bundle.kind or 'pSp or e4e: it does not say'})", {**facts, "beside": beside})


def config_lines(path: Path, name: str, shape: Mapping[str, Any]) -> list[str]:
    """The YAML lines that put a checkpoint into a study."""
    architecture = ", ".join(f"{key}: {json.dumps(shape[key])}" for key in _SHAPE if shape.get(key) is not None)
    model = "".join(one if one.isalnum() else "_" for one in name)
    return [
        f"resolution: {shape['img_resolution']}",
        f"architecture: {{{architecture}}}",
        f"models: {{{model}: {{domain: ..., from: {json.dumps(str(path))}}}}}",
    ]
