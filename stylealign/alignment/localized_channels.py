"""Localized channels: style channels that act in one semantic region (StyleAlign, Section 3 and A.9).

Tables ``channels`` (each channel of one model) and ``localized_channels`` (how many act in each region). The maps of a
model's channels and the regions of the same images are boiled down to the *evidence*: each channel's dominant region
in each image. Rates, thresholds, overlaps and intervals are made from it alone, without torch.

Legend: n images, C channels of the convolutions, K regions, g x g cells of the grid, R pixels, m images of the figure.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylealign.alignment.channel_maps import LEVELS, load_channel_maps
from stylealign.alignment.localization import Leading, leading_regions
from stylealign.alignment.region_overlap import NOWHERE, dominant_regions, regions_on_grid
from stylealign.errors import TableError
from stylealign.intervals import percentile_interval, resample_weights, wilson_interval
from stylealign.reading import Unreadable, read_npz
from stylealign.tables import read_table
from stylealign.writing import write_npz

if TYPE_CHECKING:
    from stylealign.alignment.channel_maps import ChannelMaps
    from stylealign.judges.judge import Judge

NUM_EXAMPLES = 4
NO_REGION = "(none)"


STRICT, LOOSE = "strict", "loose"


@dataclass(frozen=True)
class Thresholds:
    """When a channel is localized; regions ``not_listed`` compete with the others, but tables do not count them.

    A region that less than the share ``min_shown`` of the images show has no rate.
    """

    min_rate: float = 0.75
    min_lead: float = 0.25
    loose_rate: float = 0.5
    not_listed: tuple[str, ...] = ("background", "skin", "other")
    min_shown: float = 0.1

    def rules(self) -> dict[str, "Thresholds"]:
        """The two rules by which tables count: ``strict`` (StyleAlign's rate) and ``loose`` (StyleSpace's)."""
        return {STRICT: self, LOOSE: replace(self, min_rate=self.loose_rate)}


@dataclass(frozen=True)
class Evidence:
    """Where every channel of one model acts, in every image: image i has the same z in every model of a study."""

    dominant: np.ndarray  # int16 [n, C], a region id, or -1 where the channel overlaps none
    present: np.ndarray  # bool [n, K], whether the image shows the region
    region_names: np.ndarray  # str [K]
    channel_names: np.ndarray  # str [C], "b16.conv1:12"
    paper_index: np.ndarray  # str [C], "4_12"
    layers: np.ndarray  # str [C], "b16.conv1"
    mean_area: np.ndarray  # float64 [K], mean part of the images that show it (0: none does)
    mean_map: np.ndarray  # float32 [C, g, g], mean over images of each map over its own maximum
    example_pixels: np.ndarray  # uint8 [m, R, R, 3]
    example_regions: np.ndarray  # uint8 [m, R, R]
    example_maps: np.ndarray  # float16 [m, C, g, g], each over its own maximum
    first: np.ndarray  # int [], index of the first image's z
    judge: np.ndarray  # str [], the parser's name in the config
    digest: np.ndarray  # str [], the generator's state digest
    protocol: np.ndarray  # str [], truncation, noise and grid of the maps
    parser_iou: np.ndarray = field(default_factory=lambda: np.array(np.nan))  # float [], mean on held-out images
    iou_domain: np.ndarray = field(default_factory=lambda: np.array(""))  # str [], whose

    @property
    def num(self) -> int:
        """Images."""
        return len(self.dominant)

    @property
    def num_channels(self) -> int:
        """Style channels of the convolutions."""
        return self.dominant.shape[1]


def localized_channel_evidence(maps: "ChannelMaps", judge: "Judge") -> Evidence:
    """The evidence in ``maps``, whose images are parsed by ``judge``; ``JudgeError`` if it does not measure regions."""
    from stylealign.images import from_hwc

    names, grid, m = judge.region_names, maps.maps.shape[-1], NUM_EXAMPLES
    parsed = judge.regions(from_hwc(maps.pixels))  # [n, R, R]
    regions = regions_on_grid(parsed, grid, len(names))  # [n, g, g]
    area = np.stack([(regions == k).mean(axis=(1, 2)) for k in range(len(names))], 1)  # [n, K]
    return Evidence(
        dominant=dominant_regions(maps.maps, regions, len(names)),
        present=area > 0,
        region_names=np.array(names, dtype=str),
        channel_names=np.asarray(maps.channel_names, dtype=str),
        paper_index=np.asarray(maps.paper_index, dtype=str),
        layers=np.array([str(name).split(":")[0] for name in maps.channel_names], dtype=str),
        mean_area=area.sum(0) / np.maximum((area > 0).sum(0), 1),
        mean_map=(maps.maps.mean(axis=0, dtype=np.float64) / LEVELS).astype(np.float32),
        example_pixels=maps.pixels[:m],
        example_regions=parsed[:m],
        example_maps=(maps.maps[:m] / np.float32(LEVELS)).astype(np.float16),
        first=np.asarray(maps.first),
        judge=np.asarray(judge.name),
        digest=np.asarray(maps.digest),
        protocol=np.asarray(maps.protocol),
    )


def evidence_of_shards(paths: Sequence[Path], judge: "Judge") -> Evidence:
    """The evidence in all shards of one model's maps, in their order: one shard is held at a time.

    Raises:
        JudgeError: ``judge`` does not measure regions.
        TableError: a file is not one of channel maps, or the shards are not one whole.
    """
    parts = (localized_channel_evidence(load_channel_maps([path]), judge) for path in paths)
    return reduce(lambda whole, part: join_evidence([whole, part]), parts)


def join_evidence(parts: Sequence[Evidence]) -> Evidence:
    """One model's evidence from that of its shards, in any order; :class:`TableError` where they are not one whole."""
    parts = sorted(parts, key=lambda part: int(part.first))
    start = parts[0]
    for before, after in pairwise(parts):
        _check_follows(before, after)
    num, shown = sum(part.num for part in parts), [part.present.sum(0) for part in parts]
    area = sum(part.mean_area * count for part, count in zip(parts, shown, strict=True)) / np.maximum(sum(shown), 1)
    mean_map = sum(part.mean_map * np.float64(part.num / num) for part in parts)
    joined = {name: getattr(start, name) for name in _FIELDS}
    joined |= {name: np.concatenate([getattr(part, name) for part in parts]) for name in _PER_IMAGE}
    joined |= {name: joined[name][:NUM_EXAMPLES] for name in _PER_IMAGE if name.startswith("example_")}
    return Evidence(**joined | {"mean_area": area, "mean_map": np.asarray(mean_map, np.float32)})


_FIELDS = tuple(one.name for one in fields(Evidence))
_PER_IMAGE = ("dominant", "present", "example_pixels", "example_regions", "example_maps")
_ALIKE = ("region_names", "channel_names", "judge", "digest", "protocol", "iou_domain")


def _check_follows(before: Evidence, after: Evidence) -> None:
    other = [name for name in _ALIKE if not np.array_equal(getattr(before, name), getattr(after, name))]
    end, start = int(before.first) + before.num, int(after.first)
    if other or end != start:
        why = f"differ in {', '.join(other)}" if other else f"are not neighbours (the first ends before image {end})"
        raise TableError(
            f"channel maps from image {int(before.first)} and from image {start} {why}; delete this model's channel "
            "maps and run again"
        )


def scored(evidence: Evidence, quality: Path | None, domain: str) -> Evidence:
    """The same, knowing its parser's mean IoU on held-out images of ``domain``, from its table of quality."""
    iou = _parser_iou(quality, str(evidence.judge), domain)
    return replace(evidence, parser_iou=np.asarray(iou), iou_domain=np.asarray("" if np.isnan(iou) else domain))


def lowest_iou(*models: Evidence) -> float:
    """The lowest mean IoU of the models' parsers; NaN where one is unknown."""
    return float(np.min([evidence.parser_iou for evidence in models]))


def save_evidence(path: str | os.PathLike[str], evidence: Evidence) -> None:
    """Write the npz beside ``path``, then rename; equal evidence gives equal bytes."""
    write_npz(path, {name: getattr(evidence, name) for name in _FIELDS})


def load_evidence(path: str | os.PathLike[str]) -> Evidence:
    """Read what :func:`save_evidence` wrote; :class:`TableError` when it is not such a file. Needs no torch."""
    try:
        return Evidence(**read_npz(path, *_FIELDS))
    except Unreadable as error:
        raise TableError(
            f"{path} does not hold a model's localized channels ({error}); delete it, run again"
        ) from error


def localized(evidence: Evidence, thresholds: Thresholds, index: np.ndarray | None = None) -> np.ndarray:
    """The listed region id, int16 [C], that each channel is localized to; -1 where to none.

    ``index`` holds the images to count, which may repeat (all of them once, if not given).
    """
    weights = None if index is None else np.bincount(index, minlength=evidence.num)[None].astype(np.float32)
    return localized_resampled(evidence, thresholds, weights)[0]


def localized_resampled(evidence: Evidence, thresholds: Thresholds, weights: np.ndarray | None) -> np.ndarray:
    """:func:`localized` for each row of ``weights`` [B, n] (how often each image counts), [B, C]."""
    return _listed_only(evidence, thresholds, localized_anywhere(evidence, thresholds, weights))


def localized_anywhere(evidence: Evidence, thresholds: Thresholds, weights: np.ndarray | None = None) -> np.ndarray:
    """:func:`localized_resampled` with the regions that are not listed too."""
    return _leading(evidence, thresholds, weights).localized(thresholds.min_rate, thresholds.min_lead)


def is_listed(evidence: Evidence, thresholds: Thresholds) -> np.ndarray:
    """Whether the tables list each region: bool [K]."""
    return ~np.isin(evidence.region_names, thresholds.not_listed)


def counting_protocol(evidence: Evidence, thresholds: Thresholds) -> str:
    """The protocol of numbers counted from ``evidence``: truncation, noise and grid of the maps, and the rates."""
    rates = f"rate{thresholds.min_rate:g}-lead{thresholds.min_lead:g}-shown{thresholds.min_shown:g}"
    return f"{evidence.protocol}-{rates}"


def _leading(evidence: Evidence, thresholds: Thresholds, weights: np.ndarray | None = None) -> Leading:
    return leading_regions(evidence.dominant, evidence.present, thresholds.min_shown, weights)


def _listed_only(evidence: Evidence, thresholds: Thresholds, regions: np.ndarray) -> np.ndarray:
    listed = np.append(is_listed(evidence, thresholds), False)  # the last one is NOWHERE's
    return np.where(listed[regions], regions, NOWHERE).astype(np.int16)


def channel_rows(evidence: Evidence, thresholds: Thresholds, *, seed: int) -> list[dict[str, Any]]:
    """Rows of the table ``channels``: one for each style channel of the convolutions."""
    lead = _leading(evidence, thresholds)
    (first,), (second,), (rate,), (second_rate,) = lead.first, lead.second, lead.rate, lead.second_rate
    strict, loose = (
        _listed_only(evidence, thresholds, lead.localized(min_rate, thresholds.min_lead))[0] != NOWHERE
        for min_rate in (thresholds.min_rate, thresholds.loose_rate)
    )
    shown = np.append(evidence.present.sum(0), 0)[first]  # [C], 0 where the channel overlaps no region
    low, high = wilson_interval((evidence.dominant == first).sum(0) * (first != NOWHERE), shown)
    common = {"num_images": evidence.num, "judge": str(evidence.judge), "parser_iou": float(evidence.parser_iou)}
    common |= {"protocol": f"{counting_protocol(evidence, thresholds)}-loose{thresholds.loose_rate:g}", "seed": seed}
    names, listed = [*evidence.region_names, NO_REGION], np.append(is_listed(evidence, thresholds), False)
    return [
        {"layer": str(evidence.layers[c]), "channel": int(evidence.channel_names[c].split(":")[1])}
        | {"paper_index": str(evidence.paper_index[c]), "region": str(names[first[c]])}
        | {"rate": float(rate[c]), "rate_low": float(low[c]), "rate_high": float(high[c])}
        | {"second_region": str(names[second[c]]), "second_rate": float(second_rate[c])}
        | {"localized": bool(strict[c]), "localized_loosely": bool(loose[c]), "listed": bool(listed[first[c]])}
        | {"num_present": int(shown[c])}
        | common
        for c in range(evidence.num_channels)
    ]


def localized_channel_rows(
    model: str, evidence: Evidence, thresholds: Thresholds, *, seed: int
) -> list[dict[str, Any]]:
    """Rows of the table ``localized_channels``: one for each region, listed or not."""
    weights = resample_weights(evidence.num, seed, "localized_channels", model)
    lead, min_lead = _leading(evidence, thresholds), thresholds.min_lead
    (strict,), (loose,) = (lead.localized(rate, min_lead) for rate in (thresholds.min_rate, thresholds.loose_rate))
    resampled = localized_anywhere(evidence, thresholds, weights)  # [B, C]
    counts = np.stack([(resampled == k).sum(1) for k in range(len(evidence.region_names))], 1)  # [B, K]
    low, high = percentile_interval(counts)
    common = {"num_channels": evidence.num_channels, "num_images": evidence.num, "judge": str(evidence.judge)}
    common |= {"parser_iou": float(evidence.parser_iou), "iou_domain": str(evidence.iou_domain), "seed": seed}
    common |= {"protocol": f"{counting_protocol(evidence, thresholds)}-loose{thresholds.loose_rate:g}"}
    return [
        {"model": model, "region": str(name), "listed": bool(is_listed(evidence, thresholds)[k])}
        | {"num_localized": int((strict == k).sum()), "num_localized_loosely": int((loose == k).sum())}
        | {"num_localized_low": int(low[k]), "num_localized_high": int(high[k])}
        | {"mean_area": float(evidence.mean_area[k]), "num_present": int(evidence.present[:, k].sum())}
        | common
        for k, name in enumerate(evidence.region_names)
    ]


def _parser_iou(quality: Path | None, judge: str, domain: str) -> float:
    """The parser's mean IoU on held-out images of ``domain``; NaN where the table does not know it."""
    if not quality:
        return float("nan")
    table = read_table(quality)
    is_mean = (table["task"] == "region") & (table["target"] == "mean")
    scores = table[is_mean & (table["judge"] == judge) & (table["domain"] == domain)]["score"]
    return float(scores.iloc[0]) if len(scores) else float("nan")
