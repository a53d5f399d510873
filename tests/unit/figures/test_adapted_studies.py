"""Figures of quality and diversity, of CLIP's space, of edits across domains: names beside points, numbers tabled."""

import numpy as np
import pytest

from stylealign.adaptation_tables import CLIP_SPACE, EDITS_ACROSS_DOMAINS, QUALITY_DIVERSITY
from stylealign.figures import style
from stylealign.figures.clip_space import compose_clip_space, draw_clip_space
from stylealign.figures.edits_across_domains import compose_edits_across_domains, draw_edits_across_domains
from stylealign.figures.label_column import spread_out
from stylealign.figures.quality_diversity import compose_quality_diversity, draw_quality_diversity
from stylealign.tables import read_table

NAN = float("nan")
LONG = "a_painting_of_an_old_person_by_text"


@pytest.fixture
def diversity(written):
    def make(models=("face", "painting", "by_text"), domains=("painting",)):
        roles = ("parent", "trained", *["adapted"] * 9)
        rows = []
        for domain in domains:
            for place, (model, role) in enumerate([*zip(models, roles, strict=False), ("(real)", "real")]):
                kid = 0.0 if role == "real" else 1.5 / (place + 1)
                ends = {"kid_low": kid - 0.01, "kid_high": kid + 0.01, "diversity_low": 0.4, "diversity_high": 0.5}
                about = {"domain": domain, "model": model, "role": role, "kid": kid, "diversity": 0.45}
                rows.append(about | ends | {"nearest_ratio": 1.29, "num_train": 8000})
        return read_table(written(QUALITY_DIVERSITY, rows))

    return make


@pytest.fixture
def space(written, tmp_path):
    def make(view="face2painting", names=("face", "by_text")):
        kinds = ["real", "real", *["generated"] * len(names), "text"]
        called = ["face", "painting", *names, "a painting of a person"]
        rng = np.random.default_rng(0)
        sizes = [20] * (len(kinds) - 1) + [1]
        arrays = {"points": rng.normal(size=[sum(sizes), 2]), "cloud": np.repeat(np.arange(len(sizes)), sizes)}
        arrays |= {
            "kinds": np.array(kinds),
            "names": np.array(called),
            "notes": np.array(["directional loss"] * len(kinds)),
        }
        np.savez(tmp_path / f"{view}.npz", **arrays, variance_kept=np.array(0.42))
        rows = [{"view": view, "kind": kind, "name": name} for kind, name in zip(kinds, called, strict=True)]
        rows[2] |= {"parent_ratio": NAN}
        rows[3] |= {"spread": 0.06, "parent_ratio": 0.5, "ratio_low": 0.4, "ratio_high": 0.6}
        return read_table(written(CLIP_SPACE, rows)), [tmp_path / f"{view}.npz"]

    return make


@pytest.fixture
def edits(written, pictures):
    def make(models=("by_text", "toon"), num=3, resolution=16):
        names = ["background_hue: W", "yaw_deg: 8_13 3_51 ..."]
        rows, paths = [], []
        for model in models:
            about = {"parent": "face", "model": model, "is_named": False}
            for attribute in ("background_hue", "tone", "(mean)"):
                of = about | {"attribute": attribute, "edit": "", "low": 0.3, "high": 0.7}
                rows += [of | {"measure": measure} for measure in ("kept", "shuffled")]
            rows.append(about | {"measure": "effect", "attribute": "background_hue", "edit": names[0], "value": 0.8})
            nothing = {"value": NAN, "low": NAN, "high": NAN, "effect_in_parent": 0.03}
            rows.append(about | {"measure": "effect", "attribute": "yaw_deg", "edit": names[1]} | nothing)
            shapes = {"parent": (resolution, num, 3), "model": (resolution, num, 3), "real": (resolution, num)}
            told = {"edits": names, "attributes": ["background_hue", "yaw_deg"], "strength": 3.0}
            paths.append(pictures(f"edits_{model}", **shapes, **told, names=["face", model]))
        return read_table(written(EDITS_ACROSS_DOMAINS, rows)), paths

    return make


def texts(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def composed(compose, *arguments):
    with style.applied():
        return compose(*arguments)


def test_every_model_is_named_once_beside_its_point(diversity, drawn_twice, read_png):
    table = diversity()
    order = (["painting"], ["face", "painting", "by_text"])
    drawn = read_png(drawn_twice(lambda png, pdf: draw_quality_diversity(table, *order, png, pdf)))
    sheet = composed(compose_quality_diversity, table, *order)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert [texts(sheet).count(name) for name in ("face", "by_text", "real images")] == [1, 1, 1]
    assert any("adapted to it" in text and "1.29" in text for text in texts(sheet))
    left, right = sheet.figure.axes[0].get_xlim()
    assert left > right, "nearer is to the right"


def test_the_plane_says_how_little_it_shows(space, drawn_twice, read_png):
    table, paths = space()
    read_png(drawn_twice(lambda png, pdf: draw_clip_space(table, paths, png, pdf)))
    sheet = composed(compose_clip_space, table, paths)
    assert any("the plane shows 42 % of the variance" in text for text in texts(sheet))
    assert any("0.500 (0.400\N{EN DASH}0.600) of its parent's" in text for text in texts(sheet))
    assert {"real face", "face", "by_text"} <= set(texts(sheet)), "real images and those of a model of one name"


def test_every_image_of_every_model_is_drawn(edits, drawn_twice, read_png):
    table, paths = edits()
    read_png(drawn_twice(lambda png, pdf: draw_edits_across_domains(table, paths, png, pdf)))
    sheet = composed(compose_edits_across_domains, table, paths)
    assert len(sheet.figure.images) == 3 * (1 + 3 * 3), "each real image, and three rows of three columns"
    kept, effects = sheet.figure.axes
    assert kept.get_yticklabels()[0].get_text() == "mean, not named"
    assert any("moves nothing in the parent itself (0.03" in text.get_text() for text in effects.texts)


def test_where_colours_come_again_shapes_tell_models_apart(edits):
    models = [f"child_{place}" for place in range(8)]
    sheet = composed(compose_edits_across_domains, *edits(models))
    heads = [text for text in sheet.figure.texts if "child_" in text.get_text()][: len(models)]
    assert len({(text.get_color(), text.get_text()[0]) for text in heads}) == len(models)
    lines = [line for line in sheet.figure.axes[0].lines if line.get_marker() in ("o", "D")]
    assert {line.get_marker() for line in lines} == {"o", "D"}
    few = composed(compose_edits_across_domains, *edits(models[:2]))
    assert "child_0" in texts(few)


@pytest.mark.parametrize("num", [1, 9])
def test_nothing_is_cut_off(diversity, space, edits, nothing_leaves, num):
    models = [f"{LONG}_{place}" for place in range(num)]
    everyone = ("face", "painting", *models)
    nothing_leaves(composed(compose_quality_diversity, diversity(everyone), ["painting"], everyone))
    nothing_leaves(composed(compose_clip_space, *space(names=("face", *models))))
    nothing_leaves(composed(compose_edits_across_domains, *edits(models)))


def test_without_rows_the_page_says_so(diversity, space, edits):
    assert any("No rows" in text for text in texts(composed(compose_quality_diversity, diversity(), [], [])))
    assert any("No rows" in text for text in texts(composed(compose_clip_space, space()[0], [])))
    assert any("No rows" in text for text in texts(composed(compose_edits_across_domains, edits()[0], [])))


def test_labels_keep_their_distance_and_their_order():
    found = spread_out([10, 100, 101, 102, 400], 46, 0)
    assert found == pytest.approx([9.25, 55.25, 101.25, 147.25, 400]), "centred on where four would be"
    assert spread_out([-50, -40], 46, 20) == [20, 66]
    assert spread_out([], 46, 0) == []
