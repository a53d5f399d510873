"""Inverting an image set: each image once, in any shards, whatever happened in between."""

import logging
import os
import signal

import numpy as np
import pandas as pd
import pytest
import torch

from stylealign.checkpoint import load_generator, read_card
from stylealign.codes import read_codes
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard, save_encoder
from stylealign.errors import CodesError, ImageSetError, InterruptedRun
from stylealign.inversion.encode import encode
from stylealign.inversion.found import measure, render
from stylealign.inversion.gather import gather
from stylealign.inversion.invert import invert
from stylealign.inversion.optimise import optimise
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.networks.encoder import Encoder

COLUMNS = ("values", "distance", "pixel", "same_region", "steps")


class Interrupted(Exception):
    """What a test raises where a signal would kill."""


class CountingJudge(EmbeddedJudge):
    """A real judge that counts the images it perceives, and is killed after so many batches."""

    def __init__(self, judge, kill_after=None):
        super().__init__("tiny", judge.network)
        self.perceived, self._kill_after = [], kill_after

    def perceive(self, pixels):
        if len(self.perceived) == self._kill_after:
            raise Interrupted
        self.perceived.append(len(pixels))
        return super().perceive(pixels)


@pytest.fixture
def run(family, judge, settings, tmp_path):
    """Invert ``files``; returns the codes and the sizes of the batches that were inverted."""

    def inverted(files, name="codes", method="w_opt", optimisation=None, encoders=None, kill_after=None, **changed):
        counting = CountingJudge(judge, kill_after)
        output = tmp_path / f"{name}.parquet"
        common = {"judge": counting, "cache": tmp_path / "cache" / method, "seed": 0} | changed
        how = common.pop("settings", None) or settings(optimisation, encoders)
        model = common.pop("g_ema", family["parent"])
        invert(model, files["images"], files["index"], output, method=method, settings=how, **common)
        return read_codes(output), counting.perceived

    return inverted


def assert_same(a, b):
    assert (a.passport, a.image_ids) == (b.passport, b.image_ids)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


@pytest.mark.parametrize("method", ["z_opt", "zplus_opt", "w_opt", "wplus_opt"])
def test_codes_are_those_of_optimisation_in_the_order_of_the_index(run, import_folder, family, judge, settings, method):
    files = import_folder(3)
    codes, _ = run(files, method=method)
    images = ImageSet.open(files["images"], files["index"])
    G, card = load_generator(family["parent"])
    psi = 0.7 if method[0] == "z" else 1.0
    how = {"space": method.removesuffix("_opt"), "settings": settings().optimisation, "truncation_psi": psi, "seed": 0}
    for some in ([0, 1], [2]):  # batches of two
        ids = [images.image_ids[row] for row in some]
        found = optimise(G, judge, images.read(some), image_ids=ids, **how)
        assert codes.take(some).image_ids == tuple(ids)
        np.testing.assert_array_equal(codes.take(some).values, found.code.numpy())
        np.testing.assert_array_equal(codes.take(some).distance, found.distance)
        np.testing.assert_array_equal(codes.take(some).pixel, found.pixel)
    assert codes.steps.tolist() == [3, 3, 3]
    passport = codes.passport
    assert (passport.space, passport.generator, passport.truncation_psi) == (how["space"], card.digest, psi)
    assert passport.method == method
    assert np.isnan(codes.same_region).all()


def test_a_finished_cache_inverts_nothing(run, import_folder, caplog):
    files = import_folder(4)
    first, batches = run(files)
    assert batches == [2, 2]
    with caplog.at_level(logging.INFO):
        again, batches = run(files, "again")
    assert batches == []
    assert "4 of 4 images are in the cache, 0 to invert" in caplog.text
    assert_same(again, first)
    np.testing.assert_array_equal(again.seconds, first.seconds)


def test_ten_added_images_are_ten_inversions(run, import_folder):
    before, _ = run(import_folder(3))
    files = import_folder(13)
    after, batches = run(files, "more", optimisation={"batch_size": 4})
    assert batches == [4, 4, 2]
    assert after.num == 13
    assert after.image_ids == tuple(pd.read_parquet(files["index"])["image_id"])
    assert_same(after.of_images(before.image_ids), before)


def test_a_killed_run_goes_on_where_it_was_and_ends_the_same(run, import_folder, tmp_path):
    files = import_folder(7)
    whole, _ = run(files, cache=tmp_path / "undisturbed")
    with pytest.raises(Interrupted):
        run(files, "killed", kill_after=2)
    assert not (tmp_path / "killed.parquet").exists()
    resumed, batches = run(files, "killed")
    assert batches == [2, 1]
    assert_same(resumed, whole)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_drops_the_batch_in_hand_and_the_same_command_goes_on(
    run, import_folder, judge, tmp_path, number, monkeypatch
):
    files = import_folder(6)
    whole, _ = run(files, "whole", cache=tmp_path / "elsewhere")

    def signalled(self, pixels, perceive=CountingJudge.perceive):
        if len(self.perceived) == 2:
            os.kill(os.getpid(), number)
        return perceive(self, pixels)

    with monkeypatch.context() as patched:
        patched.setattr(CountingJudge, "perceive", signalled)
        with pytest.raises(InterruptedRun, match=r"by w_opt: stopped by SIG.*; what was finished is kept"):
            run(files)
    assert not (tmp_path / "codes.parquet").exists()
    codes, batches = run(files)
    assert batches == [2]
    assert_same(codes, whole)


def test_a_damaged_part_is_inverted_again(run, import_folder, tmp_path, caplog):
    files = import_folder(4)
    whole, _ = run(files)
    part = sorted((tmp_path / "cache" / "w_opt").glob("*/*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:-20])
    with caplog.at_level(logging.WARNING):
        mended, batches = run(files, "mended")
    assert (batches, len(caplog.records)) == ([2], 1)
    assert_same(mended, whole)
    assert run(files, "again")[1] == []


def test_shards_are_the_whole_and_share_the_cache(run, import_folder, tmp_path):
    files = import_folder(6)
    whole, _ = run(files, cache=tmp_path / "apart")
    shards = [(0, 2), (2, 2), (4, 9), (9, 2)]  # the last is past the images
    for part, (first, num) in enumerate(shards):
        run(files, f"shard{part}", first=first, num=num)
    paths = [tmp_path / f"shard{part}.parquet" for part in range(4)]
    assert [read_codes(path).num for path in paths] == [2, 2, 2, 0]
    gather(paths, tmp_path / "gathered.parquet")
    assert_same(read_codes(tmp_path / "gathered.parquet"), whole)
    assert run(files, "all")[1] == []


def test_more_images_than_there_are_is_all_of_them(run, import_folder, caplog):
    with caplog.at_level(logging.INFO):
        codes, _ = run(import_folder(3), num=64)
    assert codes.num == 3
    assert "images 0 to 64 were asked for; there are 3" in caplog.text


def test_two_image_sets_with_the_same_pictures_share_their_codes(run, import_folder):
    first, _ = run(import_folder(3))
    second, batches = run(import_folder(4, "others"), "second")
    assert batches == [1]
    assert_same(second.of_images(first.image_ids), first)


def test_another_setting_or_model_inverts_again(run, import_folder, family):
    files = import_folder(2)
    run(files)
    assert run(files, "steps", optimisation={"steps": 4})[1] == [2]
    assert run(files, "child", g_ema=family["child"])[1] == [2]
    assert run(files, "batch", optimisation={"batch_size": 1})[1] == []
    assert run(files, "encoders", encoders={"lr": 0.5})[1] == []
    assert run(files, "back")[1] == []


# -- encoders ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def make_encoder(family, tmp_path):
    """The file of an untrained encoder of a model."""

    def make(space="w", model="parent", truncation_psi=1.0):
        G, digest = load_generator(family[model])[0], read_card(family[model]).digest
        torch.manual_seed(5)
        shape = {"img_resolution": 16, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim}
        encoder = Encoder(space=space, width=4, **shape).eval()
        about = {"network": encoder.init_kwargs, "settings": {}, "kimg": 0.0, "seed": 0, "recipe": 1, "version": "0"}
        card = EncoderCard(space, "random", model, digest, truncation_psi, "tiny", 16, image_set="x", **about)
        save_encoder(tmp_path / f"{space}.{model}.safetensors", encoder, card)
        return tmp_path / f"{space}.{model}.safetensors"

    return make


@pytest.mark.parametrize(("space", "psi"), [("w", 1.0), ("z", 0.7), ("zplus", 0.7)])
def test_an_encoders_codes_are_its_own(run, import_folder, family, judge, make_encoder, space, psi):
    from stylealign.encoders import load_encoder

    files, path = import_folder(3), make_encoder(space, truncation_psi=psi)
    codes, batches = run(files, method=f"{space}_enc", encoder=path)
    assert batches == []  # nothing was optimised
    pixels = ImageSet.open(files["images"], files["index"]).all()
    found = encode(load_generator(family["parent"])[0], judge, pixels, load_encoder(path)[0], truncation_psi=psi)
    np.testing.assert_allclose(codes.values, found.code.numpy(), atol=1e-5)
    np.testing.assert_allclose(codes.distance, found.distance, atol=1e-4)
    assert codes.steps.tolist() == [0, 0, 0]


def test_refinement_brings_no_image_further_away(run, import_folder, make_encoder):
    files, path = import_folder(4), make_encoder()
    plain, _ = run(files, method="w_enc", encoder=path)
    refined, batches = run(files, "refined", method="w_enc", encoder=path, encoders={"refine_steps": 15})
    assert batches == [2, 2]
    assert refined.steps.tolist() == [15] * 4
    assert (refined.distance <= plain.distance).all()
    assert (refined.distance < plain.distance).any()


def test_an_encoder_of_another_model_space_or_truncation_is_refused(run, import_folder, make_encoder):
    files = import_folder(1)
    with pytest.raises(CodesError, match="not in w"):
        run(files, method="w_enc", encoder=make_encoder("wplus"))
    with pytest.raises(CodesError, match="codes of child"):
        run(files, method="w_enc", encoder=make_encoder(model="child"))
    with pytest.raises(CodesError, match=r"truncation_psi 0\.5, not 0\.7"):
        run(files, method="z_enc", encoder=make_encoder("z", truncation_psi=0.5))
    with pytest.raises(CodesError, match="w_enc: this method needs an encoder into w"):
        run(files, method="w_enc")


# -- what is measured, and refused ------------------------------------------------------------------------------------


def test_regions_are_matched_by_name_where_they_are_known(run, import_folder, family, judge):
    files = import_folder(5)
    codes, _ = run(files, regions=files["regions"], region_judge=judge)
    G = load_generator(family["parent"])[0]
    parsed = judge.regions(render(G, "w", torch.from_numpy(codes.values), 1.0))
    parsed_names = np.array(judge.region_names)[parsed]  # hair, face, background
    with np.load(files["regions"]) as npz:
        true_names = npz["names"][npz["ids"]]  # background, face, collar
    known = true_names != "collar"  # of which the parser knows nothing
    expected = [((a == b) & k).sum() / k.sum() for a, b, k in zip(parsed_names, true_names, known, strict=True)]
    np.testing.assert_allclose(codes.same_region, expected, rtol=1e-6)
    assert 0 < codes.same_region.mean() < 1


def test_a_parser_added_later_inverts_nothing_again(run, import_folder, judge):
    files = import_folder(2)
    assert np.isnan(run(files)[0].same_region).all()
    codes, batches = run(files, "parsed", regions=files["regions"], region_judge=judge)
    assert (batches, np.isnan(codes.same_region).any()) == ([], False)


def test_images_of_another_resolution_are_refused(run, import_folder, family, tmp_path):
    from stylealign.checkpoint import ModelCard, save_generator, state_digest
    from stylealign.networks.generator import Generator

    G = Generator(z_dim=8, w_dim=8, img_resolution=32, channel_base=64, channel_max=8, mapping_layers=2)
    card = ModelCard("big", "x", G.init_kwargs, 32, ("big",), (state_digest(G.state_dict()),), 0, 0, 0, 1, "0")
    save_generator(tmp_path / "big.safetensors", G, card)
    with pytest.raises(ImageSetError, match=r"images of 16 px, and .*big\.safetensors is a model of 32 px; import"):
        run(import_folder(1), g_ema=tmp_path / "big.safetensors")


def test_a_split_without_images_says_what_to_raise(run, import_folder, settings):
    with pytest.raises(ImageSetError, match="no train images; raise"):
        run(import_folder(2), settings=settings().model_copy(update={"split": "train"}))


def test_codes_that_are_no_numbers_are_not_written(run, import_folder, tmp_path):
    files = import_folder(2)
    with pytest.raises(CodesError, match=r"w_opt: the codes of 2 images, .* are not numbers; lower inversion\.opt"):
        run(files, optimisation={"lr": 1e38, "steps": 8, "lr_ramp_up": 0})
    assert not list(tmp_path.rglob("codes.parquet*"))
    assert not list((tmp_path / "cache").rglob("*.parquet"))


def test_images_in_the_same_batch_as_a_failure_are_kept(import_folder, family, judge, tmp_path):
    from stylealign.codes import Passport
    from stylealign.inversion.cache import CodeCache
    from stylealign.inversion.invert import codes_of

    files = import_folder(2)
    images = ImageSet.open(files["images"], files["index"])
    G, card = load_generator(family["parent"])
    cache = CodeCache(tmp_path / "w_opt", Passport("w", "w_opt", (8,), card.digest, 1.0, "tiny", "{}"))

    def half_failed(pixels, image_ids):
        code = G.mapping.w_avg.expand(len(pixels), -1).clone()
        code[1, 3] = torch.nan
        return measure(G, judge, pixels, "w", code, truncation_psi=1.0)

    with pytest.raises(CodesError, match=f"1 images, {images.image_ids[1][:12]} the first"):
        codes_of(images, np.arange(2), cache, half_failed, 2)
    assert cache.known(images.image_ids).image_ids == (images.image_ids[0],)
