"""Kernel distance of two sets of features (KID, Binkowski et al. 2018, section 4): the unbiased squared MMD.

The kernel is k(x, y) = (x . y / F + 1)^3. :func:`kid` takes every image of both sets, which has less variance than the
customary mean over random subsets; :func:`kid_of_subsets` is that custom, equal to clean-fid's on the same subsets.

The interval. Resampling images with replacement and feeding the copies to the estimator is biased: a copied image
meets itself, k(x, x) is the kernel's largest value, and every resample looks further away than the data. Here a
resample is a multinomial weight on each image and pairs of an image with itself stay left out, as in the estimator.
The weight of every other pair has the same expectation, so the mean over resamples is the estimate itself, and the
spread is that of the U-statistic; where both sets are alike (the degenerate case) the interval is a little too wide,
never shifted.

Several generated images of one source are a *cluster*: they are alike, so they are resampled together, and a pair of
one cluster is left out like a pair of an image with itself. The estimate is then unbiased for the distribution over
sources, and the interval as wide as the number of sources, not of images, makes it.

Legend: N real and M generated images, C clusters, F features, B resamples.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stylealign.errors import JudgeError
from stylealign.seeds import numpy_stream

NUM_RESAMPLES = 200
BLOCK_ROWS = 512


@dataclass(frozen=True)
class Kid:
    """The estimate and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[N, M] values of the polynomial kernel between [N, F] and [M, F]."""
    product = a @ b.T
    product /= a.shape[1]
    product += 1
    squared = np.square(product)
    squared *= product  # ** 3 is several times slower
    return squared


def kid(real: np.ndarray, generated: np.ndarray) -> float:
    """Unbiased squared MMD over all images of ``real`` [N, F] and ``generated`` [M, F]; may be below 0 by chance.

    Raises:
        JudgeError: fewer than two images on a side, or features of different lengths.
    """
    real, generated = _checked(real, generated)
    w, v = np.ones([1, len(real)]), np.ones([1, len(generated)])
    (within_real,), (within_generated,) = _means_without_self(real, [w]), _means_without_self(generated, [v])
    return float((within_real + within_generated - 2 * _across(real, generated, w, v))[0])


def kid_interval(
    real: np.ndarray,
    generated: np.ndarray,
    seed: int,
    *purpose: str | int,
    num_resamples: int = NUM_RESAMPLES,
    within_generated: np.ndarray | None = None,
    within_real: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> Kid:
    """:func:`kid` with its 95 % bootstrap interval from the named random stream (see the module's notes).

    ``within_generated`` [1 + B] is what :func:`generated_terms` gave for the same purpose, numbers of images and
    resamples, ``within_real`` [1 + B] what :func:`real_term` gave for the same purpose and number of resamples.
    ``clusters`` [M], labels of any kind, says which generated images are of one source; each by itself when absent.

    Raises:
        JudgeError: fewer than two images or clusters on a side, or features of different lengths.
    """
    real, generated = _checked(real, generated)
    assert within_generated is None or clusters is None, "generated_terms knows no clusters"
    if clusters is None:
        w, v = _resamples(len(real), len(generated), seed, purpose, num_resamples)
        within_generated = _means_without_self(generated, [v])[0] if within_generated is None else within_generated
    else:
        members = _members(clusters)
        w, u = _resamples(len(real), members.max() + 1, seed, purpose, num_resamples)
        v = np.ascontiguousarray(u[:, members])
        within_generated = _means_between(generated, members, u)
    within_real = _means_without_self(real, [w])[0] if within_real is None else within_real
    values = within_real + within_generated - 2 * _across(real, generated, w, v)
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Kid(float(values[0]), float(low), float(high))


def real_term(real: np.ndarray, seed: int, *purpose: str | int, num_resamples: int = NUM_RESAMPLES) -> np.ndarray:
    """The part of :func:`kid_interval` that generated images do not enter, [1 + B]: for several sets of them.

    :class:`JudgeError` for fewer than two images.
    """
    real, _ = _checked(real, real)
    w, _ = _resamples(len(real), 1, seed, purpose, num_resamples)  # the real images' weights are drawn first
    return _means_without_self(real, [w])[0]


def generated_terms(
    generated: np.ndarray,
    references: Sequence[tuple[int, tuple[str | int, ...]]],
    seed: int,
    *,
    num_resamples: int = NUM_RESAMPLES,
) -> list[np.ndarray]:
    """The part of :func:`kid_interval` that real images do not enter, for several references from one kernel.

    ``references`` are (number of real images, purpose); a [1 + B] for each. :class:`JudgeError` for fewer than two
    images.
    """
    generated, _ = _checked(generated, generated)
    num = len(generated)
    weights = [_resamples(num_real, num, seed, purpose, num_resamples)[1] for num_real, purpose in references]
    return _means_without_self(generated, weights)


def kid_of_subsets(real: np.ndarray, generated: np.ndarray, subsets: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """The customary KID: the mean of :func:`kid` over pairs of index arrays of equal length (real, generated)."""
    return float(np.mean([kid(real[index], generated[other]) for index, other in subsets]))


def random_subsets(
    num_real: int, num_generated: int, seed: int, *, num_subsets: int = 100, max_size: int = 1000
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of random subsets without replacement, sized as clean-fid does: min(N, M, ``max_size``)."""
    rng = numpy_stream(seed, "kid", "subsets")
    size = min(num_real, num_generated, max_size)
    for _ in range(num_subsets):
        yield rng.choice(num_real, size, replace=False), rng.choice(num_generated, size, replace=False)


def _checked(real: np.ndarray, generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    real, generated = (np.ascontiguousarray(features, dtype=np.float64) for features in (real, generated))
    if min(len(real), len(generated)) < 2 or real.shape[1:] != generated.shape[1:]:
        raise JudgeError(
            f"KID needs features [N, F] of two images or more on both sides, got {real.shape} and {generated.shape}"
        )
    return real, generated


def _members(clusters: np.ndarray) -> np.ndarray:
    """Labels [M] as numbers 0..C-1."""
    members = np.unique(clusters, return_inverse=True)[1]
    if members.max() == 0:
        raise JudgeError("KID's interval needs generated images of two sources or more; translate more images")
    return members


def _resamples(
    num_real: int, num_generated: int, seed: int, purpose: tuple[str | int, ...], num_resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights [1 + B, N] of the real images and [1 + B, M] of the generated ones (or of their clusters)."""
    rng = numpy_stream(seed, "bootstrap", "kid", *purpose)
    w = _bootstrap_weights(rng, num_resamples, num_real)
    return w, _bootstrap_weights(rng, num_resamples, num_generated)


def _bootstrap_weights(rng: np.random.Generator, num_resamples: int, num: int) -> np.ndarray:
    """[1 + B, num]: the data themselves, then B multinomial resamples."""
    resamples = rng.multinomial(num, np.full(num, 1 / num), size=num_resamples)
    return np.concatenate([np.ones([1, num]), resamples])


def _across(real: np.ndarray, generated: np.ndarray, w: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Weighted mean [B] of the kernel over pairs of a real and a generated image."""
    return _bilinear(real, generated, [(w, v)])[0] / (w.sum(1) * v.sum(1))


def _means_without_self(features: np.ndarray, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Weighted mean [B] of the kernel over pairs of different images, for each of ``weights`` [B, N]."""
    own = (np.square(features).sum(1) / features.shape[1] + 1) ** 3  # [N] k(x, x)
    means = []
    for w, total in zip(weights, _bilinear(features, features, [(w, w) for w in weights]), strict=True):
        square = np.square(w)
        means.append((total - square @ own) / (w.sum(1) ** 2 - square.sum(1)))
    return means


def _means_between(features: np.ndarray, members: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Weighted mean [B] of the kernel over pairs of images of different clusters, for weights ``u`` [B, C] of those."""
    images = [features[members == cluster] for cluster in range(u.shape[1])]
    own = np.array([kernel(some, some).sum() for some in images])  # [C]
    pairs = np.array([len(some) ** 2 for some in images])
    square, v = np.square(u), u[:, members]
    (total,) = _bilinear(features, features, [(v, v)])
    return (total - square @ own) / (v.sum(1) ** 2 - square @ pairs)


def _bilinear(a: np.ndarray, b: np.ndarray, weights: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """w K(a, b) v of each resample, [B], for each (w, v) of ``weights``: a block of the kernel's rows at a time."""
    totals = [np.zeros(len(w)) for w, _ in weights]
    for start in range(0, len(a), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        block = kernel(a[rows], b)
        for total, (w, v) in zip(totals, weights, strict=True):
            total += np.einsum("bm,bm->b", w[:, rows] @ block, v)
    return totals
