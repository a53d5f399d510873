"""Which channels keep their region where the same pictures are moved or turned (StyleAlign, A.3, Figure 15).

A region is where the parser sees it in each model's own images: a channel of the mouth that still moves the mouth after
the faces were turned upside down has kept its region, though it now acts at the top of the image. Reads the kept
evidence; needs no torch. What the channels *do* is measured in :mod:`stylealign.editing.locality_bias`.

Legend: C channels.
"""

import os
from typing import Any

import numpy as np

from stylealign.alignment.channel_fate import localized_names
from stylealign.alignment.channel_overlap import check_comparable, parsers
from stylealign.alignment.localized_channels import (
    NO_REGION,
    Thresholds,
    counting_protocol,
    load_evidence,
    lowest_iou,
)

Model = tuple[str, str | os.PathLike[str]]  # name, evidence npz


def kept_region_rows(parent: Model, model: Model, thresholds: Thresholds) -> list[dict[str, Any]]:
    """A row for each channel that is localized to a listed region in the parent: where it is localized in the child.

    ``region_chance`` is the part of the channels of its layer that are localized to that region in the child: what the
    index of a channel would be worth if channels were exchanged within layers. Raises as ``channel_overlap_rows``.
    """
    (name, theirs), (other, ours) = ((name, load_evidence(path)) for name, path in (parent, model))
    check_comparable((name, theirs), (other, ours))
    before, after = (localized_names(evidence, thresholds) for evidence in (theirs, ours))
    chance = _chance_within_layers(before, after, theirs.layers)
    shown = dict(zip(ours.region_names.tolist(), ours.present.mean(axis=0).tolist(), strict=True))
    about = {"parent": name, "model": other, "num_images": ours.num, "parser": parsers(theirs, ours)}
    about |= {"parser_iou": lowest_iou(theirs, ours), "protocol": counting_protocol(ours, thresholds)}
    return [
        {"channel": str(theirs.paper_index[c]), "layer": str(theirs.layers[c]), "region": str(before[c])}
        | {"region_in_model": str(after[c]) or NO_REGION, "kept_region": bool(after[c] == before[c])}
        | {"region_chance": float(chance[c]), "region_shown": shown.get(str(before[c]), 0.0)}
        | about
        for c in np.flatnonzero((before != "") & ~np.isin(before, thresholds.not_listed))
    ]


def _chance_within_layers(before: np.ndarray, after: np.ndarray, layers: np.ndarray) -> np.ndarray:
    """The part of each channel's layer whose region in ``after`` is the channel's own in ``before``: float64 [C]."""
    chance = np.zeros(len(before))
    for layer in np.unique(layers):
        within = layers == layer
        chance[within] = (after[within] == before[within][:, None]).mean(axis=1)
    return chance
