"""The canvas: image and regions from one drawing, antialiasing, contours, outlines and light."""

import numpy as np
import pytest

from stylealign.worlds.canvas import SIDES, Canvas, Light
from stylealign.worlds.geometry import WHOLE, box, ellipse, segment

PLAIN = Light(side=0, subject=0, top=0, backdrop=0, vignette=0)


def scene(resolution: int = 32) -> Canvas:
    """A blue wall with a red square in the middle."""
    canvas = Canvas(resolution)
    canvas.fill(WHOLE, canvas.ink((20, 40, 200), 0))
    canvas.end_backdrop()
    canvas.fill(box(0.25, 0.25, 0.75, 0.75), canvas.ink((200, 30, 10), 3))
    return canvas


@pytest.mark.parametrize("resolution", SIDES)
def test_colours_and_regions_agree(resolution: int):
    pixels, regions = scene(resolution).develop(PLAIN)
    inside = regions == 3
    assert inside.mean() == pytest.approx(0.25, abs=1.1 / resolution)
    middle, corner = resolution // 2, resolution // 16
    assert tuple(pixels[middle, middle]) == (200, 30, 10)
    assert tuple(pixels[corner, corner]) == (20, 40, 200)
    assert set(np.unique(regions)) == {0, 3}


def test_edges_are_antialiased_and_regions_are_not():
    canvas = Canvas(32)
    canvas.fill(WHOLE, canvas.ink((0, 0, 0), 0))
    canvas.fill(ellipse(0.5 + 0.5j, 0.3, 0.3), canvas.ink((255, 255, 255), 1))
    pixels, regions = canvas.develop(PLAIN)
    between = (pixels[..., 0] > 0) & (pixels[..., 0] < 255)
    assert between.sum() > 30
    assert pixels[..., 0].mean() / 255 == pytest.approx(np.pi * 0.09, abs=0.015)
    assert set(np.unique(regions)) == {0, 1}
    assert np.mean((pixels[..., 0] > 127) == (regions == 1)) > 0.97


def test_later_shapes_lie_over_earlier_ones():
    canvas = scene()
    canvas.fill(box(0.4, 0.4, 0.6, 0.6), canvas.ink((0, 250, 0), 5))
    pixels, regions = canvas.develop(PLAIN)
    assert regions[16, 16] == 5
    assert tuple(pixels[16, 16]) == (0, 250, 0)
    assert regions[10, 10] == 3


def test_a_frame_moves_scales_and_turns():
    canvas = Canvas(32)
    canvas.fill(WHOLE, canvas.ink((0, 0, 0), 0))
    canvas.set_frame(0.25j, 0.5 + 0.25j)  # a quarter turn, a quarter of the size
    canvas.fill(box(0, -1, 2, 1), canvas.ink((255, 0, 0), 1))  # reaches two units to the right, which is down now
    _, regions = canvas.develop(PLAIN)
    rows, columns = np.nonzero(regions)
    assert (rows.min(), rows.max()) == (8, 23)
    assert (columns.min(), columns.max()) == (8, 23)


def test_contours_belong_to_their_shape():
    canvas = Canvas(64)
    canvas.fill(WHOLE, canvas.ink((255, 255, 255), 0))
    canvas.contour_width = 0.06
    canvas.fill(box(0.25, 0.25, 0.75, 0.75), canvas.ink((200, 100, 100), 2))
    pixels, regions = canvas.develop(PLAIN)
    assert regions[32, 15] == 2
    assert pixels[32, 15].max() < 100
    assert tuple(pixels[32, 32]) == (200, 100, 100)


def test_a_line_has_its_width_at_every_resolution():
    for resolution in (32, 64, 128, 256):
        canvas = Canvas(resolution)
        canvas.fill(WHOLE, canvas.ink((0, 0, 0), 0))
        canvas.line(segment(0.5 - 0.1j, 0.5 + 1.1j), 0.1, canvas.ink((255, 255, 255), 1))
        pixels, _ = canvas.develop(PLAIN)
        assert pixels[..., 0].mean() / 255 == pytest.approx(0.1, abs=0.01)


def test_light_comes_from_its_side():
    for side in (-1, 1):
        pixels, _ = scene().develop(Light(side, subject=0.3, top=0, backdrop=0, vignette=0))
        left, right = pixels[16, 9, 0], pixels[16, 22, 0]
        assert (right > left) == (side > 0)
        assert tuple(pixels[2, 2]) == (20, 40, 200)  # the wall is left alone


def test_a_glow_warms_its_place_only():
    canvas = scene()
    canvas.glow(0.5 + 0.5j, 0.1, 0.1, (20, 40, 60))
    pixels, _ = canvas.develop(PLAIN)
    assert pixels[16, 16, 2] > 60
    assert tuple(pixels[9, 9]) == (200, 30, 10)


def test_texture_is_a_gain():
    texture = np.full((32, 32), 0.5, np.float32)
    pixels, _ = scene().develop(PLAIN, texture)
    assert tuple(pixels[16, 16]) == (100, 15, 5)


def test_light_never_wraps_around():
    pixels, _ = scene().develop(PLAIN, np.full((32, 32), 3, np.float32))
    assert pixels[16, 16, 0] == 255


def test_outlines_run_where_shapes_meet_and_keep_the_regions():
    drawn, outlined = scene(64), scene(64)
    outlined.fill(box(0.02, 0.02, 0.1, 0.1), outlined.ink((1, 2, 3), 0))  # another ink of the background: no line
    _, regions = drawn.develop(PLAIN)
    pixels, same = outlined.develop_outlines()
    np.testing.assert_array_equal(regions, same)
    assert pixels[32, 15:17].max() < 200  # half of each pixel on either side of the square's left edge
    assert pixels[32, 32].min() > 240
    assert pixels[:12, :12].min() > 240


def test_too_many_inks_are_a_programmers_mistake():
    canvas = Canvas(16)
    for _ in range(256):
        canvas.ink((0, 0, 0), 0)
    with pytest.raises(AssertionError, match="256"):
        canvas.ink((0, 0, 0), 0)
