"""Model quality: FID and KID of every model against its own domain and, as a control, against every other one.

Table ``model_quality`` (not in the papers). From cached features only: no torch, no images.
"""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from stylealign.metrics.features import Features, load_features
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import generated_terms, kid_interval

PathLike = str | os.PathLike[str]


def model_quality_rows(
    model: str,
    model_features: PathLike,
    domain_features: Mapping[str, PathLike],
    *,
    own_domain: str,
    kimg: float,
    judge: str,
    seed: int,
    split: str | None = "test",
) -> list[dict[str, Any]]:
    """Rows of ``tables.MODEL_QUALITY``: ``model`` against each domain's images of ``split`` (``None``: all of them).

    ``model_features`` and ``domain_features[domain]`` are files of :mod:`stylealign.metrics.features`, of one judge.

    Raises:
        JudgeError: a file that is not such features, a split without images, features of different judges.
    """
    generated = load_features(model_features)
    references = [(len(load_features(path).of_split(split)), (model, name)) for name, path in domain_features.items()]
    within = generated_terms(generated.features, references, seed)
    rows = []
    for (domain, path), term in zip(domain_features.items(), within, strict=True):
        row = {"model": model, "domain": domain, "is_own_domain": domain == own_domain, "judge": judge}
        row |= compare(load_features(path), generated, term, split=split, seed=seed, purpose=(model, domain))
        rows.append(row | {"kimg": float(kimg), "seed": seed})
    return rows


def compare(
    real: Features,
    generated: Features,
    within_generated: np.ndarray,
    *,
    split: str | None,
    seed: int,
    purpose: tuple[str, ...],
) -> dict[str, Any]:
    """FID, and KID with its interval, of generated against real images, with the protocol and both n.

    ``within_generated`` is what :func:`generated_terms` gave for ``purpose``.
    """
    reference = real.of_split(split)
    distance = kid_interval(reference, generated.features, seed, *purpose, within_generated=within_generated)
    return {
        "protocol": f"{split or 'all'}-{len(reference)}-vs-{generated.protocol}",
        "fid": fid(reference, generated.features),
        "kid": distance.value,
        "kid_low": distance.low,
        "kid_high": distance.high,
        "num_real": len(reference),
        "num_gen": generated.num,
    }
