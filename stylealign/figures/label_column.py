"""Names of points beside a plot, one below the other, each with a thin line to its point: no legend, no collisions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.sheet import Sheet, size_within

LINE, APART = 46, 30  # px: two lines of a label with the space below; between the plot and its labels


@dataclass(frozen=True)
class Label:
    """A point in the plot's own numbers, its name, what is said below it, and its colour."""

    x: float
    y: float
    name: str
    note: str
    colour: str


def stack_labels(sheet: Sheet, axes: Axes, labels: Sequence[Label], x: float, top: float, room: float) -> None:
    """Labels from ``x`` on, at most ``room`` wide, at the height of their points where that leaves none on another.

    ``top`` is where the plot begins; the limits of ``axes`` are final.
    """
    if not labels:
        return
    places = [_place(sheet, axes, label) for label in labels]
    order = sorted(range(len(labels)), key=lambda one: (places[one][1], places[one][0]))
    heights = spread_out([places[one][1] for one in order], LINE, top)
    names = size_within([label.name for label in labels], room, style.BODY, "bold")
    notes = size_within([label.note for label in labels], room, style.SMALL)
    for one, height in zip(order, heights, strict=True):
        label, (point_x, point_y) = labels[one], places[one]
        sheet.line([point_x, x - 24, x - 8], [point_y, height, height], color=label.colour, linewidth=0.6, alpha=0.7)
        sheet.text(x, height + 2, label.name, fontsize=names, fontweight="bold", color=label.colour)
        sheet.text(x, height + 22, label.note, fontsize=notes, color=style.GREY)


def spread_out(heights: Sequence[float], apart: float, top: float) -> list[float]:
    """Rising ``heights`` moved as little as leaves ``apart`` between neighbours, none above ``top``.

    Neighbours that are too close are centred, as a group, on the mean of where they would like to be.
    """
    groups: list[list[float]] = []  # of wishes, each group's mean its centre
    for height in heights:
        groups.append([height])
        while len(groups) > 1 and _first(groups[-1], apart) < _last(groups[-2], apart) + apart:
            groups[-2:] = [groups[-2] + groups[-1]]
    found = [_first(group, apart) + place * apart for group in groups for place in range(len(group))]
    for place, height in enumerate(found):
        found[place] = max(height, top if not place else found[place - 1] + apart)
    return found


def _first(group: Sequence[float], apart: float) -> float:
    return float(np.mean(group)) - apart * (len(group) - 1) / 2


def _last(group: Sequence[float], apart: float) -> float:
    return float(np.mean(group)) + apart * (len(group) - 1) / 2


def _place(sheet: Sheet, axes: Axes, label: Label) -> tuple[float, float]:
    """Where a point lies on the sheet, y down."""
    x, y = axes.transData.transform((label.x, label.y))
    return float(x), sheet.height - float(y)
