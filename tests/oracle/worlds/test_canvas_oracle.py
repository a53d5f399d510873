"""The ink map against a slow, obvious twin: even-odd ray casting at every pixel centre."""

from itertools import pairwise

import numpy as np
import pytest

from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.geometry import WHOLE, closed, ellipse, polygon

SHAPES = {
    "triangle": polygon((0.1 + 0.2j, 0.8 + 0.3j, 0.4 + 0.9j)),
    "ellipse": ellipse(0.45 + 0.55j, 0.3, 0.2, 0.6),
    "bean": closed((0.2 + 0.2j, 0.7 + 0.15j, 0.8 + 0.6j, 0.5 + 0.45j, 0.3 + 0.8j)),
}


def inside(outline: np.ndarray, x: float, y: float) -> bool:
    """Whether a ray from (x, y) to the right crosses the outline an odd number of times."""
    odd = False
    for start, end in pairwise(outline):
        if (start.imag > y) != (end.imag > y):
            crossing = start.real + (y - start.imag) * (end.real - start.real) / (end.imag - start.imag)
            odd ^= crossing > x
    return odd


@pytest.mark.parametrize("name", SHAPES)
def test_regions_are_what_ray_casting_says(name: str):
    resolution, outline = 64, SHAPES[name]
    canvas = Canvas(resolution)
    canvas.fill(WHOLE, canvas.ink((0, 0, 0), 0))
    canvas.fill(outline, canvas.ink((255, 255, 255), 1))
    pixels, regions = canvas.develop(Light(subject=0, top=0, backdrop=0, vignette=0))
    places = (np.arange(resolution) + 0.5) / resolution
    truth = np.array([[inside(outline, x, y) for x in places] for y in places])
    wrong = (regions == 1) != truth
    on_the_edge = (pixels[..., 0] > 0) & (pixels[..., 0] < 255)
    assert not (wrong & ~on_the_edge).any()
    assert wrong.mean() < 0.01
