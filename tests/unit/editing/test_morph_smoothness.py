"""Steps of morphs: exact ends, a judge's own distances, peaks where layers are swapped, rows that fit the table."""

import numpy as np
import pytest

from stylealign.editing.morph import MorphPath, morph_grid, positions
from stylealign.editing.morph_pairs import Pairs, open_pairs
from stylealign.editing.morph_smoothness import (
    METHODS,
    frames_of,
    morph_film,
    morph_pictures,
    morph_rows,
    steps_along,
)
from stylealign.images import from_hwc
from stylealign.tables import MORPH_SMOOTHNESS, to_frame


@pytest.fixture(scope="module")
def pairs(make_family):
    """Two models far apart, as if one came from the other, with three codes of each."""
    family = make_family(0.4)
    opened = [open_pairs([family[name]] * 2, [], num_pairs=3) for name in ("parent", "child")]
    return Pairs([one.generators[0] for one in opened], opened[0].ws, None, "same-z")


@pytest.fixture(scope="module")
def measured(pairs, judge):
    return morph_rows("face2dog", pairs, judge, num_frames=13, seed=0)


def test_rows_fit_the_table_and_tell_their_steps(measured):
    rows, steps = measured
    frame = to_frame(MORPH_SMOOTHNESS, rows).set_index("method")
    assert steps.shape == (3, 3, 12)
    for method, taken in zip(METHODS, steps, strict=True):
        row = frame.loc[method]
        assert row["mean_step"] == pytest.approx(taken.mean())
        assert row["largest_step"] == pytest.approx(taken.max(axis=1).mean())
        assert row["max_over_mean"] == pytest.approx((taken.max(axis=1) / taken.mean(axis=1)).mean())
        assert row["ratio_low"] <= row["max_over_mean"] <= row["ratio_high"] <= row["ratio_worst"]
        assert (row["num_pairs"], row["num_frames"], row["judge"]) == (3, 13, "tiny")


def test_every_way_begins_and_ends_with_the_models_own_images(measured, pairs):
    assert [row["endpoint_error"] for row in measured[0]] == [0, 0, 0]
    for method in METHODS:
        frames = list(frames_of(method, pairs, pairs.ends(), positions(5)))
        assert np.array_equal(np.stack([frames[0], frames[-1]]), pairs.ends())


def test_an_end_that_is_another_image_is_told(pairs, judge):
    wrong = pairs.ends()
    wrong[1, 2, 0, 0, 0] ^= 1
    assert steps_along(frames_of("interpolation", pairs, pairs.ends(), positions(3)), wrong, judge)[1] == 1


def test_steps_are_the_judges_distances_of_neighbours(pairs, judge):
    frames = np.stack(list(frames_of("interpolation", pairs, pairs.ends(), positions(4))))
    steps, _ = steps_along(iter(frames), pairs.ends(), judge)
    for pair in range(3):
        one_by_one = [judge.distance(from_hwc(frames[k : k + 1, pair]), from_hwc(frames[k + 1 : k + 2, pair]))[0]
                      for k in range(3)]  # fmt: skip
        assert steps[pair] == pytest.approx(one_by_one, rel=1e-4)


def test_swapping_leaps_where_a_resolution_switches(measured):
    """b4, b8 and b16 switch at a quarter, a half and three quarters of the way; codes are the same at both ends."""
    interpolated, swapped, _ = measured[1]
    assert (np.flatnonzero(swapped.mean(axis=0)) == [2, 5, 8]).all()
    assert measured[0][1]["max_over_mean"] > 2 * measured[0][0]["max_over_mean"]
    assert (interpolated > 0).all()


def test_equal_seeds_give_equal_rows(pairs, judge, measured):
    assert repr(morph_rows("face2dog", pairs, judge, num_frames=13, seed=0)[0]) == repr(measured[0])


def test_a_cross_fade_is_the_mean_of_its_ends_halfway(pairs):
    ends = pairs.ends()
    (middle,) = frames_of("cross_fade", pairs, ends, [0.5])
    assert np.abs(middle - ends.astype(float).mean(axis=0)).max() <= 0.5


def test_pictures_hold_what_the_figures_show(pairs, measured):
    shown = morph_pictures("face2dog", ["face", "dog"], pairs, measured[1], grid=3, num_shown=2)
    assert shown["grid"].shape == (3, 3, 16, 16, 3)
    assert shown["sources"].shape == (2, 0, 16, 16, 3), "random z have no real images"
    assert shown["drawn"].shape == (2, 2, 16, 16, 3)
    assert np.array_equal(shown["drawn"][:, 0], pairs.ends()[:, 0]) or np.abs(
        shown["drawn"][:, 0].astype(int) - pairs.ends()[:, 0]).max() <= 1  # fmt: skip
    first = MorphPath(pairs.generators, pairs.ws[:, 0])
    assert np.abs(shown["grid"].astype(int) - morph_grid(first, positions(3), positions(3))).max() <= 1
    assert shown["strips"].shape[0] == len(shown["methods"]) == 3


def test_a_film_shows_the_first_pairs_at_the_pace_asked(pairs):
    film = morph_film(pairs, num_frames=5, easing="smooth", num_shown=2)
    assert film.shape == (5, 2, 16, 16, 3)
    path = MorphPath(pairs.generators, pairs.ws[:, :2])
    middle = positions(5, "smooth")[1]
    assert np.array_equal(film[1], path.render([middle], middle)[0])
