"""Thousands of images are written as people say them."""

import pytest

from stylealign.figures.samples import kimg_text


@pytest.mark.parametrize(
    ("kimg", "text"), [(0, "0"), (0.992, "1"), (16.992, "17"), (0.1, "0.1"), (0.3008, "0.3"), (25000.02, "25000")]
)
def test_kimg_are_rounded_to_a_tenth(kimg, text):
    assert kimg_text(kimg) == text
