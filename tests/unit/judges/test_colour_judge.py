"""The colour judge against colours whose CIELAB values are known."""

import numpy as np
import pytest
import torch

from stylealign.judges.colour import STATISTICS, ColourJudge, border_mask, centre_mask, to_lab

KNOWN = {  # sRGB: (L*, a*, b*), D65, from the CIE's definition
    (255, 255, 255): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.73, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (119, 119, 119): (50.03, 0.0, 0.0),
}


def flat(rgb: tuple[int, int, int], side: int = 16) -> torch.Tensor:
    return torch.tensor(rgb, dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, side, side).contiguous()


@pytest.mark.parametrize(("rgb", "lab"), KNOWN.items())
def test_lab_of_known_colours(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(to_lab(flat(rgb))[0, :, 0, 0].numpy(), lab, atol=0.03)


def test_a_flat_image_has_equal_border_and_centre_and_no_contrast() -> None:
    read = ColourJudge("c").attributes(flat((200, 60, 40)))
    for what in ("lightness", "green_red", "blue_yellow", "chroma"):
        assert read[f"border_{what}"][0] == pytest.approx(read[f"centre_{what}"][0], abs=1e-3)
    for what in ("contrast", "light_right", "light_top", "detail"):
        assert read[what][0] == pytest.approx(0, abs=1e-3)


def test_border_and_centre_are_read_apart() -> None:
    pixels = flat((0, 0, 255))
    pixels[:, :, 4:12, 4:12] = flat((255, 255, 255))[:, :, 4:12, 4:12]
    read = ColourJudge("c").attributes(pixels)
    assert read["centre_lightness"][0] == pytest.approx(100, abs=0.05)
    assert read["border_lightness"][0] == pytest.approx(32.30, abs=0.05)
    assert read["border_blue_yellow"][0] == pytest.approx(-107.86, abs=0.1)


def test_masks_do_not_meet_and_fit_any_shape() -> None:
    for height, width in ((4, 4), (16, 16), (31, 33), (64, 48)):
        border, centre = border_mask(height, width), centre_mask(height, width)
        assert not (border & centre).any()
        assert border.any()
        assert centre.any()


def test_light_from_the_right_is_positive_and_mirrors() -> None:
    pixels = flat((40, 40, 40))
    pixels[..., 8:] = 220
    judge = ColourJudge("c")
    right, left = (judge.attributes(p)["light_right"][0] for p in (pixels, pixels.flip(3)))
    assert right > 50
    assert left == pytest.approx(-right, abs=1e-3)


def test_every_statistic_is_read() -> None:
    assert list(ColourJudge("c").attributes(flat((10, 200, 30)))) == list(STATISTICS)
