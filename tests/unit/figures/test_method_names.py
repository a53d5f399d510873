import pytest

from stylealign.config.inversion import SPACES
from stylealign.figures.method_names import MethodName, in_order
from stylealign.figures.number_text import interval, number, two_decimals
from stylealign.translated_images import BASELINE, CONTROL, INVERSION


def test_every_method_has_a_name_and_a_place():
    methods = [(f"{space}_{way}", INVERSION) for way in ("opt", "enc") for space in SPACES]
    ordered = in_order([("samples", CONTROL), ("cut", BASELINE), *reversed(methods), methods[0]])
    texts = [name.text for name in ordered]
    assert texts[:4] == ["Z optimised", "Z+ optimised", "W optimised", "W+ optimised"]
    assert texts[4:] == ["Z encoder", "Z+ encoder", "W encoder", "W+ encoder", "cut baseline", "samples control"]


def test_a_baseline_may_be_called_like_a_method():
    names = in_order([("z_opt", BASELINE), ("z_opt", INVERSION)])
    assert [name.text for name in names] == ["Z optimised", "z_opt baseline"]
    assert MethodName("w_enc").face != MethodName("w_opt").face


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.1234, 2.0, "0.123–2.00"),
        (-0.5, 1.0, "\N{MINUS SIGN}0.500 to 1.00"),
        (float("nan"), 1.0, "n/a"),
        (0.0, 310.4, "0–310"),
    ],
)
def test_an_interval_reads_unmistakably(low, high, text):
    assert interval(low, high) == text


def test_numbers():
    assert (number(0.012345), number(float("inf")), number(1234.5)) == ("0.0123", "n/a", "1234")
    assert (two_decimals(-0.001), two_decimals(-0.25), two_decimals(float("nan"))) == (
        "0.00",
        "\N{MINUS SIGN}0.25",
        "n/a",
    )


def test_a_number_that_would_not_fit_its_column_is_short():
    assert number(69_986_070) == "7.00e7"
    assert number(-1.5e12) == "\N{MINUS SIGN}1.50e12"
    assert number(999_000) == "999000"
    assert interval(641_009, 79_140_174) == "641009\N{EN DASH}7.91e7"
