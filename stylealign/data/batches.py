"""Batches: a pure function of (seed, step), so that a resumed training sees the images an uninterrupted one would.

The images are visited in the concatenation, without end, of one permutation an epoch; step n takes positions n B to
n B + B of it. Permutations and mirror flips are named streams. Batches are gathered by NumPy: on busy cores, waking
torch's threads for a few kilobytes costs milliseconds.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch

from stylealign.seeds import numpy_stream

_PREFETCHED_STEPS = 4


class Images(Protocol):
    """What is batched: an image set, or one reduced to a lower resolution."""

    resolution: int

    @property
    def num(self) -> int: ...

    def read(self, positions: Sequence[int] | np.ndarray | torch.Tensor) -> torch.Tensor: ...

    def all(self) -> torch.Tensor: ...


class Batches:
    """uint8 batches of an image set: from memory where it fits ``memory_budget_gb`` (10^9 bytes), else decoded ahead.

    ``num_workers`` threads decode the next few steps while this one is used; with 0 the caller's thread decodes.
    Neither the budget nor the workers change a value. ``rows``, int [n], gives those rows of every batch only.
    """

    def __init__(
        self,
        image_set: Images,
        batch_size: int,
        seed: int,
        *,
        mirror: bool = False,
        memory_budget_gb: float = 2.0,
        num_workers: int = 2,
        rows: np.ndarray | None = None,
    ):
        assert batch_size >= 1, batch_size
        self.image_set, self.batch_size, self.seed, self.mirror = image_set, batch_size, seed, mirror
        self.rows = slice(None) if rows is None else rows
        num_bytes = image_set.num * 3 * image_set.resolution**2
        self.is_in_memory = num_bytes <= memory_budget_gb * 1e9
        self._permutations: dict[int, np.ndarray] = {}
        self._ahead: dict[int, Future[torch.Tensor]] = {}
        self._pool = None if self.is_in_memory or not num_workers else ThreadPoolExecutor(num_workers)

    def at(self, step: int) -> torch.Tensor:
        """The batch of ``step``, or its rows: uint8 [B, 3, R, R]."""
        if self.is_in_memory:
            return self._flipped(self.image_set.all().numpy()[self.positions(step)], step)
        if self._pool is None:
            return self._decode(step, self.positions(step))
        return self._decode_ahead(step, self._pool)

    def positions(self, step: int) -> np.ndarray:
        """Which images of the set step ``step`` shows: int64 [B]."""
        start, num = step * self.batch_size, self.image_set.num
        visits = np.arange(start, start + self.batch_size)[self.rows]
        epochs = visits // num
        self._forget_before(start // num)
        return np.array([self._permutation(int(e))[v % num] for e, v in zip(epochs, visits, strict=True)])

    def close(self) -> None:
        """Stop the workers; the next call of :meth:`at` would decode in the caller's thread."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool, self._ahead = None, {}

    def _permutation(self, epoch: int) -> np.ndarray:
        if epoch not in self._permutations:
            stream = numpy_stream(self.seed, "batches", "epoch", epoch)
            self._permutations[epoch] = stream.permutation(self.image_set.num)
        return self._permutations[epoch]

    def _forget_before(self, epoch: int) -> None:
        for old in [known for known in self._permutations if known < epoch]:
            del self._permutations[old]

    def _decode_ahead(self, step: int, pool: ThreadPoolExecutor) -> torch.Tensor:
        for old in [known for known in self._ahead if not step <= known <= step + _PREFETCHED_STEPS]:
            self._ahead.pop(old).cancel()
        for ahead in range(step, step + _PREFETCHED_STEPS + 1):
            if ahead not in self._ahead:
                self._ahead[ahead] = pool.submit(self._decode, ahead, self.positions(ahead))
        return self._ahead.pop(step).result()

    def _decode(self, step: int, positions: np.ndarray) -> torch.Tensor:
        return self._flipped(self.image_set.read(positions).numpy(), step)

    def _flipped(self, pixels: np.ndarray, step: int) -> torch.Tensor:
        if self.mirror:
            flips = numpy_stream(self.seed, "batches", "mirror", step).random(self.batch_size)[self.rows] < 0.5
            pixels[flips] = pixels[flips, :, :, ::-1]
        return torch.from_numpy(pixels)
