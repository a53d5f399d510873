"""Overlap scores against the published formula, one percentile at a time; chance against SciPy and enumeration."""

from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from stylealign.alignment.chance import chance_to_match, chance_to_share, hypergeometric
from stylealign.alignment.localization import leading_regions
from stylealign.alignment.region_overlap import dominant_regions, overlap_cells, regions_on_grid

SEEDS = st.integers(0, 10**6)


def _cells(values, regions, k):
    """n of StyleSpace's align_mask, as published: values [N] float, regions [N]."""
    area = (regions == k).sum()
    t = np.percentile(values, 100 * (1 - area / len(values)))
    return ((values > t) & (regions == k)).sum()


def _dominant(values, regions, num_regions):
    best = (-1.0, -1.0, None)
    for k in range(num_regions):
        area = int((regions == k).sum())
        if area:
            n = int(_cells(values, regions, k))
            if n and (n / area**2, n / area) > best[:2]:
                best = (n / area**2, n / area, k)
    return -1 if best[2] is None else best[2]


def _maps(rng, levels, shape):
    """Integer codes with ``levels`` distinct values (few: many ties), and the scale of the map that they store."""
    return rng.integers(0, levels, shape).astype(np.uint16) * np.uint16(65535 // levels), rng.gamma(1, size=shape[:2])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, grid=st.sampled_from([4, 8, 16]), num_regions=st.integers(1, 6), levels=st.integers(1, 4000))
def test_dominant_regions_are_those_of_the_published_formula(seed, grid, num_regions, levels):
    rng = np.random.default_rng(seed)
    maps, scale = _maps(rng, levels, (2, 5, grid, grid))
    regions = np.sort(rng.integers(0, num_regions, [2, grid, grid]), axis=2)
    values = maps * (scale / 65535)[..., None, None]  # float64, as the derivatives were
    found = dominant_regions(maps, regions, num_regions)
    for i, c in product(range(2), range(5)):
        assert found[i, c] == _dominant(values[i, c].ravel(), regions[i].ravel(), num_regions)
    cells = overlap_cells(maps[0].reshape(5, -1), regions[0].ravel(), num_regions)
    for c, k in product(range(5), range(num_regions)):
        assert cells[c, k] == (_cells(values[0, c].ravel(), regions[0].ravel(), k) if (regions[0] == k).any() else 0)


def test_a_constant_map_overlaps_nothing_and_one_region_takes_all():
    regions = np.repeat(np.arange(4), 4).reshape(1, 4, 4)
    assert (dominant_regions(np.full([1, 2, 4, 4], 7, np.uint16), regions, 4) == -1).all()
    ramp = np.arange(16, dtype=np.uint16).reshape(1, 1, 4, 4)
    assert (dominant_regions(ramp, np.zeros_like(regions), 1) == 0).all()
    assert overlap_cells(ramp.reshape(1, 16), np.zeros(16, int), 1) == 15  # the published > leaves the least one out


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, grid=st.sampled_from([1, 2, 4, 8]))
def test_the_grid_takes_a_majority_of_each_block(seed, grid):
    regions = np.random.default_rng(seed).integers(0, 3, [2, 8, 8]).astype(np.uint8)
    found, block = regions_on_grid(regions, grid, 3), 8 // grid
    for n, i, j in product(range(2), range(grid), range(grid)):
        part = regions[n, i * block : (i + 1) * block, j * block : (j + 1) * block].ravel().tolist()
        assert found[n, i, j] == max(range(3), key=part.count)  # the first of equals
    assert found.dtype == regions.dtype


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, num=st.integers(1, 12))
def test_rates_count_image_by_image(seed, num):
    rng = np.random.default_rng(seed)
    present = rng.random([num, 4]) < 0.6
    dominant = np.array([rng.choice([-1, *np.flatnonzero(shown)], 6) for shown in present])
    index = rng.integers(0, num, num)
    lead = leading_regions(dominant, present, 0.3, np.bincount(index, minlength=num)[None].astype(np.float32))
    for c in range(6):
        rates = []
        for k in range(4):
            shown = sum(present[i, k] for i in index)
            rates.append(sum(dominant[i, c] == k for i in index) / shown if shown and shown / num >= 0.3 else 0.0)
        ordered = sorted(rates, reverse=True)
        assert (lead.rate[0, c], lead.second_rate[0, c]) == pytest.approx(ordered[:2])
        for region, rate in ((lead.first[0, c], ordered[0]), (lead.second[0, c], ordered[1])):
            assert rates[region] == pytest.approx(rate) if rate else region == -1
        assert lead.first[0, c] != lead.second[0, c] or lead.first[0, c] == -1


@settings(max_examples=100, deadline=None)
@given(data=st.data(), num=st.integers(1, 400))
def test_the_chance_of_two_sets_is_scipys(data, num):
    a, b = data.draw(st.integers(0, num)), data.draw(st.integers(0, num))
    shared = data.draw(st.integers(0, min(a, b)))
    expected, p = chance_to_share(shared, *(np.array([count]) for count in (a, b, num)))
    assert expected == pytest.approx(a * b / num)
    assert p == pytest.approx(hypergeom.sf(shared - 1, num, a, b), rel=1e-9)
    assert hypergeometric(num, a, b).sum() == pytest.approx(1)


def test_numbers_too_large_for_floats_are_no_matter():
    assert chance_to_share(200, *(np.array([n]) for n in (400, 300, 9000)))[1] == pytest.approx(
        hypergeom.sf(199, 9000, 400, 300), rel=1e-6
    )


def test_the_chance_within_layers_is_that_of_every_possible_draw():
    sizes, a, b = np.array([5, 4, 3]), np.array([2, 3, 0]), np.array([3, 2, 2])
    draws = [list(combinations(range(size), drawn)) for size, drawn in zip(sizes, b, strict=True)]
    shared = np.array(
        [
            sum(sum(c < marked for c in chosen) for chosen, marked in zip(draw, a, strict=True))
            for draw in product(*draws)
        ]
    )
    for num in range(6):
        expected, p = chance_to_share(num, a, b, sizes)
        assert expected == pytest.approx(shared.mean())
        assert p == pytest.approx((shared >= num).mean())


def test_the_chance_to_match_is_that_of_every_permutation():
    a, b = np.array([0, 0, 1, 2, -1, 1, 1, -1]), np.array([0, 1, 1, -1, 0, 1, 2, 1])
    strata = np.array([0, 0, 0, 0, 0, 1, 1, 1])
    layers = (list(permutations(b[strata == layer])) for layer in (0, 1))
    matches = np.array(
        [sum(x == y >= 0 for x, y in zip(a, first + last, strict=True)) for first, last in product(*layers)]
    )
    observed = sum(x == y >= 0 for x, y in zip(a, b, strict=True))
    expected, p = chance_to_match(a, b, strata, np.random.default_rng(0), 20000)
    assert expected == pytest.approx(matches.mean())
    assert p == pytest.approx((matches >= observed).mean(), abs=0.015)
    assert chance_to_match(a, b, np.zeros(8, int), np.random.default_rng(0))[0] == pytest.approx(
        (2 * 2 + 3 * 4 + 1) / 8
    )
