"""Optimisation in every space: near to what the model made, each image by itself, starts, restarts, noise, stopping."""

import dataclasses
import logging

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.config.inversion import SPACES, Optimisation
from stylealign.errors import CodesError, JudgeError
from stylealign.inversion import optimise as module
from stylealign.inversion.found import best_of, measure, render
from stylealign.inversion.optimise import optimise
from stylealign.inversion.start import unit_length
from stylealign.judges.colour import ColourJudge
from stylealign.latents import sample_z
from stylealign.networks.spaces import code_shape

PSI = 0.7


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


@pytest.fixture(scope="module")
def own(G):
    """Eight images that the model itself made."""
    return render(G, "z", sample_z(8, G.z_dim, 11, "own"), PSI)


@pytest.fixture
def invert(G, judge):
    def make(pixels, space, ids=None, *, start=None, psi=PSI, judge=judge, **settings):
        ids = [f"image{row}" for row in range(len(pixels))] if ids is None else ids
        chosen = Optimisation(**({"steps": 6, "candidates": 8} | settings))
        how = {"space": space, "settings": chosen, "truncation_psi": psi, "image_ids": ids, "seed": 3, "start": start}
        return optimise(G, judge, pixels, **how)

    return make


@pytest.mark.parametrize("space", SPACES)
def test_own_images_come_back_near_and_nearer_with_more_steps(G, judge, own, invert, space) -> None:
    average = measure(G, judge, own, "w", G.mapping.w_avg.expand(8, -1), truncation_psi=PSI).distance.mean()
    few, many = invert(own, space, steps=8), invert(own, space, steps=50, jitter=0)
    assert many.distance.mean() < 0.6 * few.distance.mean()
    assert many.distance.mean() < 0.3 * average


@pytest.mark.parametrize("space", SPACES)
def test_what_is_found_says_what_its_code_gives_back(G, judge, own, invert, space) -> None:
    found = invert(own, space)
    assert found.code.shape == (8, *code_shape(G, space))
    assert found.code.dtype == torch.float32
    assert found.code.device.type == "cpu"
    assert not found.code.requires_grad
    assert torch.equal(found.pixels, render(G, space, found.code, PSI))
    np.testing.assert_allclose(found.distance, judge.distance(own, found.pixels), rtol=1e-6)
    difference = found.pixels.double() - own.double()
    np.testing.assert_allclose(found.pixel, difference.square().mean([1, 2, 3]).sqrt(), rtol=1e-5)
    assert found.steps.tolist() == [6] * 8
    assert (found.seconds > 0).all()
    assert len(set(found.seconds.tolist())) == 1
    assert [each.dtype for each in (found.distance, found.pixel, found.steps, found.seconds)] == [
        np.float32,
        np.float32,
        np.int32,
        np.float32,
    ]


def test_psi_zero_gives_the_mean_image_exactly(G, own, invert) -> None:
    mean = render(G, "w", G.mapping.w_avg[None], 1.0)
    for space in ("z", "zplus"):
        assert torch.equal(invert(own[:3], space, psi=0.0).pixels, mean.expand(3, -1, -1, -1))


def test_w_is_not_truncated(G, own, invert) -> None:
    a, b = invert(own, "w", psi=PSI), invert(own, "w", psi=0.2)
    assert torch.equal(a.pixels, b.pixels)


@pytest.mark.parametrize("space", ["z", "zplus"])
def test_codes_of_z_keep_the_length_of_a_random_z(G, own, invert, space) -> None:
    lengths = invert(own, space, lr=0.5).code.norm(dim=-1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, G.z_dim**0.5))


def test_a_start_is_refined_and_one_of_another_shape_refused(G, judge, own, invert) -> None:
    z = unit_length(sample_z(8, G.z_dim, 11, "own") + 0.3 * sample_z(8, G.z_dim, 12, "moved"))
    before, given = measure(G, judge, own, "z", z, truncation_psi=PSI), z.clone()
    after = invert(own, "z", start=z, restarts=3, lr=0.03, jitter=0)
    assert after.steps.tolist() == [6] * 8  # one start, whatever restarts says
    assert (after.distance < before.distance).all()
    assert torch.equal(z, given)  # not in place
    with pytest.raises(CodesError, match=r"starts from codes \[8, 8\], but wplus wants"):
        invert(own, "wplus", start=z)


def test_of_several_restarts_the_best_is_kept_for_each_image(own, invert) -> None:
    alone = invert(own, "z", restarts=1)
    three = invert(own, "z", restarts=3)
    assert (three.distance <= alone.distance).all()
    assert (three.distance < alone.distance).any()
    same = torch.from_numpy(three.distance == alone.distance)
    assert same.any()
    torch.testing.assert_close(three.code[same], alone.code[same])
    assert three.steps.tolist() == [18] * 8


def test_best_of_takes_whole_results(G, judge, own) -> None:
    z = sample_z(8, G.z_dim, 1, "some")
    a = measure(G, judge, own, "zplus", z[:, None].expand(-1, G.num_ws, -1), truncation_psi=PSI, steps=4, seconds=8.0)
    b = measure(G, judge, own, "zplus", z.flip(0)[:, None].expand(-1, G.num_ws, -1), truncation_psi=PSI, steps=2)
    best = best_of(a, b)
    from_b = b.distance < a.distance
    assert 0 < from_b.sum() < 8
    for row, source in enumerate(b if second else a for second in from_b):
        assert torch.equal(best.code[row], source.code[row])
        assert torch.equal(best.pixels[row], source.pixels[row])
        assert (best.distance[row], best.pixel[row]) == (source.distance[row], source.pixel[row])
    assert best.steps.tolist() == [6] * 8  # of both
    assert best.seconds.tolist() == [1.0] * 8


def test_what_is_not_numbers_is_further_than_anything(G, judge, own) -> None:
    good = G.mapping.w_avg.expand(8, -1).clone()
    bad = good.clone()
    bad[0], bad[1, 3] = torch.nan, torch.inf
    a, b = (measure(G, judge, own, "w", code, truncation_psi=PSI) for code in (bad, good))
    assert np.isnan(a.distance).tolist() == [True, True] + [False] * 6
    for best in (best_of(a, b), best_of(b, a)):
        assert torch.equal(best.code, good)
        np.testing.assert_array_equal(best.distance, b.distance)


def test_a_restart_that_diverges_does_not_spoil_the_others(own, invert, monkeypatch) -> None:
    target = torch.zeros_like(own)  # as which NaN may come out of uint8
    plain = invert(target, "z", restarts=2)
    descend, restarts = module._descend, []

    def diverging(task, batch):
        code, taken = descend(task, batch)
        restarts.append(code)
        return (code.fill_(torch.nan) if len(restarts) == 1 else code), taken

    monkeypatch.setattr(module, "_descend", diverging)
    found = invert(target, "z", restarts=2)
    assert torch.equal(found.code, restarts[1])
    assert np.isfinite(found.distance).all()
    assert (found.distance >= plain.distance).all()


def test_pixels_alone_can_be_minimised_and_nothing_cannot(own, invert) -> None:
    target = own.flip(3)  # which the model cannot make
    both = {"steps": 40, "jitter": 0}
    perceptual = invert(target, "wplus", **both)
    pixel = invert(target, "wplus", perceptual_weight=0, pixel_weight=1, **both)
    assert pixel.pixel.mean() < perceptual.pixel.mean()
    assert pixel.distance.mean() > perceptual.distance.mean()
    with pytest.raises(CodesError, match="perceptual_weight and pixel_weight are both 0"):
        invert(own, "w", perceptual_weight=0)


def test_noise_maps_fit_better_but_are_not_in_the_result(G, own, invert, monkeypatch) -> None:
    target = torch.randint(0, 256, own.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    last = {}
    step = module._step

    def watched(task, batch, number):
        last["loss"], last["maps"] = step(task, batch, number), batch.maps
        return last["loss"]

    monkeypatch.setattr(module, "_step", watched)
    settings = {"steps": 30, "jitter": 0, "noise_weight": 1.0}
    plain = invert(target, "w", **settings)
    without = last["loss"].mean().item()
    found = invert(target, "w", noise_maps=True, **settings)
    assert last["loss"].mean().item() < 0.98 * without
    for noise in last["maps"].values():
        torch.testing.assert_close(noise.square().mean([1, 2, 3]), torch.ones([8]))
    assert torch.equal(found.pixels, render(G, "w", found.code, PSI))  # with the constant noise
    assert not torch.equal(found.code, plain.code)


def test_images_that_have_finished_leave_and_the_others_do_not_notice(own, invert, monkeypatch) -> None:
    sizes = []
    losses = module._losses
    monkeypatch.setattr(module, "_losses", lambda *args: sizes.append(len(args[2])) or losses(*args))
    settings = {"steps": 80, "patience": 6, "tolerance": 0.1}
    found = invert(own, "w", **settings)
    assert found.steps.min() < found.steps.max() <= 80
    assert sizes[0] == 8
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 8
    assert sum(sizes) <= found.steps.sum() + 8 * module.LOOKED_AT_EVERY
    longest = found.steps.argmax()
    alone = invert(own[[longest]], "w", [f"image{longest}"], **settings)
    assert alone.steps.item() == found.steps[longest]
    torch.testing.assert_close(alone.code[0], found.code[longest], rtol=1e-3, atol=1e-3)


def test_stopping_early_costs_little(own, invert) -> None:
    patient, impatient = invert(own[:4], "w", steps=80), invert(own[:4], "w", steps=80, patience=15, tolerance=0.01)
    assert impatient.steps.mean() < 80
    assert impatient.distance.mean() < 1.5 * patient.distance.mean()


def test_the_model_and_the_judge_are_left_as_they_were(G, judge, own, invert) -> None:
    before = {name: tensor.clone() for name, tensor in G.state_dict().items()}
    pixels = own.clone()
    invert(own, "zplus", noise_maps=True)
    assert all(torch.equal(tensor, before[name]) for name, tensor in G.state_dict().items())
    assert torch.equal(own, pixels)
    for parameter in [*G.parameters(), *judge.network.parameters()]:
        assert parameter.grad is None


def test_equal_calls_find_equal_codes_and_another_seed_others(G, judge, own, invert) -> None:
    first = invert(own, "z")
    assert torch.equal(invert(own, "z").code, first.code)
    settings, ids = Optimisation(steps=6, candidates=8), [f"image{row}" for row in range(8)]
    other = optimise(G, judge, own, space="z", settings=settings, truncation_psi=PSI, image_ids=ids, seed=4)
    assert not torch.equal(other.code, first.code)


def test_images_of_another_size_and_a_judge_without_a_distance_are_refused(own, invert) -> None:
    with pytest.raises(CodesError, match=r"makes 16 px images and cannot invert \[32, 32\] px ones"):
        invert(own.repeat(1, 1, 2, 2), "z")
    with pytest.raises(JudgeError, match="does not measure distance"):
        invert(own, "z", judge=ColourJudge("c"))


def test_long_work_is_logged_now_and_then(own, invert, monkeypatch, caplog) -> None:
    monkeypatch.setattr(module, "LOG_EVERY_SEC", 0.0)
    with caplog.at_level(logging.INFO, "stylealign.inversion.optimise"):
        invert(own[:1], "w", steps=2)
    assert "w: step 1 of 2, mean loss" in caplog.text
    assert "w: 1 images in" in caplog.text


def test_found_is_a_dataclass_of_what_is_written(own, invert) -> None:
    names = [each.name for each in dataclasses.fields(invert(own[:1], "w", steps=1))]
    assert names == ["code", "distance", "pixel", "steps", "seconds", "pixels"]
