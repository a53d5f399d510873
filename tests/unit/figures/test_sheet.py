import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from stylealign.figures import style
from stylealign.figures.sheet import Sheet, resample, side_within, size_within, width_of


def noise(resolution, seed=0):
    return np.random.default_rng(seed).integers(0, 256, [resolution, resolution, 3], dtype=np.uint8)


@pytest.mark.parametrize(("resolution", "room", "side"), [(32, 200, 192), (32, 32, 32), (256, 200, 128), (16, 15.9, 8)])
def test_the_side_is_a_whole_multiple_or_a_whole_fraction(resolution, room, side):
    assert side_within(resolution, room) == side


def test_growing_repeats_pixels():
    pixels = noise(4)
    grown = resample(pixels, 12)
    assert grown.shape == (12, 12, 3)
    for y in range(12):
        for x in range(12):
            assert np.array_equal(grown[y, x], pixels[y // 3, x // 3])


def test_shrinking_averages_blocks():
    pixels = noise(8)
    shrunk = resample(pixels, 4)
    assert np.array_equal(shrunk[1, 2], np.rint(pixels[2:4, 4:6].reshape(-1, 3).mean(0)))


def test_an_image_lands_on_the_sheet_pixel_for_pixel(tmp_path, read_png):
    first, second = noise(16), noise(16, seed=1)
    with style.applied():
        sheet = Sheet(333, 211)
        sheet.image(first, 17, 29, 48)
        sheet.image(second, 200, 101, 96)
        sheet.save(tmp_path / "sheet.png")
    drawn = read_png(tmp_path / "sheet.png")
    assert drawn.shape == (211, 333, 3)
    assert np.array_equal(drawn[29:77, 17:65], resample(first, 48))
    assert np.array_equal(drawn[101:197, 200:296], resample(second, 96))
    drawn = drawn.copy()
    drawn[29:77, 17:65] = drawn[101:197, 200:296] = 255
    assert (drawn == 255).all(), "nothing but the images"


def test_a_text_is_as_wide_as_it_was_said_to_be():
    with style.applied():
        sheet = Sheet(1200, 200)
        renderer = FigureCanvasAgg(sheet.figure).get_renderer()
        for text in ("face_other", "MWMWMW", "iiii", "background_lightness"):
            drawn = sheet.figure.text(0, 0, text, fontsize=style.BODY)
            assert drawn.get_window_extent(renderer).width == pytest.approx(width_of(text), rel=0.05, abs=3)
        name = "background_lightness"
        drawn = sheet.figure.text(0, 0, name, fontsize=size_within([name], 150))
        assert drawn.get_window_extent(renderer).width <= 155


def test_axes_cover_the_pixels_asked_for():
    sheet = Sheet(800, 400)
    box = sheet.axes(100, 50, 300, 200).get_window_extent()
    assert (round(box.x0), round(box.x1)) == (100, 400)
    assert (round(400 - box.y1), round(400 - box.y0)) == (50, 250)


def test_a_failed_save_leaves_the_old_file(tmp_path):
    target = tmp_path / "figure.png"
    target.write_bytes(b"old")
    sheet = Sheet(100, 100)
    sheet.text(0, 0, "$\\undefined{$")
    with pytest.raises(ValueError, match="undefined"):
        sheet.save(target)
    assert target.read_bytes() == b"old"
