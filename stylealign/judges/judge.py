"""What every judge is: a frozen network that takes uint8 images and hides its own resize and normalisation.

A judge says in ``measures`` what it can: ``features`` (for FID and KID), ``distance`` (perceptual, for Figures 1 and
8 and Table 2 of StyleAlign), ``attributes``, ``regions`` and ``text``. Asking for anything else raises
:class:`JudgeError`.
Images pass through in batches, and no result depends on which images share a batch.

A distance can be differentiated: an inversion perceives its targets once (:meth:`Judge.perceive`) and compares images
that it changes with them (:meth:`Judge.perceptual_loss`).

Legend: N images, H x W pixels, F features, x images in [-1, 1].
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
import torch

from stylealign.devices import pick_device
from stylealign.errors import JudgeError
from stylealign.images import to_net

FEATURES, DISTANCE, ATTRIBUTES, REGIONS, TEXT = "features", "distance", "attributes", "regions", "text"

KINDS_THAT_MEASURE = {
    FEATURES: ("embedded", "inception", "torchvision", "embedded_clip", "open_clip"),
    DISTANCE: ("embedded", "lpips", "torchvision"),
    ATTRIBUTES: ("embedded", "colour"),
    REGIONS: ("embedded", "bisenet", "transformers", "upernet"),
    TEXT: ("embedded_clip", "open_clip"),
}


class Judge:
    """Base of the judges. A kind declares ``kind`` and ``measures`` and overrides the ``_*`` methods that it can."""

    kind: ClassVar[str] = "none"
    measures: ClassVar[frozenset[str]] = frozenset()
    min_resolution_px: ClassVar[int] = 1
    region_names: tuple[str, ...] = ()
    attribute_names: tuple[str, ...] = ()

    def __init__(self, name: str, device: torch.device | str = "cpu", batch_size: int = 64):
        self.name = name
        self.device = pick_device(device)
        self.batch_size = batch_size

    # -- what users call: uint8 pixels in, NumPy out ------------------------------------------------------------------

    def features(self, pixels: torch.Tensor) -> np.ndarray:
        """uint8 ``pixels`` [N, 3, H, W] to float32 features [N, F]."""
        self._require(FEATURES)
        return _numpy(self._batched(self._features, pixels))

    def distance(self, a: torch.Tensor, b: torch.Tensor) -> np.ndarray:
        """Perceptual distance of image i of ``a`` to image i of ``b`` (uint8 [N, 3, H, W] both) as float32 [N]."""
        self._require(DISTANCE)
        self._check_alike(a, b)
        return _numpy(self._batched(lambda some_a, some_b: self._distance(self._look(some_a), some_b), a, b))

    def distances(self, base: torch.Tensor, others: Iterable[torch.Tensor]) -> list[np.ndarray]:
        """:meth:`distance` of ``base`` to each of ``others``, looking at ``base`` once.

        What is seen in ``base`` is kept meanwhile: a few activations for each image. ``others`` are taken one by one.
        """
        self._require(DISTANCE)
        self._check(base)
        with torch.inference_mode():
            seen = [self._look(some) for (some,) in self._batches(base)]
        return [self._distance_to(base, seen, other) for other in others]

    def _distance_to(self, base: torch.Tensor, seen: list[list[torch.Tensor]], other: torch.Tensor) -> np.ndarray:
        self._check_alike(base, other)
        looks = iter(seen)
        return _numpy(self._batched(lambda some: self._distance(next(looks), some), other))

    def perceive(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """What the judge sees of uint8 ``pixels`` [N, 3, H, W], on its device: constants for :meth:`perceptual_loss`.

        Plain tensors of N rows each, whatever the mode (:func:`select_seen` takes some of them).

        Raises:
            JudgeError: the kind measures no distance; anything but uint8 RGB images of a resolution it can judge.
        """
        self._require(DISTANCE)
        self._check(pixels)
        with torch.inference_mode(False), torch.no_grad():
            looks = [self._look(some) for (some,) in self._batches(pixels)]
            return [torch.cat(parts) if len(parts) > 1 else parts[0] for parts in zip(*looks, strict=True)]

    def perceptual_loss(self, seen: list[torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        """Distance [N] of ``x`` [N, 3, H, W] in [-1, 1] to what :meth:`perceive` gave, differentiable in ``x``.

        For ``x = to_net(pixels)`` it is :meth:`distance` up to float error; values between grey levels are judged as
        they are, and so are those beyond black and white (but a judge that resizes may clip them). The judge's weights
        are frozen: no gradient is kept for them.
        """
        self._require(DISTANCE)
        return self._compare(seen, self._see(x))

    def perceptual_distances(self, seen: list[torch.Tensor], others: list[torch.Tensor]) -> torch.Tensor:
        """Distance [N, M] of each of N perceived images to each of M others, up to float error."""
        self._require(DISTANCE)
        a, b = self._flat(seen), self._flat(others)
        squares = a.square().sum(1)[:, None] + b.square().sum(1)
        return torch.addmm(squares, a, b.t(), alpha=-2).clamp_(min=0)

    def attributes(self, pixels: torch.Tensor) -> dict[str, np.ndarray]:
        """Judged attributes of uint8 ``pixels`` [N, 3, H, W]: a float64 [N] for each name in ``attribute_names``."""
        self._require(ATTRIBUTES)
        return self._named(self._batched(self._attributes, pixels))

    def regions(self, pixels: torch.Tensor) -> np.ndarray:
        """Region ids uint8 [N, H, W] of uint8 ``pixels`` [N, 3, H, W]; id k is ``region_names[k]``."""
        self._require(REGIONS)
        return _numpy(self._batched(self._regions, pixels))

    def features_and_attributes(self, pixels: torch.Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Both in one pass: features float32 [N, F] (F = 0 if not measured) and attributes (empty if not measured)."""
        features, attributes = self._batched(self._features_and_attributes, pixels)
        return _numpy(features), self._named(attributes)

    # -- what a kind overrides: one batch on the device ---------------------------------------------------------------

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _look(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """What the judge sees of uint8 images: tensors of N rows."""
        return self._see(to_net(pixels))

    def _see(self, x: torch.Tensor) -> list[torch.Tensor]:
        """What the judge sees of images in [-1, 1], differentiably."""
        raise NotImplementedError

    def _compare(self, seen: list[torch.Tensor], other: list[torch.Tensor]) -> torch.Tensor:
        """Distance [N] between what was seen of N images and of N others."""
        raise NotImplementedError

    def _flat(self, seen: list[torch.Tensor]) -> torch.Tensor:
        """What was seen as vectors [N, F] whose squared Euclidean distance is :meth:`_compare`."""
        raise NotImplementedError

    def _distance(self, seen: list[torch.Tensor], pixels: torch.Tensor) -> torch.Tensor:
        return self._compare(seen, self._look(pixels))

    def _attributes(self, pixels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _regions(self, pixels: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError

    def _features_and_attributes(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        nothing = torch.zeros([len(pixels), 0])
        features = self._features(pixels) if FEATURES in self.measures else nothing
        attributes = self._attributes(pixels) if ATTRIBUTES in self.measures else nothing
        return features, attributes

    # -- the machinery ------------------------------------------------------------------------------------------------

    def _require(self, measure: str) -> None:
        if measure not in self.measures:
            able = ", ".join(KINDS_THAT_MEASURE[measure])
            raise JudgeError(
                f"judge {self.name} is of kind {self.kind}, which does not measure {measure}; use one of kind {able}"
            )

    def _named(self, values: torch.Tensor) -> dict[str, np.ndarray]:
        columns = _numpy(values).astype(np.float64).T  # [A, N]
        return dict(zip(self.attribute_names, columns, strict=True))

    def _check(self, pixels: torch.Tensor) -> None:
        if pixels.dtype != torch.uint8 or pixels.ndim != 4 or pixels.shape[1] != 3:
            shape = list(pixels.shape)
            raise JudgeError(f"judge {self.name}: wants uint8 [N, 3, H, W] images, got {pixels.dtype} {shape}")
        if min(pixels.shape[2:]) < self.min_resolution_px:
            raise JudgeError(
                f"judge {self.name} (kind {self.kind}) needs images of {self.min_resolution_px} px or more, "
                f"got {pixels.shape[2]} x {pixels.shape[3]}; raise the study's resolution or choose another judge"
            )

    def _check_alike(self, a: torch.Tensor, b: torch.Tensor) -> None:
        if a.shape != b.shape:
            raise JudgeError(f"judge {self.name}: distance between {list(a.shape)} and {list(b.shape)} images")

    def _batched(self, measure: Callable, *images: torch.Tensor):
        for pixels in images:
            self._check(pixels)
        with torch.inference_mode():
            results = [measure(*batch) for batch in self._batches(*images)]
            if isinstance(results[0], tuple):
                return tuple(torch.cat([part.cpu() for part in parts]) for parts in zip(*results, strict=True))
            return torch.cat([result.cpu() for result in results])

    def _batches(self, *images: torch.Tensor) -> Iterator[list[torch.Tensor]]:
        for start in range(
            0, max(len(images[0]), 1), self.batch_size
        ):  # one empty batch gives an empty result its shape
            yield [pixels[start : start + self.batch_size].to(self.device) for pixels in images]


def _numpy(tensor: torch.Tensor) -> np.ndarray:
    return tensor.cpu().numpy()


def select_seen(seen: Any, index: torch.Tensor) -> Any:
    """Rows ``index`` (int64 [n]) of every tensor in what :meth:`Judge.perceive` gave, in lists and tuples of them."""
    if isinstance(seen, torch.Tensor):
        return seen[index.to(seen.device)]
    return type(seen)(select_seen(part, index) for part in seen)
