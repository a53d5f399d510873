"""Zero-shot prediction: what is known of a parent's images, read in a child's codes (StyleAlign, 4.3 and A.6).

The features of an image are the signed distances of the first rows of its code to the parent's boundary of the
attribute (LARGE, without its weights of layers). A linear model (of a class, a logistic one) from them to the label is
fitted on images of the parent and applied unchanged to codes that the child's encoder found. Beside it: the same with
random boundaries, the same kind of model on what a network saw that was trained on the parent's images, and the upper
bound, fitted on labels of the child.

Legend: N images, L rows of a code, W numbers in each, K outputs of the network, D draws.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stylealign.errors import JudgeError
from stylealign.seeds import numpy_stream

ZERO_SHOT, IMAGE_TRAINED, RANDOM, UPPER = "zero_shot", "image_trained", "random_boundary", "upper_bound"
METHODS = (ZERO_SHOT, IMAGE_TRAINED, RANDOM, UPPER)

RIDGES = tuple(float(10.0**power) for power in range(-3, 5))  # chosen by leave-one-out on the images fitted
LOGISTIC_C = 0.1


@dataclass(frozen=True)
class Seen:
    """Images as the encoder of their model sees them, and as the network on the parent's images does."""

    codes: np.ndarray  # float64 [N, L, W]
    outputs: np.ndarray  # float64 [N, K]

    def take(self, rows: np.ndarray) -> "Seen":
        """These images only."""
        return Seen(self.codes[rows], self.outputs[rows])


@dataclass(frozen=True)
class Labelled:
    """Images with what is known of them; NaN where it is not."""

    seen: Seen
    labels: np.ndarray  # float64 [N]: numbers, or 0 and 1

    @property
    def known(self) -> "Labelled":
        """Those images whose label is known."""
        rows = np.flatnonzero(np.isfinite(self.labels))
        return Labelled(self.seen.take(rows), self.labels[rows])


@dataclass(frozen=True)
class Boundary:
    """The parent's boundary: ``<w, normal> + intercept`` is positive on the attribute's high side."""

    normal: np.ndarray  # float64 [W], unit length
    intercept: float


Fitted = Callable[[np.ndarray], np.ndarray]  # features [N, F] -> numbers, or probabilities of yes, [N]
Predict = Callable[[Seen], np.ndarray]  # -> [D, N]


def signed_distances(codes: np.ndarray, boundary: Boundary, num_layers: int) -> np.ndarray:
    """Of the first ``num_layers`` rows of codes [N, L, W] to a boundary: [N, num_layers]."""
    found: np.ndarray = codes[:, :num_layers] @ boundary.normal + boundary.intercept
    return found


def random_boundaries(num: int, w_dim: int, seed: int) -> list[Boundary]:
    """Directions drawn evenly from the sphere; where along them zero lies changes no prediction."""
    normals = numpy_stream(seed, "zero_shot", "random_boundary").standard_normal([num, w_dim])
    return [Boundary(normal / np.linalg.norm(normal), 0.0) for normal in normals]


def fit_methods(
    parent: Labelled,
    child: Labelled,
    boundary: Boundary,
    *,
    is_class: bool,
    num_layers: int,
    num_random: int,
    seed: int,
    asked: str,
) -> dict[str, Predict]:
    """Every method of :data:`METHODS`, ready for images it has not seen; only the upper bound looks at ``child``.

    Raises :class:`JudgeError`, naming what is ``asked``, when all labels of the parent are alike.
    Where the child's are, its upper bound is NaN.
    """
    parent, child = parent.known, child.known
    if not _varies(parent):
        raise JudgeError(f"{asked}: the parent's train images are all alike in it, so nothing is learned; leave it out")

    def by_distances(one: Boundary) -> Predict:
        def features(seen: Seen) -> np.ndarray:
            return signed_distances(seen.codes, one, num_layers)

        return _on(features, parent, is_class)

    at_random = [by_distances(one) for one in random_boundaries(num_random, len(boundary.normal), seed)]
    return {
        ZERO_SHOT: by_distances(boundary),
        IMAGE_TRAINED: _on(lambda seen: seen.outputs, parent, is_class),
        RANDOM: lambda seen: np.concatenate([predict(seen) for predict in at_random]),
        UPPER: _on(lambda seen: seen.codes.reshape(len(seen.codes), -1), child, is_class) if _varies(child) else _none,
    }


def _varies(images: Labelled) -> bool:
    return bool(len(images.labels)) and bool(np.ptp(images.labels) > 0)


def _none(seen: Seen) -> np.ndarray:
    return np.full([1, len(seen.codes)], np.nan)


def _on(features: Callable[[Seen], np.ndarray], images: Labelled, is_class: bool) -> Predict:
    """A model of some features of images, fitted on ``images``."""
    fitted = fit(features(images.seen), images.labels, is_class)
    return lambda seen: fitted(features(seen))[None]


def fit(features: np.ndarray, labels: np.ndarray, is_class: bool) -> Fitted:
    """A ridge regression, or a logistic one, from features [N, F], each in its own standard deviations."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    mean, std = features.mean(0), features.std(0)
    std = np.where(std > 1e-9 * np.abs(features).max(initial=1), std, 1)  # what does not vary says nothing
    if not is_class:
        number = RidgeCV(alphas=RIDGES).fit((features - mean) / std, labels)
        return lambda others: np.asarray(number.predict((others - mean) / std))
    model = LogisticRegression(C=LOGISTIC_C, max_iter=1000).fit((features - mean) / std, labels > 0)
    return lambda others: np.asarray(model.predict_proba((others - mean) / std)[:, 1])
