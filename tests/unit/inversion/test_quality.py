"""Rows of inversion_quality and the pictures beside them: averages of what was measured, a control, one protocol."""

import dataclasses

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import read_codes, write_codes
from stylealign.data.image_set import ImageSet
from stylealign.errors import CodesError, ImageSetError
from stylealign.images import to_hwc
from stylealign.inversion.found import measure, render
from stylealign.inversion.invert import invert
from stylealign.inversion.quality import inversion_pictures, inversion_quality_rows
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.latents import sample_z
from stylealign.tables import INVERSION_QUALITY, read_table, write_table

STEPS = {"z_opt": 20, "wplus_opt": 40}


@pytest.fixture
def files(import_folder):
    return import_folder(5)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One for all tests, which then invert once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def codes(family, judge, settings, files, tmp_path, cache):
    """The pets, inverted by two methods."""
    made = []
    for method, steps in STEPS.items():
        output = tmp_path / f"pets.{method}.parquet"
        common = {"judge": judge, "cache": cache / method, "seed": 0}
        common |= {"regions": files["regions"], "region_judge": judge}
        how = settings({"steps": steps, "lr": 0.05})
        invert(family["parent"], files["images"], files["index"], output, method=method, settings=how, **common)
        made.append(("pets", method, output))
    return made


@pytest.fixture
def sets(files):
    return {"pets": (files["images"], files["index"])}


@pytest.fixture
def rows(family, judge, sets):
    def make(codes, **changed):
        common = {"sets": sets, "judge": judge, "truncation_psi": 0.7, "seed": 0, "split": "test"} | changed
        return inversion_quality_rows("parent", common.pop("g_ema", family["parent"]), codes, **common)

    return make


def test_rows_are_the_averages_of_what_was_measured(rows, codes, tmp_path):
    made = rows(codes)
    write_table(tmp_path / "rows.parquet", INVERSION_QUALITY, made, {})  # every declared column, and no other
    assert len(read_table(tmp_path / "rows.parquet")) == 2
    for row, (image_set, method, path) in zip(made, codes, strict=True):
        found = read_codes(path)
        assert (row["model"], row["image_set"], row["method"]) == ("parent", image_set, method)
        assert row["space"] == method.removesuffix("_opt")
        assert row["distance_mean"] == pytest.approx(found.distance.mean(), rel=1e-6)
        assert row["distance_low"] < row["distance_mean"] < row["distance_high"]
        assert row["pixel"] == pytest.approx(found.pixel.mean(), rel=1e-6)
        assert row["same_region"] == pytest.approx(found.same_region.mean(), rel=1e-6)
        assert row["steps"] == STEPS[method]
        assert row["images_per_sec"] == pytest.approx(5 / found.seconds.sum(), rel=1e-5)
        assert (row["num_images"], row["judge"], row["seed"]) == (5, "tiny", 0)
    assert [row["protocol"] for row in made] == ["test-5 of 5, 20 steps, psi0.7", "test-5 of 5, 40 steps"]
    assert [row["truncation_psi"] for row in made] == [0.7, 1.0]


def test_the_control_is_of_random_samples_and_the_same_for_all_methods(rows, codes, family, judge, sets):
    made = rows(codes)
    assert made[0]["distance_random"] == made[1]["distance_random"]
    G = load_generator(family["parent"])[0]
    samples = render(G, "z", sample_z(5, G.z_dim, 0, "inversion_quality", "parent", "pets", "random"), 0.7)
    expected = judge.distance(ImageSet.open(*sets["pets"]).all(), samples).mean()
    assert made[0]["distance_random"] == pytest.approx(expected, rel=1e-5)
    assert made[1]["distance_mean"] < made[1]["distance_random"]
    assert rows(codes, seed=1)[0]["distance_random"] != made[0]["distance_random"]


def test_unknown_regions_are_left_out(rows, codes, tmp_path):
    found = read_codes(codes[0][2])
    some = found.same_region.copy()
    some[:3] = np.nan
    write_codes(codes[0][2], dataclasses.replace(found, same_region=some))
    assert rows(codes)[0]["same_region"] == pytest.approx(some[3:].mean())
    write_codes(codes[0][2], dataclasses.replace(found, same_region=np.full(5, np.nan, np.float32)))
    assert np.isnan(rows(codes)[0]["same_region"])


def test_a_part_of_the_set_says_so(rows, codes):
    found = read_codes(codes[0][2])
    write_codes(codes[0][2], found.take([0, 1]))
    made = rows(codes)
    assert made[0]["protocol"] == "test-2 of 5, 20 steps, psi0.7"
    assert made[0]["distance_random"] != made[1]["distance_random"]


def test_pictures_are_the_first_images_and_what_each_method_gives_back(codes, family, judge, sets):
    pictures = inversion_pictures("parent", family["parent"], codes, sets=sets, num_shown=3, split="test")
    assert (pictures["model"], pictures["image_sets"].tolist()) == ("parent", ["pets"])
    assert pictures["methods_0"].tolist() == list(STEPS)
    images = ImageSet.open(*sets["pets"]).read([0, 1, 2])
    np.testing.assert_array_equal(pictures["images_0"], to_hwc(images))
    assert (pictures["reconstructed_0"].shape, pictures["reconstructed_0"].dtype) == ((2, 3, 16, 16, 3), np.uint8)
    G = load_generator(family["parent"])[0]
    for place, (_, _, path) in enumerate(codes):
        found = read_codes(path)
        code = torch.from_numpy(found.values[:3])
        psi = found.passport.truncation_psi
        again = measure(G, judge, images, found.space, code, truncation_psi=psi)
        np.testing.assert_array_equal(pictures["reconstructed_0"][place], to_hwc(again.pixels))
        np.testing.assert_allclose(again.distance, found.distance[:3], atol=1e-5)
        assert pictures["distance_0"][place] == pytest.approx(found.distance.mean(), rel=1e-6)
    assert not any(array.dtype.hasobject for array in pictures.values())


def test_more_shown_than_there_are_is_all(codes, family, sets):
    pictures = inversion_pictures("parent", family["parent"], codes, sets=sets, num_shown=99, split="test")
    assert len(pictures["images_0"]) == 5


def test_what_does_not_belong_together_is_refused(rows, codes, family, judge, sets, import_folder, tmp_path):
    with pytest.raises(CodesError, match=r"pets\.z_opt\.parquet: codes of generator .*; delete the file"):
        rows(codes, g_ema=family["child"])
    with pytest.raises(CodesError, match="codes of method z_opt, not w_opt"):
        rows([("pets", "w_opt", codes[0][2])])
    with pytest.raises(CodesError, match="codes of judge tiny, not other"):
        rows(codes, judge=EmbeddedJudge("other", judge.network))
    with pytest.raises(ImageSetError, match="no train images"):
        rows(codes, split="train")
    others = import_folder(1, "others")
    with pytest.raises(CodesError, match=r"4 codes are of images that are not there, as .*; invert again"):
        rows(codes, sets={"pets": (others["images"], others["index"])})
    write_codes(tmp_path / "none.parquet", read_codes(codes[0][2]).take([]))
    with pytest.raises(CodesError, match=r"none\.parquet: no codes"):
        rows([("pets", "z_opt", tmp_path / "none.parquet")])
