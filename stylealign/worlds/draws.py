"""The uniform numbers one sample is made of, drawn from a named stream and handed out in a fixed order."""

import numpy as np

NUM_DRAWS = 192


class Draws:
    """Uniform numbers of one sample; every method takes a fixed count of them, so that later draws never shift."""

    def __init__(self, stream: np.random.Generator):
        self._take = iter(stream.random(NUM_DRAWS).tolist()).__next__

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self._take()

    def bell(self, low: float, high: float) -> float:
        """Between low and high, the middle likelier (a triangle)."""
        return low + (high - low) * 0.5 * (self._take() + self._take())

    def chance(self, rate: float) -> bool:
        """True at the stated rate."""
        return self._take() < rate

    def pick(self, *weights: float) -> int:
        """An index, drawn in proportion to the weights."""
        left = self._take() * sum(weights)
        for index, weight in enumerate(weights):
            left -= weight
            if left < 0:
                return index
        return len(weights) - 1
