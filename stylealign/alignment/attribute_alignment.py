"""Does the same z mean the same thing in two models? (table ``attribute_alignment``; the papers show it in pictures)

The Spearman correlation over z of a judged attribute of parent(z) and of model(z). The control is the same with the
model's z shuffled. A class is ranked by its code: for two classes that is their correlation, for more it is low where
the codes have no order, and chance is 0 in any case. Reads the judges' kept attributes; needs no torch.

Legend: N latent codes, A attributes.
"""

import os
from collections.abc import Sequence
from typing import Any

from stylealign.errors import JudgeError
from stylealign.intervals import bootstrap_interval
from stylealign.judged_attributes import Judged, read_judged, read_scores
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

KEY = "studies.attribute_alignment.num_z"

Relative = tuple[str, str, str, str | os.PathLike[str]]  # name, relation, domain, features npz


def attribute_alignment_rows(
    model: str,
    domain: str,
    model_features: str | os.PathLike[str],
    relatives: Sequence[Relative],
    *,
    judge: str,
    quality: str | os.PathLike[str] | None,
    num_z: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of the table ``attribute_alignment`` for one model, of ``domain``, against each of its ``relatives``.

    Row i of every features file is the same z; the first ``num_z`` are used. ``quality`` is the table of the judge's
    held-out scores: ``judge_score`` is the lower one of the two models' domains, NaN where either is unknown.
    Raises :class:`JudgeError` for files that hold too few codes, other attributes, or other protocols.
    """
    ours = read_judged(model_features, num_z, KEY)
    scores = read_scores(quality, judge)
    rows = []
    for parent, relation, parent_domain, path in relatives:
        theirs = read_judged(path, num_z, KEY)
        _check_comparable(ours, theirs)
        shuffled = numpy_stream(seed, "attribute_alignment", "shuffle", parent, model).permutation(num_z)
        for name, a, b in zip(ours.names, theirs.values.T, ours.values.T, strict=True):
            pair = RankedPair.of(a, b)
            purpose = ("attribute_alignment", parent, model, judge, name)
            low, high = bootstrap_interval(pair.spearman, num_z, seed, *purpose)
            rows.append(
                {"parent": parent, "model": model, "relation": relation, "attribute": name}
                | {"spearman": pair.spearman(), "spearman_low": low, "spearman_high": high}
                | {"spearman_shuffled": RankedPair(pair.a, pair.b[shuffled]).spearman()}
                | {"judge_score": scores.lowest((parent_domain, domain), name), "protocol": ours.protocol}
                | {"num_z": num_z, "judge": judge, "seed": seed}
            )
    return rows


def _check_comparable(ours: Judged, theirs: Judged) -> None:
    if ours.names != theirs.names:
        raise JudgeError(f"{ours.path} and {theirs.path}: different attributes; judge both models with one judge")
    if ours.protocol != theirs.protocol:
        raise JudgeError(
            f"{ours.path} ({ours.protocol}) and {theirs.path} ({theirs.protocol}): row i is not the same z in both; "
            "delete the older one and run again"
        )
