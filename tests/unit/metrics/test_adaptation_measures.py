"""What is measured of an adapted model: nothing of a copy, something of a child, and whose numbers they are."""

import numpy as np
import pytest
import torch

from stylealign.adaptation_tables import ADAPTATION
from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.judges.region_masks import region_masks
from stylealign.metrics.adaptation import Measured, adaptation_row
from stylealign.metrics.features import Features, drawn_images, judge_generator, save_features
from stylealign.tables import read_table, write_table

REGIONS = ("background", "hair")  # of six images in eight the untrained judge calls a few pixels hair
TOLD = {"source": "a", "target": "b", "loss": "directional", "num_layers": "all", "iterations": 3, "seconds": 1.0}


@pytest.fixture(scope="module")
def measure(make_family, make_judge, tiny_clip, tmp_path_factory):
    """The row of a model of a family, towards a direction."""
    judge, folder, family = (
        make_judge(["background_hue"], REGIONS),
        tmp_path_factory.mktemp("measures"),
        make_family(0.3),
    )
    measured = {}
    for name in ("parent", "copy", "child"):
        G = load_generator(family[name])[0]
        save_features(folder / name, judge_generator(judge, G, num=24, seed=0))
        measured[name] = Measured(name, G, folder / name)
    target = judge_generator(judge, measured["child"].G, num=30, seed=9)
    ids, split = np.array([str(n) for n in range(30)]), np.array(["test"] * 20 + ["train"] * 10)
    told = {"attribute_names": target.attribute_names, "protocol": "all-30", "image_ids": ids, "split": split}
    save_features(folder / "domain", Features(target.features, target.attributes, **told))

    def row(name, direction=None, **changed):
        asked = {"attribute": "background_hue", "num_images": 24, "num_diversity": 8, "truncation_psi": 1.0, "seed": 0}
        where = {"domain": "painting", "domain_features": folder / "domain", **asked, **changed}
        return adaptation_row(measured[name], measured["parent"], judge, tiny_clip, direction, **where)

    row.generators, row.judge = {name: one.G for name, one in measured.items()}, judge
    return row


def test_a_copy_is_as_far_as_diverse_as_and_the_same_as_its_parent(measure):
    row = measure("copy")
    assert row["kid_to_target"] == pytest.approx(row["kid_of_parent"])
    assert row["diversity"] == row["diversity_of_parent"] > 0
    assert row["attribute_kept"] == pytest.approx(1)
    assert row["clip_direction_similarity"] is None


def test_whose_images_the_domain_shows_is_nearer_to_it_than_its_parent(measure):
    row = measure("child")
    assert row["kid_to_target"] < row["kid_of_parent"]
    assert row["kid_low"] <= row["kid_to_target"] <= row["kid_high"]
    assert row["diversity_low"] <= row["diversity"] <= row["diversity_high"]


def test_the_similarity_is_the_mean_cosine_of_the_way_of_each_image(measure, tiny_clip):
    before, after = (
        tiny_clip.embed_pixels(torch.cat(list(drawn_images(measure.generators[name], num=24, seed=0, psi=1.0))))
        for name in ("parent", "child")
    )
    direction = torch.nn.functional.normalize((after - before).mean(0), dim=0)
    cosines = [float((b - a) @ direction / (b - a).norm()) for a, b in zip(before, after, strict=True)]
    row, back = measure("child", direction), measure("child", -direction)
    assert row["clip_direction_similarity"] == pytest.approx(sum(cosines) / len(cosines), abs=1e-5)
    assert back["clip_direction_similarity"] == pytest.approx(-row["clip_direction_similarity"], abs=1e-6)
    assert row["clip_low"] <= row["clip_direction_similarity"] <= row["clip_high"]


def test_rows_are_rows_of_the_table_and_the_same_again(measure, tmp_path):
    direction = torch.nn.functional.normalize(torch.arange(24.0) - 7, dim=0)
    for place in "ab":
        write_table(tmp_path / place, ADAPTATION, [measure("child", direction) | TOLD, measure("copy") | TOLD], {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_table(tmp_path / "a")["model"].tolist() == ["child", "copy"]


def test_an_attribute_that_nobody_reads_and_too_few_images_are_told(measure):
    with pytest.raises(JudgeError, match=r"studies.adaptation.attribute: the judge reads no 'background_hup'"):
        measure("child", attribute="background_hup")
    with pytest.raises(JudgeError, match=r"studies.adaptation.num_images"):
        measure("child", num_images=25)


def asked_of_region(measure, regions=("hair",)):
    return {"regions_judge": measure.judge, "regions": list(regions)}


def test_a_copy_changes_nothing_and_a_child_what_its_images_differ_by(measure):
    asked = asked_of_region(measure)
    copy, child = measure("copy", **asked), measure("child", **asked)
    assert (copy["change_inside"], copy["change_outside"]) == (0, 0)
    before, after = (
        torch.cat(list(drawn_images(measure.generators[name], num=8, seed=0, psi=1.0))) for name in ("parent", "child")
    )
    mask = region_masks(measure.judge, asked["regions"], before)
    outside = [(a.int() - b.int()).abs()[:, ~m[0]].double().mean() for a, b, m in zip(after, before, mask, strict=True)]
    assert child["change_outside"] == pytest.approx(float(sum(outside)) / 8)
    assert child["outside_low"] <= child["change_outside"] <= child["outside_high"]
    assert child["num_inside"] == mask.flatten(1).any(1).sum() == 6
    assert child["inside_low"] <= child["change_inside"] <= child["inside_high"]


def test_a_region_adds_columns_and_changes_no_other(measure):
    plain, asked = measure("child"), measure("child", **asked_of_region(measure))
    added = [name for name in plain if plain[name] != asked[name]]
    sides = [f"{side}_{end}" for side in ("inside", "outside") for end in ("low", "high")]
    assert set(added) == {"region", "change_inside", "change_outside", *sides, "num_inside", "protocol"}
    assert asked["region"] == "hair"
    assert asked["protocol"] == plain["protocol"] + "-regions-by-tiny-in-parent"
    assert [plain[name] for name in added[:-2]] == [None] * 7
    assert plain["num_inside"] == 0


def test_rows_with_and_without_a_region_are_rows_of_one_table(measure, tmp_path):
    rows = [measure("child", **asked_of_region(measure)) | TOLD, measure("copy") | TOLD]
    write_table(tmp_path / "rows", ADAPTATION, rows, {})
    table = read_table(tmp_path / "rows").set_index("model")
    assert table["region"].isna().tolist() == table["change_outside"].isna().tolist() == [False, True]


def test_a_region_that_the_judge_does_not_find_is_told(measure):
    with pytest.raises(
        JudgeError, match=r"studies.adaptation.region.regions: judge tiny finds no 'hiar'; did you mean"
    ):
        measure("child", **asked_of_region(measure, ["hiar"]))
