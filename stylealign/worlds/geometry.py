"""Outlines as complex points (x + iy, y down): ellipses, smooth curves, ribbons, and places on a turning head.

Legend: k control points, n outline points. Every outline is closed: its last point repeats the first.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

Points = np.ndarray
STEPS = 6  # outline points per control point
_ANGLES = [2 * math.pi * step / 32 for step in range(33)]
COSINE = np.array([math.cos(angle) for angle in _ANGLES])
SINE = np.array([math.sin(angle) for angle in _ANGLES])


def ellipse(centre: complex, rx: float, ry: float, tilt: float = 0.0) -> Points:
    """An ellipse; ``tilt`` in radians, clockwise on the screen."""
    points = rx * COSINE + (1j * ry) * SINE  # [33]
    if tilt:
        points *= complex(math.cos(tilt), math.sin(tilt))
    return points + centre


def closed(controls: Sequence[complex]) -> Points:
    """The smooth closed outline through ``controls`` (periodic Catmull-Rom)."""
    return _closed_matrix(len(controls)) @ np.array(controls, dtype=complex)  # [STEPS k + 1]


def curve(controls: Sequence[complex]) -> Points:
    """The smooth open curve through ``controls``."""
    return _open_matrix(len(controls))[0] @ np.array(controls, dtype=complex)  # [STEPS (k - 1) + 1]


def polygon(corners: Sequence[complex]) -> Points:
    """A closed outline with straight edges."""
    return np.array([*corners, corners[0]], dtype=complex)


def segment(start: complex, end: complex) -> Points:
    """A straight line, for ``Canvas.line``."""
    return np.array((start, end))


def box(left: float, top: float, right: float, bottom: float) -> Points:
    """A rectangle with level sides."""
    return polygon((complex(left, top), complex(right, top), complex(right, bottom), complex(left, bottom)))


def ribbon(controls: Sequence[complex], width: float, taper: float = 0.7) -> Points:
    """A stroke along the smooth curve through ``controls``; ``taper`` 1 ends in points, 0 ends blunt."""
    position, slope, bulge = _open_matrix(len(controls))
    through = np.array(controls, dtype=complex)
    spine = position @ through
    along = slope @ through
    offset = (0.5j * width) * along / np.abs(along) * (1 - taper + taper * bulge)
    return np.concatenate((spine + offset, (spine - offset)[::-1], spine[:1] + offset[:1]))


WHOLE = box(-0.1, -0.1, 1.1, 1.1)  # the unit square and a margin


def scalloped(outline: Points, centre: complex, depth: float, count: int, phase: float = 0.0) -> Points:
    """``outline`` with ``count`` round bumps of relative ``depth``, pushed away from ``centre``."""
    turns = np.arange(len(outline)) * (count / (len(outline) - 1)) + phase
    saw = np.abs(turns - np.floor(turns) - 0.5)  # 0.5 between bumps, 0 on top
    return centre + (outline - centre) * (1 + depth * (1 - 4 * saw * saw))


def spiky(outline: Points, centre: complex, depth: float) -> Points:
    """``outline`` with a tuft at every third point, as ragged fur."""
    return centre + (outline - centre) * (1 + depth * _tufts(len(outline)))


@lru_cache(maxsize=64)
def _tufts(num: int) -> Points:
    pattern = np.array([0.0, 0.35, 1.0])
    tufts = pattern[np.arange(num) % 3]
    tufts[-1] = tufts[0]
    return tufts


@lru_cache(maxsize=64)
def _closed_matrix(num: int) -> Points:
    matrix = np.zeros((num * STEPS + 1, num), dtype=complex)
    for row in range(num * STEPS + 1):
        segment, step = divmod(row % (num * STEPS), STEPS)
        for offset, weight in zip((-1, 0, 1, 2), _catmull_rom(step / STEPS), strict=True):
            matrix[row, (segment + offset) % num] += weight
    return matrix


@lru_cache(maxsize=64)
def _open_matrix(num: int) -> tuple[Points, Points, Points]:
    rows = (num - 1) * STEPS + 1
    position = np.zeros((rows, num), dtype=complex)
    for row in range(rows):
        segment, step = divmod(min(row, rows - 1), STEPS)
        if segment == num - 1:
            segment, step = num - 2, STEPS
        for offset, weight in zip((-1, 0, 1, 2), _catmull_rom(step / STEPS), strict=True):
            _add_clamped(position[row], segment + offset, weight)
    slope = np.gradient(position, axis=0)
    bulge = np.array([math.sin(math.pi * row / (rows - 1)) for row in range(rows)])
    return position, slope, bulge


def _add_clamped(row: Points, column: int, weight: float) -> None:
    """Beyond either end the curve goes on straight: p[-1] = 2 p[0] - p[1]."""
    last = len(row) - 1
    if column < 0:
        row[0] += 2 * weight
        row[1] -= weight
    elif column > last:
        row[last] += 2 * weight
        row[last - 1] -= weight
    else:
        row[column] += weight


def _catmull_rom(t: float) -> tuple[float, float, float, float]:
    return (
        0.5 * (-t + 2 * t * t - t**3),
        0.5 * (2 - 5 * t * t + 3 * t**3),
        0.5 * (t + 4 * t * t - 3 * t**3),
        0.5 * (t**3 - t * t),
    )


class Turn:
    """A head turned by ``yaw_deg`` about its vertical axis, seen from the front; the head's half height is 1."""

    def __init__(self, yaw_deg: float):
        self.yaw = math.radians(yaw_deg)
        self.sine = math.sin(self.yaw)

    def at(self, longitude_deg: float, radius: float = 0.78) -> float:
        """x of a point ``longitude_deg`` from the nose, ``radius`` from the axis."""
        return radius * math.sin(math.radians(longitude_deg) + self.yaw)

    def width(self, longitude_deg: float) -> float:
        """By how much a small feature there appears narrowed (1 = faces us, negative = behind)."""
        return math.cos(math.radians(longitude_deg) + self.yaw)
