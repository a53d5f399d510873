"""A grid of coloured cells with the number written in each: what the two heat-map figures share."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from stylealign.figures import style


def draw_cells(
    axes: Axes,
    values: NDArray[np.float64],
    positions: NDArray[np.float64],
    colormap: Colormap,
    write: Callable[[float], str],
    size: float = style.SMALL,
) -> None:
    """``values`` [rows, columns] written in cells coloured by ``positions`` (0..1), row 0 on top; NaN is left empty."""
    num_rows, num_columns = values.shape
    edges = {"edgecolors": style.PAPER, "linewidth": 1.5}
    shown = np.ma.masked_where(~np.isfinite(values), positions)
    axes.pcolormesh(shown, cmap=colormap, vmin=0.0, vmax=1.0, **edges)
    axes.set_xlim(0, num_columns)
    axes.set_ylim(num_rows, 0)
    for row, column in np.argwhere(np.isfinite(values)):
        colour = style.ink_on(colormap, float(positions[row, column]))
        place = {"ha": "center", "va": "center_baseline", "fontsize": size, "color": colour}
        axes.text(column + 0.5, row + 0.5, write(float(values[row, column])), **place)
    style.quiet(axes)


def label_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(np.arange(len(names)) + 0.5, list(names))


def label_columns(axes: Axes, names: Sequence[str], rotation: float = 0.0) -> None:
    """Names above the columns; slanted ones start at their column."""
    axes.xaxis.tick_top()
    turned = {"rotation": rotation, "ha": "left", "rotation_mode": "anchor"} if rotation else {}
    axes.set_xticks(np.arange(len(names)) + 0.5, list(names), **turned)


def significant(value: float, digits: int = 3) -> str:
    """A number to ``digits`` significant digits, never in exponent form, with a true minus sign."""
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    decimals = max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))
    return f"{value:.{min(decimals, 6)}f}".replace("-", "\N{MINUS SIGN}")
