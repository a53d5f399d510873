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
def related():
    return list(RELATED)


@pytest.fixture
def unrelated():
    return list(UNRELATED)


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


@pytest.fixture
def check(nothing_leaves):
    def compose_and_check(compose, *arguments):
        with style.applied():
            nothing_leaves(compose(*arguments))

    return compose_and_check


@pytest.fixture
def check_all(page_is_sound):
    def compose_and_check(compose, *arguments):
        with style.applied():
            page_is_sound(compose(*arguments))

    return compose_and_check


@pytest.fixture(params=["dog", "a_painting_of_a_dog"])
def rename(request):
    """The fixtures' model dog under another name."""

    def under_another_name(thing):
        if isinstance(thing, dict):
            swapped = {under_another_name(key): value for key, value in thing.items()}
            return {
                key: under_another_name(value) if isinstance(value, str) else value for key, value in swapped.items()
            }
        if isinstance(thing, str):
            return request.param if thing == "dog" else thing
        return thing.replace("dog", request.param)

    return under_another_name
