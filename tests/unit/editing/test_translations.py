"""A direction: every method, three controls, baselines beside their sources, and the pictures."""

import dataclasses
import logging

import numpy as np
import pytest
from PIL import Image

from stylealign.checkpoint import load_generator
from stylealign.codes import read_codes, write_codes
from stylealign.editing.source_images import read_images, read_origins
from stylealign.editing.translate import render, translate_codes
from stylealign.editing.translations import random_samples, translate_direction, translation_pictures
from stylealign.errors import CodesError, LineageError
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.translated_images import Translated, load_pictures, save_pictures

PROTOCOL = {"truncation_psi": 0.7, "seed": 0}


@pytest.fixture(scope="module")
def sets(relatives, inverted):
    return [inverted("dog", relatives["parent"]), inverted("cat", relatives["parent"], num=4)]


@pytest.fixture(scope="module")
def translated(relatives, sets):
    ends = relatives["parent"], relatives["child"]
    return translate_direction(*ends, sets, unrelated=relatives["stranger"], baselines={}, **PROTOCOL)


def _of(translated, method, image_set="dog"):
    return next(one for one in translated if (one.method, one.image_set) == (method, image_set))


def test_methods_then_controls_of_each_image_set(translated):
    methods = [("w_opt", "inversion"), ("z_opt", "inversion")]
    controls = [("source", "control"), ("samples", "control"), ("unrelated", "control")]
    assert [(one.image_set, one.method, one.kind) for one in translated] == [
        (name, *what) for name in ("dog", "cat") for what in methods + controls
    ]
    assert {(one.image_set, one.pixels.shape) for one in translated} == {
        ("dog", (6, 16, 16, 3)),
        ("cat", (4, 16, 16, 3)),
    }


def test_only_what_a_generator_made_has_a_truncation(translated):
    assert [(one.method, one.truncation_psi) for one in translated[:5]] == [
        ("w_opt", 1.0), ("z_opt", 0.7), ("source", None), ("samples", 0.7), ("unrelated", 0.7)]  # fmt: skip


def test_methods_are_the_targets_images_of_their_codes(translated, sets, relatives):
    G, _ = load_generator(relatives["child"])
    for method, path in sets[0].codes.items():
        one, codes = _of(translated, method), read_codes(path)
        np.testing.assert_array_equal(one.pixels, render(G, codes))
        assert one.source_ids == codes.image_ids


def test_controls(translated, sets, relatives):
    codes = read_codes(sets[0].codes["z_opt"])
    source, samples, unrelated = (_of(translated, name) for name in ("source", "samples", "unrelated"))
    np.testing.assert_array_equal(source.pixels, read_images(sets[0], codes.image_ids))
    assert source.source_ids == unrelated.source_ids == codes.image_ids
    stranger, _ = load_generator(relatives["stranger"])
    np.testing.assert_array_equal(unrelated.pixels, render(stranger, codes))  # in Z, though w_opt came first
    G, _ = load_generator(relatives["child"])
    z = sample_z(6, 8, 0, "translation", "samples")
    np.testing.assert_array_equal(samples.pixels, to_hwc(to_pixels(G(z, truncation_psi=0.7))))
    assert samples.source_ids == ("",) * 6


def test_without_codes_in_z_the_first_are_the_unrelated_ones(relatives, inverted):
    sources = inverted("dog", relatives["parent"], ("wplus_opt", "w_opt"))
    ends = relatives["parent"], relatives["child"]
    found = translate_direction(*ends, [sources], unrelated=relatives["stranger"], baselines={}, **PROTOCOL)
    stranger, _ = load_generator(relatives["stranger"])
    expected = render(stranger, read_codes(sources.codes["wplus_opt"]))
    np.testing.assert_array_equal(_of(found, "unrelated").pixels, expected)


def test_without_a_fitting_unrelated_model_its_control_is_missing(relatives, inverted, sets, caplog):
    ends = relatives["parent"], relatives["child"]
    found = translate_direction(*ends, sets[:1], unrelated=None, baselines={}, **PROTOCOL)
    assert [one.method for one in found] == ["w_opt", "z_opt", "source", "samples"]
    only_w = [inverted("dog", relatives["parent"], ("w_opt",))]
    with caplog.at_level(logging.WARNING):
        found = translate_direction(*ends, only_w, unrelated=relatives["foreigner"], baselines={}, **PROTOCOL)
    assert [one.method for one in found] == ["w_opt", "source", "samples"]
    assert "the control unrelated is left out" in caplog.text


def test_an_unrelated_model_that_is_a_relative_is_no_control(relatives, sets, caplog):
    """Two finished checkpoints are roots of the study, and one may still descend from the other."""
    ends = relatives["parent"], relatives["child"]
    with caplog.at_level(logging.WARNING):
        found = translate_direction(*ends, sets[:1], unrelated=relatives["copy"], baselines={}, **PROTOCOL)
    assert [one.method for one in found] == ["w_opt", "z_opt", "source", "samples"]
    assert "copy.safetensors descends from what parent descends from" in caplog.text


def test_samples_of_two_models_share_their_z_and_psi_0_has_one_image(relatives):
    parent, copy = (load_generator(relatives[name])[0] for name in ("parent", "copy"))
    assert np.array_equal(random_samples(parent, 5, 0.7, 0), random_samples(copy, 5, 0.7, 0))
    assert not np.array_equal(random_samples(parent, 5, 0.7, 0), random_samples(parent, 5, 0.7, 1))
    mean = random_samples(parent, 3, 0.0, 0)
    assert (mean == mean[:1]).all()


def test_refusals(relatives, sets, image_sets):
    with pytest.raises(LineageError, match=r"parent\.safetensors to .*stranger\.safetensors"):
        translate_direction(relatives["parent"], relatives["stranger"], sets, unrelated=None, baselines={}, **PROTOCOL)
    with pytest.raises(CodesError, match="found in another model"):
        translate_direction(relatives["child"], relatives["parent"], sets, unrelated=None, baselines={}, **PROTOCOL)
    images, index = image_sets["cat"]
    strays = [dataclasses.replace(sets[0], images=images, index=index)]
    with pytest.raises(CodesError, match=r"dog: 6 images with codes are not in .*index\.parquet \(as "):
        translate_direction(relatives["parent"], relatives["child"], strays, unrelated=None, baselines={}, **PROTOCOL)


# -- baselines --------------------------------------------------------------------------------------------------------


def _with_baselines(relatives, sets, **baselines):
    ends = relatives["parent"], relatives["child"]
    return translate_direction(*ends, sets, unrelated=None, baselines=baselines, **PROTOCOL)


def test_a_folder_of_our_own_images_is_the_method_itself(relatives, sets, translated, tmp_path):
    translate_codes(sets[0].codes["z_opt"], relatives["parent"], relatives["child"], tmp_path / "cats")
    found = _with_baselines(relatives, sets, ours=tmp_path / "cats")
    (ours,) = [one for one in found if one.kind == "baseline"]
    own = _of(translated, "z_opt")
    np.testing.assert_array_equal(ours.pixels, own.pixels)
    assert (ours.image_set, ours.method, ours.source_ids) == ("dog", "ours", own.source_ids)


def test_a_baseline_is_beside_sources_by_the_names_of_their_files(relatives, sets, tmp_path):
    origins = read_origins(sets[0], read_codes(sets[0].codes["z_opt"]).image_ids)
    Image.new("RGB", (16, 16), "red").save(tmp_path / "dog_2.jpg")
    Image.new("RGB", (16, 16), "blue").save(tmp_path / "unknown.png")
    (cut,) = [one for one in _with_baselines(relatives, sets, cut=tmp_path) if one.kind == "baseline"]
    image_ids = read_codes(sets[0].codes["z_opt"]).image_ids
    assert cut.source_ids == (image_ids[origins.index("dog_2.png")], "")


# -- pictures ---------------------------------------------------------------------------------------------------------

NAMES = {"direction": "parent2child", "source_model": "parent", "target_model": "child"}


def test_pictures_are_the_first_sources_and_their_translations(translated, tmp_path):
    save_pictures(tmp_path / "x.npz", translation_pictures(translated, **NAMES, num_shown=5))
    pictures = load_pictures(tmp_path / "x.npz")
    assert [str(pictures[name]) for name in NAMES] == list(NAMES.values())
    assert pictures["image_sets"].tolist() == ["dog", "cat"]
    for k, (name, num) in enumerate({"dog": 5, "cat": 4}.items()):
        assert pictures[f"methods_{k}"].tolist() == ["w_opt", "z_opt", "unrelated"]
        assert pictures[f"kinds_{k}"].tolist() == ["inversion", "inversion", "control"]
        np.testing.assert_array_equal(pictures[f"sources_{k}"], _of(translated, "source", name).pixels[:num])
        for row, method in enumerate(pictures[f"methods_{k}"]):
            own = _of(translated, method, name).pixels[:num]
            np.testing.assert_array_equal(pictures[f"translated_{k}"][row], own)


def test_a_baseline_is_shown_beside_its_source_and_white_elsewhere(translated):
    source = _of(translated, "source")
    red, blue = (np.full([16, 16, 3], colour, np.uint8) for colour in ((255, 0, 0), (0, 0, 255)))
    ids = (source.source_ids[1], "", source.source_ids[1], source.source_ids[5])
    cut = Translated("dog", "cut", "baseline", np.stack([red, blue, blue, blue]), ids, None)
    elsewhere = Translated("dog", "far", "baseline", np.stack([red]), (source.source_ids[5],), None)
    pictures = translation_pictures([*translated, cut, elsewhere], **NAMES, num_shown=3)
    assert pictures["methods_0"].tolist() == ["w_opt", "z_opt", "unrelated", "cut"]
    white = np.full_like(red, 255)
    np.testing.assert_array_equal(pictures["translated_0"][-1], [white, red, white])


def test_nothing_to_show_beside_sources(translated):
    controls = [one for one in translated if one.method in ("source", "samples") and one.image_set == "cat"]
    assert translation_pictures(controls, **NAMES, num_shown=2)["translated_0"].shape == (0, 2, 16, 16, 3)


def test_codes_of_no_images_are_an_empty_direction(relatives, sets, tmp_path):
    write_codes(tmp_path / "none.parquet", read_codes(sets[0].codes["z_opt"]).take([]))
    none = [dataclasses.replace(sets[0], codes={"z_opt": tmp_path / "none.parquet"})]
    found = _with_baselines(relatives, none)
    assert {one.pixels.shape for one in found} == {(0, 16, 16, 3)}
