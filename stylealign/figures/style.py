"""One look for every figure: sizes, a palette that colour-blind readers can tell apart, and files with equal bytes.

Nothing here touches global state: a figure is drawn inside :func:`applied` on its own ``Figure``, never through pyplot.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from stylealign.signature import signature_text, signed_metadata
from stylealign.writing import whole_file

DPI = 160  # pixels per inch of every PNG
WIDTH_PX = 1600  # no figure is wider
TITLE, BODY, SMALL = 12.0, 9.0, 7.5  # points

INK, GREY, FAINT, PAPER = "#22262b", "#6b7178", "#dfe3e7", "#ffffff"
BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE, SLATE = (  # after Okabe and Ito, without the yellow
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#b0578d",
    "#56b4e9",
    "#e69f00",
    "#59616a",
)
PALETTE = (SLATE, BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)
LINE_STYLES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
RELATION_COLOURS = {"child": BLUE, "grandchild": GREEN, "descendant": PURPLE, "unrelated": VERMILION}
COMPONENT_COLOURS = {"mapping": SKY, "affine": GREEN, "feature_conv": BLUE, "torgb": ORANGE}

SEQUENTIAL = LinearSegmentedColormap.from_list("depth", ["#f4f8fb", "#9cc4de", "#2f7fb3", "#0b3556"])
DIVERGING = LinearSegmentedColormap.from_list("sides", ["#a63f00", "#eeb58f", "#fafafa", "#8fbcdc", "#005a8f"])

_RC: Mapping[str, object] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same on every machine
    "font.size": BODY,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": BODY,
    "axes.titlesize": BODY,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
    "path.simplify": False,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}


def applied() -> AbstractContextManager[None]:
    """The look, for the length of a ``with`` block."""
    return matplotlib.rc_context(dict(_RC))


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """A colour per model, by its place in the config: a model added at the end repaints nobody."""
    return {model: PALETTE[place % len(PALETTE)] for place, model in enumerate(models)}


def model_line_styles(models: Iterable[str]) -> dict[str, object]:
    """A dash pattern per model, so that an eighth model does not look like the first."""
    return {model: LINE_STYLES[(place // len(PALETTE)) % len(LINE_STYLES)] for place, model in enumerate(models)}


def ink_on(colormap: Colormap, position: float) -> str:
    """Dark or light text, whichever can be read on ``colormap(position)``."""
    linear = [
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in colormap(position)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.2 else PAPER  # where the contrast with either is the same


def quiet(axes: Axes) -> Axes:
    """Axes of a heat map or a grid: no frame and no tick marks, only labels."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return axes


def save(figure: Figure, png: Path, pdf: Path | None = None) -> None:
    """PNG and, where asked, PDF, written beside the target and renamed; both say how they were made, neither when."""
    undated = {**dict.fromkeys(("Creator", "Producer", "CreationDate")), "Keywords": signature_text() or None}
    targets = [(Path(png), "png", {"Software": None, **signed_metadata()})] + (
        [(Path(pdf), "pdf", undated)] if pdf else []
    )
    for target, kind, metadata in targets:
        with whole_file(target) as partial:
            figure.savefig(partial, format=kind, dpi=DPI, metadata=metadata)
