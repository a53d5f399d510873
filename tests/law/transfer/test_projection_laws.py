"""Laws of conditional directions: unit, orthogonal to what they leave alone, whatever describes that span."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stylealign.errors import JudgeError
from stylealign.transfer.boundaries import conditional_projection


def _unit(rng, *shape):
    vectors = rng.normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), dim=st.integers(3, 64), num=st.integers(1, 5))
def test_unit_and_orthogonal(seed, dim, num):
    assume(num < dim)
    rng = np.random.default_rng(seed)
    normal, others = _unit(rng, dim), _unit(rng, num, dim)
    left = conditional_projection(normal, others)
    assert np.linalg.norm(left) == pytest.approx(1)
    assert np.abs(others @ left).max() < 1e-9
    assert left @ normal > 0


def test_the_published_formula_for_one_condition():
    normal, other = _unit(np.random.default_rng(0), 2, 16)
    left = normal - (normal @ other) * other
    np.testing.assert_allclose(conditional_projection(normal, other), left / np.linalg.norm(left))


def test_repeats_and_mixtures_of_the_others_change_nothing():
    rng = np.random.default_rng(1)
    normal, others = _unit(rng, 10), _unit(rng, 2, 10)
    more = np.vstack([others, others[0], others[0] - 3 * others[1]])
    np.testing.assert_allclose(conditional_projection(normal, more), conditional_projection(normal, others), atol=1e-9)
    once = conditional_projection(normal, others)
    np.testing.assert_allclose(conditional_projection(once, others), once, atol=1e-12)


def test_nothing_left_is_refused():
    others = _unit(np.random.default_rng(2), 2, 6)
    with pytest.raises(JudgeError, match="lies within those to be left alone"):
        conditional_projection((others[0] - others[1]) / np.linalg.norm(others[0] - others[1]), others)
