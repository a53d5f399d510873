"""Numbers as figures write them: true minus signs, n/a for what is unknown, exponents only beyond a million."""

import numpy as np

from stylealign.figures.heat_map import significant

UNKNOWN = "n/a"
MILLION = 1e6


def number(value: float) -> str:
    """Three significant digits; a million and more, which would not fit its column, as 7.00e7."""
    if np.isfinite(value) and abs(value) >= MILLION:
        return f"{value:.2e}".replace("e+0", "e").replace("e+", "e").replace("-", "\N{MINUS SIGN}")
    return significant(value) if np.isfinite(value) else UNKNOWN


def two_decimals(value: float) -> str:
    """For correlations; never a negative zero."""
    if not np.isfinite(value):
        return UNKNOWN
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "\N{MINUS SIGN}")


def interval(low: float, high: float) -> str:
    """Both ends; spelt out where a minus sign would meet the dash."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return UNKNOWN
    return f"{number(low)}{' to ' if low < 0 else chr(0x2013)}{number(high)}"
