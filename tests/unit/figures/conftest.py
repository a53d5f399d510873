"""A tiny study to draw: three generations, one stranger, random pixels, and tables through the real writers."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from stylealign import tables
from stylealign.figures import style

PARENTS = {"face": None, "stranger": None, "painting": "face", "dog": "face", "cat": "dog"}
RELATED = [
    ("face", "painting", "child"),
    ("face", "dog", "child"),
    ("dog", "cat", "child"),
    ("face", "cat", "grandchild"),
]
UNRELATED = [("face", "stranger", "unrelated"), ("stranger", "dog", "unrelated")]
NAMES = ("child", "mapping", "affine", "feature_conv", "torgb", "parent")


@pytest.fixture
def parents():
    return dict(PARENTS)


@pytest.fixture
def samples(tmp_path):
    """samples.npz of every model: 4 codes at kimg 0, 1 and the end, 16 px; a child begins with its parent's images."""
    rng, paths, finished = np.random.default_rng(0), {}, {}
    for model, parent in PARENTS.items():
        pixels = rng.integers(0, 256, [3, 4, 16, 16, 3], dtype=np.uint8)
        pixels[0] = finished.get(parent, pixels[0])
        finished[model] = pixels[-1]
        paths[model] = tmp_path / f"{model}.npz"
        z = np.zeros([4, 8], np.float32)
        np.savez(paths[model], z=z, kimg=np.array([0, 1, 2.5], np.float32), pixels=pixels)
    return paths


@pytest.fixture
def reset_images(tmp_path):
    rng, paths = np.random.default_rng(1), {}
    for child in ("painting", "dog", "cat"):
        pixels = rng.integers(0, 256, [4, 6, 16, 16, 3], dtype=np.uint8)
        paths[child] = tmp_path / f"reset_{child}.npz"
        np.savez(paths[child], pixels=pixels, names=np.array(NAMES))
    return paths


def frame(table, rows):
    return tables.to_frame(table, rows)


@pytest.fixture
def drift_rows():
    amount = {"painting": 0.05, "dog": 0.15, "cat": 0.2, "stranger": 0.6}
    rows = []
    for parent, model, relation in RELATED + UNRELATED:
        l1 = amount[model] * (4 if parent == "stranger" else 1)
        row = {"parent": parent, "model": model, "relation": relation, "num_z": 100, "seed": 0}
        rows.append({**row, "l1_w": l1, "l1_w_low": 0.9 * l1, "l1_w_high": 1.1 * l1})
    return rows


@pytest.fixture
def drift(drift_rows):
    return frame(tables.MAPPING_DRIFT, drift_rows)


def _lpips(value, moved):
    return {"lpips": value, "lpips_low": 0.9 * value, "lpips_high": 1.1 * value, "relative_weight_change": moved}


@pytest.fixture
def component_reset():
    common = {"num_images": 40, "judge": "embedded", "seed": 0}
    rows = [
        {
            "child": child,
            "parent": parent,
            "component": name,
            "truncation_psi": psi,
            **_lpips(psi * value, value / 2),
            **common,
        }
        for parent, child, relation in RELATED
        if relation == "child"
        for psi in (1.0, 0.7)
        for name, value in {"mapping": 0.05, "affine": 0.1, "feature_conv": 0.4, "torgb": 0.15}.items()
    ]
    return frame(tables.COMPONENT_RESET, rows)


@pytest.fixture
def layer_reset():
    common = {"num_images": 40, "judge": "embedded", "seed": 0}
    rows = [
        {
            "child": child,
            "parent": parent,
            "resolution": resolution,
            "truncation_psi": psi,
            **_lpips(value, value / 2),
            **common,
        }
        for parent, child, _ in RELATED
        for psi in (1.0, 0.7)
        for resolution, value in {4: 0.1, 8: 0.3, 16: 0.2}.items()
    ]
    return frame(tables.LAYER_RESET, rows)


@pytest.fixture
def attribute_alignment():
    common = {"num_z": 100, "judge": "embedded", "seed": 0, "spearman_low": -1.0, "spearman_high": 1.0}
    common["protocol"] = "gen-100-psi1"
    rows = []
    for parent, model, relation in RELATED + UNRELATED:
        for attribute, value in {"yaw_deg": 0.8, "smile": -0.25}.items():
            score = 0.2 if attribute == "smile" and model == "dog" else 0.9
            values = {"spearman": value if relation != "unrelated" else 0.0, "spearman_shuffled": 0.01}
            pair = {"parent": parent, "model": model, "relation": relation, "attribute": attribute}
            rows.append({**pair, **values, **common, "judge_score": score})
    return frame(tables.ATTRIBUTE_ALIGNMENT, rows)


@pytest.fixture
def model_quality():
    domains = {"face": "face", "stranger": "face", "painting": "painting", "dog": "dog", "cat": "cat"}
    common = {"protocol": "test", "fid": 1.0, "num_real": 10, "num_gen": 10, "kimg": 1.0, "seed": 0}
    rows = []
    for model, own in domains.items():
        for domain in ("cat", "dog", "face", "painting"):
            for judge in ("embedded", "squeeze"):
                kid = -0.0004 if domain == own else 0.3
                interval = {"kid": kid, "kid_low": kid - 0.01, "kid_high": kid + 0.01}
                which = {"model": model, "domain": domain, "is_own_domain": domain == own, "judge": judge}
                rows.append({**which, **interval, **common})
    return frame(tables.MODEL_QUALITY, rows)


@pytest.fixture
def ticks():
    courses = {}
    for model in PARENTS:
        rows = [dict.fromkeys(tables.TICKS.column_names(), 0.5) | {"kimg": float(kimg)} for kimg in (1, 2, 3)]
        courses[model] = frame(tables.TICKS, [row | {"pl_length": float("nan")} for row in rows])
    return courses


@pytest.fixture
def read_png():
    """A PNG as [H, W, 3], checked to be within what the report shows."""

    def read(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            assert image.width <= 1600
            assert not {"Software", "date:create", "Creation Time"} & set(image.info)
            return np.asarray(image.convert("RGB"))

    return read


@pytest.fixture
def drawn_twice(tmp_path):
    """Draw with PNG and PDF, twice; both times the same bytes, nothing left beside them; returns the PNG's path."""

    def draw(function) -> Path:
        files = [(tmp_path / f"{name}.png", tmp_path / f"{name}.pdf") for name in ("first", "second")]
        for png, pdf in files:
            function(png, pdf)
        (first_png, first_pdf), (second_png, second_pdf) = files
        assert first_png.read_bytes() == second_png.read_bytes()
        assert first_pdf.read_bytes() == second_pdf.read_bytes()
        assert b"CreationDate" not in first_pdf.read_bytes()
        assert not list(tmp_path.glob("*.partial"))
        return first_png

    return draw


# Semantic alignment: a channel's region in each model, from which the tables follow.

FACE_REGIONS, ANIMAL_REGIONS = ("eye", "ear", "mouth", "hair"), ("ear", "eye", "torso")
LAYERS = ("b4.conv1", "b8.conv0")


@pytest.fixture
def regions_of():
    """Each model's region of 24 channels ("" where localized to none); "skin" is not listed, eye is nobody's."""
    face = ["ear"] * 6 + ["mouth"] * 4 + ["hair"] * 8 + [""] * 6
    painting = [*face[:16], "", "ear", *face[18:]]
    dog = ["ear"] * 2 + ["torso"] * 3 + ["skin"] + [""] * 4 + ["ear"] * 5 + [""] * 9
    cat = [*dog[:14], *["torso"] * 2, *dog[16:]]
    stranger = [""] * 12 + ["mouth"] * 4 + ["ear"] * 8
    return {"face": face, "painting": painting, "dog": dog, "cat": cat, "stranger": stranger}


def _listed(model):
    return ANIMAL_REGIONS if model in ("dog", "cat") else FACE_REGIONS


def _overlap_row(names, shared, totals, chance, p_value):
    row = dict(zip(("parent_region", "child_region"), names, strict=True))
    row |= {"shared": shared, "parent_total": totals[0], "child_total": totals[1]}
    row |= {"expected_by_chance": chance / 2, "p_value": p_value, "expected_within_layers": chance}
    row |= {
        "p_within_layers": p_value,
        "low": shared - 1.0,
        "high": shared + 1.0,
        "share_kept": shared / (totals[0] or 1),
    }
    return row | {"excess_share": (shared - chance) / (totals[0] or 1)}


@pytest.fixture
def channel_overlap(regions_of):
    """Every cell that shares two channels or more is sure; the loose rule counts twice as many in all."""
    common = {"num_channels": 24, "num_images": 40, "judge": "embedded", "protocol": "psi0.7", "seed": 0}
    common["parser_iou"] = 0.9
    rows = []
    for parent, child, relation in [*RELATED, UNRELATED[0]]:
        pairs = list(zip(regions_of[parent], regions_of[child], strict=True))
        about = common | {"parent": parent, "child": child, "relation": relation}
        for a in _listed(parent):
            for b in _listed(child):
                shared, totals = pairs.count((a, b)), (regions_of[parent].count(a), regions_of[child].count(b))
                cell = _overlap_row((a, b), shared, totals, 0.5, 0.001 if shared > 1 else 0.5)
                rows.append(about | {"rule": "strict"} | cell)
        totals = [sum(name in _listed(model) for name in regions_of[model]) for model in (parent, child)]
        kept = sum(a == b and a in _listed(parent) for a, b in pairs)
        for rule, factor in {"strict": 1, "loose": 2}.items():
            counts = factor * kept, [factor * total for total in totals]
            p_value = 0.62 if relation == "unrelated" else 0.0004
            rows.append(about | {"rule": rule} | _overlap_row(("(listed)", "(same)"), *counts, 2.0, p_value))
    return frame(tables.CHANNEL_OVERLAP, rows)


def _fate(region, later, model):
    if not later:
        return "inactive"
    return "retained" if later == region else "moved" if later in _listed(model) else "unlisted"


@pytest.fixture
def channel_fate(regions_of):
    rows = []
    for line in [("face", "painting"), ("face", "dog"), ("dog", "cat"), ("face", "dog", "cat")]:
        channels = [
            name for name in zip(*(regions_of[model] for model in line), strict=True) if name[0] in _listed(line[0])
        ]
        fates = [(first, *map(_fate, [first] * 2, later, line[1:]), "")[:3] for first, *later in channels]
        about = {"parent": line[0], "child": line[1], "grandchild": "".join(line[2:]), "num_images": 40}
        about |= {"parser_iou": 0.9, "protocol": "psi0.7"}
        for rule in ("strict", "loose"):
            for region, in_child, in_grandchild in sorted(set(fates)):
                row = {"region": region, "fate_in_child": in_child, "fate_in_grandchild": in_grandchild, "rule": rule}
                row["num_channels"] = fates.count((region, in_child, in_grandchild))
                row["parent_total"] = sum(fate[0] == region for fate in fates)
                rows.append(row | about | {"judge": "embedded", "seed": 0})
    return frame(tables.CHANNEL_FATE, rows)


@pytest.fixture
def channels(regions_of):
    """Each model's table of channels; the later a channel, the clearer it is."""
    found = {}
    for model, regions in regions_of.items():
        rows = []
        for place, region in enumerate(regions):
            known = {"layer": LAYERS[place // 12], "channel": place % 12, "paper_index": f"{place // 12}_{place % 12}"}
            rates = {"rate": 0.76 + place / 100 if region else 0.4, "second_region": "hair", "second_rate": 0.1}
            listed = region in _listed(model)
            marks = {
                "localized": listed,
                "localized_loosely": listed,
                "listed": listed,
                "num_present": 40,
                "num_images": 40,
                "parser_iou": 0.9,
                "protocol": "psi0.7",
            }
            about = {"region": region or "hair", "rate_low": 0.5, "rate_high": 0.9, "judge": "embedded", "seed": 0}
            rows.append(known | rates | marks | about)
        found[model] = frame(tables.CHANNELS, rows)
    return found


@pytest.fixture
def evidence(tmp_path, regions_of):
    """The evidence of every model: 3 examples at 16 px, quarters for regions, maps on a grid of 8 cells."""
    rng, paths = np.random.default_rng(2), {}
    quarters = np.kron([[0, 1], [2, 3]], np.ones([8, 8])).astype(np.uint8)
    regions = np.stack([np.zeros_like(quarters), quarters, quarters])
    for model in regions_of:
        paths[model] = tmp_path / f"evidence_{model}.npz"
        np.savez(
            paths[model],
            example_pixels=rng.integers(0, 256, [3, 16, 16, 3], dtype=np.uint8),
            example_regions=regions,
            example_maps=rng.random([3, 24, 8, 8]).astype(np.float16),
            region_names=np.array(_listed(model)),
            channel_names=np.array([f"{LAYERS[place // 12]}:{place % 12}" for place in range(24)]),
        )
    return paths


@pytest.fixture
def edited_images(tmp_path):
    """manipulations.npz of every model: 3 edits of 2 codes at 4 strengths, 16 px."""
    rng, paths = np.random.default_rng(3), {}
    for model in PARENTS:
        paths[model] = tmp_path / f"edited_{model}.npz"
        np.savez(
            paths[model],
            pixels=rng.integers(0, 256, [3, 2, 4, 16, 16, 3], dtype=np.uint8),
            edits=np.array(["coat_hue: 6_13 3_33 ...", "coat_hue: W", "a smile"]),
            kinds=np.array(["channels", "direction", "channel"]),
            attribute=np.array(["coat_hue", "coat_hue", ""]),
            strengths=np.array([3.0, 0.0, -3.0, 1.0]),
        )
    return paths


@pytest.fixture
def effect_agreement():
    common = {"effect_in_parent": 0.5, "effect_in_child": 0.4, "strength": 3.0, "truncation_psi": 0.7, "num_z": 48}
    rows = []
    for parent, child, relation in [*RELATED, UNRELATED[0]]:
        for attribute in ("coat_hue", "yaw_deg"):
            value = -0.004 if relation == "unrelated" else 0.8
            about = {"parent": parent, "child": child, "relation": relation, "attribute": attribute}
            about |= {
                "judge": "embedded",
                "judge_score": 0.2 if (attribute, child) == ("yaw_deg", "cat") else 0.9,
                "seed": 0,
            }
            for edits, edit, num in [
                ("channel", "3_1", 1),
                ("channels", "16", 16),
                ("direction", "x", 1),
                ("directions", "9", 9),
            ]:
                found = {"agreement": value, "low": value - 0.1, "high": value + 0.1, "num_edits": num}
                rows.append(about | common | found | {"edits": edits, "edit": edit})
    return frame(tables.EFFECT_AGREEMENT, rows)


# Inversion and translation: pictures as the workflow writes them, and their tables.


@pytest.fixture
def written(tmp_path):
    """A table's file, from rows of which only what matters is given: the rest is 0.5, 10 or ``embedded``."""
    default = {"string": "embedded", "int": 10, "float": 0.5, "bool": True}

    def write(table, rows):
        full = [{column.name: row.get(column.name, default[column.dtype]) for column in table.columns} for row in rows]
        tables.write_table(tmp_path / f"{table.name}.parquet", table, full, {})
        return tmp_path / f"{table.name}.parquet"

    return write


@pytest.fixture
def pictures(tmp_path):
    """An npz of named arrays; a tuple (R, ..., m) stands for [..., m, R, R, 3] random pixels."""

    def save(name, **arrays):
        rng, path = np.random.default_rng(len(name)), tmp_path / f"{name}.npz"
        shapes = {key: (*shape[1:], shape[0], shape[0], 3) for key, shape in arrays.items() if isinstance(shape, tuple)}
        images = {key: rng.integers(0, 256, shape, dtype=np.uint8) for key, shape in shapes.items()}
        np.savez(path, **{key: images.get(key, np.array(value)) for key, value in arrays.items()})
        return path

    return save


# What holds of every page.


@pytest.fixture
def nothing_leaves():
    """Fails where a text, a tick or a bar of a sheet is cut off by the edge of the page."""

    def check(sheet):
        box = sheet.figure.get_tightbbox(FigureCanvasAgg(sheet.figure).get_renderer())
        box = box.transformed(sheet.figure.dpi_scale_trans)
        assert sheet.width <= style.WIDTH_PX
        edges = np.array([box.x0, box.y0, sheet.width - box.x1, sheet.height - box.y1])
        assert (edges >= 0).all(), f"left, bottom, right, top: {edges.round()} px"

    return check


@pytest.fixture
def nothing_overlaps():
    """Fails where two level texts of a sheet overlap: titles, notes, numbers, names of rows and bars."""

    def check(sheet):
        renderer = FigureCanvasAgg(sheet.figure).get_renderer()
        sheet.figure.draw(renderer)
        drawn = [axes for axes in sheet.figure.axes if axes.axison]
        ticks = [label for axes in drawn for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
        texts = [*sheet.figure.texts, *(text for axes in sheet.figure.axes for text in axes.texts), *ticks]
        level = [text for text in texts if text.get_text() and not text.get_rotation()]
        boxes = np.array([text.get_window_extent(renderer).extents for text in level])  # [n, x0 y0 x1 y1]
        low, high = (
            np.maximum(boxes[:, None, :2], boxes[None, :, :2]),
            np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]),
        )
        pairs = np.argwhere(np.triu((high - low > 1).all(-1), 1))
        assert [(level[a].get_text(), level[b].get_text()) for a, b in pairs] == []

    return check


@pytest.fixture
def page_is_sound(nothing_leaves, nothing_overlaps):
    def check(sheet):
        with style.applied():
            nothing_leaves(sheet)
            nothing_overlaps(sheet)

    return check
