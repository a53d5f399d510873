"""Localized channels: a planted generator whose channels paint known squares, presence, files, rows."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch.func import jacfwd

from stylealign.alignment.channel_maps import LEVELS, ChannelMaps
from stylealign.alignment.localized_channels import (
    Evidence,
    Thresholds,
    channel_rows,
    join_evidence,
    load_evidence,
    localized,
    localized_channel_evidence,
    localized_channel_rows,
    localized_resampled,
    save_evidence,
    scored,
)
from stylealign.errors import JudgeError, TableError
from stylealign.images import from_hwc, to_hwc, to_net, to_pixels
from stylealign.intervals import resample_weights, wilson_interval
from stylealign.judges.judge import REGIONS, Judge
from stylealign.tables import CHANNELS, JUDGE_QUALITY, LOCALIZED_CHANNELS, to_frame, write_table

R = 16
NAMES = ("background", "large", "small", "square", "corner")
SQUARES = {"large": (slice(2, 10), slice(2, 10)), "small": (slice(4, 7), slice(4, 7))}  # the small one inside
SQUARES |= {"square": (slice(11, 15), slice(3, 8)), "corner": (slice(0, 2), slice(13, 16))}


def _layout():
    """Region ids [R, R]: small is cut out of large, as a parser would have it."""
    layout = torch.zeros(R, R, dtype=torch.long)
    for k, name in enumerate(NAMES[1:], 1):
        layout[SQUARES[name]] = k
    return layout


LAYOUT = _layout()
SHADES = torch.linspace(-0.8, 0.8, len(NAMES))


class ShadeParser(Judge):
    """Tells regions by their shade of grey."""

    kind = "shade"
    measures = frozenset({REGIONS})
    region_names = NAMES

    def _regions(self, pixels):
        shade = to_net(pixels).mean(1, keepdim=True)  # [N, 1, H, W]
        return (shade - SHADES.view(1, -1, 1, 1)).abs().argmin(1).to(torch.uint8)


def _cells(name):
    """Where the region is: bool [R, R]."""
    return NAMES.index(name) == LAYOUT


def _stroke(*names, strongest=None):
    """What one channel paints [R, R]: the regions named, each cell with a strength of its own; one can stand out."""
    inside = torch.stack([_cells(name) for name in names]).any(0)
    stroke = inside * (1 + 0.3 * torch.rand(R, R, generator=torch.Generator().manual_seed(len(names))))
    return stroke + 2 * _cells(strongest) if strongest else stroke


def _thirds():
    """All of large, and most strongly 3 of the 9 cells of small."""
    stroke = _stroke("large")
    stroke[4, 4:7] = 3
    return stroke


STROKES = {
    "square": _stroke("square"),
    "corner": _stroke("corner"),
    "large": _stroke("large"),
    "small": _stroke("small"),
    "large, all of it, small strongest": _stroke("large", "small", strongest="small"),
    "large, all of it, ring strongest": _stroke("large", "small", strongest="large"),
    "large, and a third of small": _thirds(),
    "background": _stroke("background"),
    "nothing": torch.zeros(R, R),
}
LAYERS = ("b4.conv1", "b8.conv0", "b8.conv1")


def _paint(s, with_corner):
    """The planted generator: s [C] to x [3, R, R]. Channels act through a curve, and on each colour differently."""
    layout = LAYOUT if with_corner else torch.where(_cells("corner"), 0, LAYOUT)
    strokes = torch.stack([*STROKES.values()])  # [C, R, R]
    if not with_corner:
        strokes = strokes * ~_cells("corner")
    painted = (torch.tanh(s)[:, None, None] * strokes).sum(0)
    return SHADES[layout] + 0.02 * torch.tensor([1.0, -2.0, 0.5])[:, None, None] * painted


def _maps(num=8, first=0, corner_every=1, digest="planted"):
    """Real derivatives of the planted generator at random s; the corner is there in every ``corner_every``-th image."""
    s = torch.randn(16, len(STROKES), generator=torch.Generator().manual_seed(0))[first : first + num]
    values, pixels = [], []
    for i in range(num):
        shows = (first + i) % corner_every == 0
        derivative = jacfwd(_paint)(s[i], shows)  # [3, R, R, C]
        values.append(derivative.abs().mean(0).movedim(-1, 0).numpy())
        pixels.append(to_hwc(to_pixels(_paint(s[i], shows)[None]))[0])
    values = np.stack(values)  # [n, C, R, R]
    scale = values.max((2, 3))
    codes = np.rint(values / np.where(scale > 0, scale, 1)[..., None, None] * LEVELS).astype(np.uint16)
    names = tuple(f"{LAYERS[c // 3]}:{c % 3}" for c in range(len(STROKES)))
    index = tuple(f"{(0, 2, 3)[c // 3]}_{c % 3}" for c in range(len(STROKES)))
    columns = np.arange(len(names), dtype=np.int32)
    return ChannelMaps(
        codes, scale, np.stack(pixels), columns, names, index, first, digest, "psi0.7-const-noise-grid16"
    )


@pytest.fixture(scope="module")
def planted():
    return localized_channel_evidence(_maps(), ShadeParser("shades"))


def _rows(evidence, thresholds=Thresholds()):  # noqa: B008  frozen
    frame = to_frame(CHANNELS, channel_rows(evidence, thresholds, seed=0))
    return frame.assign(name=[*STROKES]).set_index("name")


def test_the_parser_reads_the_planted_layout():
    parsed = ShadeParser("shades").regions(from_hwc(_maps(2).pixels))
    assert (parsed == LAYOUT.numpy()).all()


def test_every_channel_is_found_where_it_paints_with_rate_one(planted):
    rows = _rows(planted)
    squares = ["square", "corner", "large", "small"]
    assert rows.loc[squares, "region"].tolist() == squares
    assert (rows.loc[squares, "rate"] == 1).all()
    assert rows.loc[squares, "localized"].all()
    assert rows.loc[squares, "localized_loosely"].all()
    assert (rows.loc[squares, "second_rate"] == 0).all()
    assert set(rows.loc[squares, "second_region"]) == {"(none)"}
    assert (rows["num_images"] == 8).all()


def test_of_nested_regions_the_smaller_wins_unless_the_larger_is_clearly_meant(planted):
    regions = _rows(planted)["region"]
    assert regions["large, all of it, small strongest"] == "small"
    assert regions["large, all of it, ring strongest"] == "large"
    # 3 of 9 cells (precision a third) outweigh 52 of 55: the square in n / o^2
    assert regions["large, and a third of small"] == "small"


def test_regions_left_out_of_tables_are_scored_but_not_listed(planted):
    rows = _rows(planted)
    assert rows.loc["background", ["region", "rate"]].tolist() == ["background", 1]
    assert not rows.loc["background", ["localized", "localized_loosely", "listed"]].any()
    assert _rows(planted, Thresholds(not_listed=())).loc["background", "localized"]


def test_a_channel_that_paints_nothing_is_nowhere(planted):
    row = _rows(planted).loc["nothing"]
    assert (row["region"], row["rate"], row["num_present"], row["listed"]) == ("(none)", 0, 0, False)
    assert (row["rate_low"], row["rate_high"]) == (0, 1)


def test_rates_are_of_the_images_that_show_the_region():
    """The corner is there in a quarter of 16 images: its channel has rate 1 from 4 images, and overlaps none in 12."""
    evidence = localized_channel_evidence(_maps(16, corner_every=4), ShadeParser("shades"))
    row = _rows(evidence).loc["corner"]
    low, high = wilson_interval(4, 4)
    assert row[["region", "rate", "num_present", "num_images"]].tolist() == ["corner", 1, 4, 16]
    assert row[["rate_low", "rate_high"]].tolist() == [low, high]
    assert (evidence.dominant[:, [*STROKES].index("corner")] == -1).sum() == 12
    assert evidence.mean_area[NAMES.index("corner")] == 6 / R**2


def test_rates_of_a_channel_may_sum_to_more_than_one_and_the_lead_decides(planted):
    """A channel that acts in the corner where there is one, in the square elsewhere."""
    dominant = np.where(np.arange(10)[:, None] < 4, NAMES.index("corner"), NAMES.index("square")).astype(np.int16)
    present = np.ones([10, len(NAMES)], bool)
    present[4:, NAMES.index("corner")] = False
    both = _of(planted, dominant, present)
    (row,) = channel_rows(both, Thresholds(), seed=0)
    assert (row["region"], row["rate"], row["second_region"], row["second_rate"]) == ("corner", 1, "square", 0.6)
    assert row["localized"]
    assert not channel_rows(both, Thresholds(min_lead=0.4), seed=0)[0]["localized"]
    assert localized(both, Thresholds(min_lead=0.4)).tolist() == [-1]


def test_a_region_in_too_few_images_has_no_rate(planted):
    """One image of 20 shows a spurious corner: it neither claims the channel nor takes its lead away."""
    dominant = np.full([20, 1], NAMES.index("square"), np.int16)
    dominant[0] = NAMES.index("corner")
    present = np.ones([20, len(NAMES)], bool)
    present[1:, NAMES.index("corner")] = False
    slip = _of(planted, dominant, present)
    assert localized(slip, Thresholds()).tolist() == [NAMES.index("square")]
    assert localized(slip, Thresholds(min_shown=0)).tolist() == [-1]
    assert localized(slip, Thresholds(min_shown=0.05)).tolist() == [-1]


def _of(like, dominant, present):
    chosen = slice(0, dominant.shape[1])
    names = {name: getattr(like, name)[chosen] for name in ("channel_names", "paper_index", "layers", "mean_map")}
    return dataclasses.replace(like, dominant=dominant, present=present, **names)


def test_thresholds_are_exclusive(planted):
    dominant = np.array([[3], [3], [3], [-1]], np.int16)
    three_of_four = _of(planted, dominant, np.ones([4, len(NAMES)], bool))
    assert localized(three_of_four, Thresholds(min_rate=0.75)).tolist() == [-1]
    assert localized(three_of_four, Thresholds(min_rate=0.74)).tolist() == [3]
    assert channel_rows(three_of_four, Thresholds(), seed=0)[0]["localized_loosely"]


def test_thresholds_do_not_depend_on_how_fractions_are_stored(planted):
    """11 of 20 lead 6 of 20 by 0.25, which is not more; 7 of 100 are not less than 0.07 (as floats, both differ)."""
    assert 11 / 20 - 6 / 20 > 0.25
    assert 0.07 * 100 > 7
    led = np.repeat([3, 2, -1], [11, 6, 3]).astype(np.int16)[:, None]
    twenty = _of(planted, led, np.ones([20, len(NAMES)], bool))
    assert localized(twenty, Thresholds(min_rate=0.5)).tolist() == [-1]
    assert localized(twenty, Thresholds(min_rate=0.5, min_lead=0.249)).tolist() == [3]
    shown = np.repeat([3, -1], [7, 93]).astype(np.int16)[:, None]
    rare = _of(planted, shown, (shown == 3) & np.ones(len(NAMES), bool))
    assert localized(rare, Thresholds(min_shown=0.07)).tolist() == [3]
    assert localized(rare, Thresholds(min_shown=0.071)).tolist() == [-1]


def test_resampled_images_are_counted_as_often_as_drawn(planted):
    rng = np.random.default_rng(0)
    present = rng.random([30, len(NAMES)]) < 0.7
    dominant = rng.choice([2, 3, 3, 3, 3], [30, 9]).astype(np.int16)
    present[:, 2:4] = True
    noisy = _of(planted, dominant, present)
    weights = resample_weights(30, 0, "test", num_resamples=20)
    found = localized_resampled(noisy, Thresholds(), weights)
    for row, weight in zip(found, weights, strict=True):
        index = np.repeat(np.arange(30), weight.astype(int))
        again = dataclasses.replace(noisy, dominant=dominant[index], present=present[index])
        assert (row == localized(again, Thresholds())).all()
        assert (row == localized(noisy, Thresholds(), index)).all()
    assert len(np.unique(found)) == 2  # both localized and not: the draws matter


def test_counts_per_region_with_interval_and_the_parsers_score(planted, tmp_path):
    quality = tmp_path / "quality.parquet"
    row = {"judge": "shades", "domain": "face", "task": "region", "metric": "iou", "num_images": 9, "seed": 0}
    scores = [row | {"target": "mean", "score": 0.9}, row | {"target": "small", "score": 0.3}]
    write_table(quality, JUDGE_QUALITY, [*scores, row | {"target": "mean", "score": 0.1, "judge": "other"}], {})

    def rows(domain, quality=quality):
        found = localized_channel_rows("toy", scored(planted, quality, domain), Thresholds(), seed=0)
        return to_frame(LOCALIZED_CHANNELS, found).set_index("region")

    frame = rows("face")
    assert frame["num_localized"].to_dict() == {"background": 1, "corner": 1, "large": 2, "small": 3, "square": 1}
    assert (frame["num_localized_low"] == frame["num_localized"]).all()  # every image says the same
    assert (frame["num_localized_high"] == frame["num_localized"]).all()
    assert frame["listed"].to_dict() == {name: name != "background" for name in NAMES}
    assert (frame["parser_iou"] == 0.9).all()
    assert frame.loc["small", ["mean_area", "num_present"]].tolist() == [9 / R**2, 8]
    assert set(frame["iou_domain"]) == {"face"}
    assert set(frame["protocol"]) == {"psi0.7-const-noise-grid16-rate0.75-lead0.25-shown0.1-loose0.5"}
    assert rows("dog")["parser_iou"].isna().all()
    assert set(rows("dog")["iou_domain"]) == {""}
    assert rows("face", None)["parser_iou"].isna().all()


def test_intervals_hold_what_the_images_leave_open(planted):
    rng = np.random.default_rng(0)
    dominant = np.where(rng.random([40, 9]) < 0.78, 3, 2).astype(np.int16)
    unsure = _of(planted, dominant, np.ones([40, len(NAMES)], bool))
    rows = localized_channel_rows("toy", unsure, Thresholds(), seed=0)
    square = next(row for row in rows if row["region"] == "square")
    assert 0 < square["num_localized"] < 9
    assert square["num_localized_low"] < square["num_localized"] < square["num_localized_high"]
    assert square["num_localized_loosely"] == 9


def test_evidence_is_read_as_it_was_written(planted, tmp_path):
    save_evidence(tmp_path / "a.npz", planted)
    save_evidence(tmp_path / "b.npz", planted)
    read = load_evidence(tmp_path / "a.npz")
    for field in dataclasses.fields(Evidence):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(planted, field.name), field.name)
        assert getattr(read, field.name).dtype == getattr(planted, field.name).dtype
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_examples_and_mean_maps_are_what_the_figure_draws(planted):
    assert planted.example_maps.shape == (4, len(STROKES), R, R)
    assert planted.example_maps[0].max((1, 2)).tolist() == [1] * 8 + [0]
    assert (planted.example_regions == LAYOUT.numpy()).all()
    assert planted.mean_map.shape == (len(STROKES), R, R)
    inside = STROKES["square"].numpy() > 0
    assert (planted.mean_map[0] > 0).tolist() == inside.tolist()
    assert planted.layers.tolist() == [name for name in LAYERS for _ in range(3)]


def test_shards_make_the_same_evidence_as_the_whole():
    parser = ShadeParser("shades")
    whole = localized_channel_evidence(_maps(9, corner_every=4), parser)
    sizes = [(0, 3), (3, 5), (8, 1)]
    parts = [localized_channel_evidence(_maps(num, first, corner_every=4), parser) for first, num in sizes]
    joined = join_evidence(parts[::-1])
    for field in dataclasses.fields(Evidence):
        ours, theirs = getattr(joined, field.name), getattr(whole, field.name)
        assert ours.dtype == theirs.dtype, field.name
        if ours.dtype.kind == "f":
            assert ours == pytest.approx(theirs, abs=1e-6, nan_ok=True), field.name
        else:
            assert (ours == theirs).all(), field.name
    one_by_one = join_evidence([join_evidence(parts[:2]), parts[2]])
    for name in ("dominant", "present", "example_pixels", "example_maps"):
        np.testing.assert_array_equal(getattr(one_by_one, name), getattr(whole, name), name)
    assert one_by_one.mean_map == pytest.approx(whole.mean_map, abs=1e-6)
    assert one_by_one.mean_area == pytest.approx(whole.mean_area)
    with pytest.raises(TableError, match="not neighbours"):
        join_evidence([parts[0], parts[2]])
    with pytest.raises(TableError, match="differ in digest"):
        join_evidence([parts[0], localized_channel_evidence(_maps(2, 3, digest="another"), parser)])


def test_refusals_name_the_file_or_the_judge(judge, tmp_path):
    with pytest.raises(JudgeError, match="does not measure regions"):
        localized_channel_evidence(_maps(1), judge)
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    np.savez(tmp_path / "other.npz", features=np.zeros(3))
    (tmp_path / "empty.npz").touch()
    for name in ("broken", "other", "absent", "empty"):
        with pytest.raises(TableError, match=rf"{name}\.npz does not hold"):
            load_evidence(tmp_path / f"{name}.npz")


def test_a_file_cut_short_or_damaged_is_refused_by_name(planted, tmp_path):
    """A full disk or a killed copy leaves the beginning of a zip; a bad disk, other bytes in its middle."""
    save_evidence(tmp_path / "whole.npz", planted)
    whole = (tmp_path / "whole.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 2
    (tmp_path / "flipped.npz").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    for name in ("cut", "flipped"):
        with pytest.raises(TableError, match=rf"{name}\.npz does not hold .* delete it, run again"):
            load_evidence(tmp_path / f"{name}.npz")


def test_reading_needs_no_torch(planted, tmp_path):
    save_evidence(tmp_path / "evidence.npz", planted)
    code = (
        "import sys, stylealign.alignment.channel_overlap, stylealign.alignment.channel_fate; "
        "from stylealign.alignment.localized_channels import *; "
        "localized(load_evidence(sys.argv[1]), Thresholds()); sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "evidence.npz")]
    assert subprocess.run(command, check=False).returncode == 0
