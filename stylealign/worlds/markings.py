"""Markings of a coat: patches, stripes and spots on head and torso, placed on the turning head."""

from stylealign.worlds.animal_parts import HEAD, PATCHES, SPOTS, STRIPES, TORSO, Beast
from stylealign.worlds.canvas import Canvas
from stylealign.worlds.geometry import ellipse, ribbon
from stylealign.worlds.palette import mix, shade

_SPOTS = (
    (-58, -0.3),
    (-40, -0.66),
    (-14, -0.8),
    (16, -0.72),
    (40, -0.6),
    (60, -0.34),
    (-64, 0.1),
    (66, 0.12),
    (-22, -0.5),
    (24, -0.46),
    (-50, 0.4),
    (52, 0.42),
)


def draw_markings(canvas: Canvas, beast: Beast) -> None:
    """Whatever the coat's pattern asks for, between the head and its features."""
    pattern = int(beast.traits["pattern"])
    if pattern == PATCHES:
        _draw_patches(canvas, beast)
    elif pattern == STRIPES:
        _draw_stripes(canvas, beast)
    elif pattern == SPOTS:
        _draw_spots(canvas, beast)


def _draw_patches(canvas: Canvas, beast: Beast) -> None:
    """A pale or dark patch around one eye."""
    ink = canvas.ink(mix(shade(beast.fur, 0.5), beast.pale, 0.7 if beast.marks[0] < 0.4 else 0.0), HEAD)
    side = beast.patch_side
    spread = max(beast.turn.width(34 * side), 0.25)
    centre = complex(beast.turn.at(34 * side, 0.78), -0.14 + 0.1 * beast.marks[1])
    canvas.fill(ellipse(centre, 0.34 * spread, 0.36, 0.3 * side), ink, contour=False)


def _draw_stripes(canvas: Canvas, beast: Beast) -> None:
    """Bars on the forehead, on the cheeks and on the shoulders."""
    turn, ink = beast.turn, canvas.ink(shade(beast.fur, beast.build.mark_gain), HEAD)
    for longitude in (-26, 0, 26):
        top, low = turn.at(longitude, 0.62), turn.at(longitude * 0.7, 0.8)
        canvas.fill(
            ribbon((complex(top, -0.86), complex((top + low) / 2, -0.66), complex(low, -0.44)), 0.13, 0.8),
            ink,
            contour=False,
        )
    for side in (-1, 1):
        for row, y in enumerate((0.08, 0.36)):
            near, far = turn.at((50 - 6 * row) * side, 0.84), turn.at(82 * side, 0.86 - 0.06 * row)
            canvas.fill(
                ribbon(
                    (complex(near, y + 0.06), complex((near + far) / 2, y + 0.05), complex(far, y - 0.06)), 0.12, 0.8
                ),
                ink,
                contour=False,
            )
    body = canvas.ink(shade(beast.fur, beast.build.mark_gain), TORSO)
    for side in (-1, 1):
        for row in (0, 1):
            x = (0.62 + 0.06 * row) * side
            canvas.fill(
                ribbon((complex(x, 1.5 + 0.24 * row), complex(x + 0.3 * side, 1.5 + 0.24 * row)), 0.11, 0.6),
                body,
                contour=False,
            )


def _draw_spots(canvas: Canvas, beast: Beast) -> None:
    """Round spots, a little different on every animal."""
    ink = canvas.ink(shade(beast.fur, beast.build.mark_gain), HEAD)
    size = 0.075 + 0.05 * beast.marks[0]
    for place, (longitude, y) in enumerate(_SPOTS):
        shift = beast.marks[place % len(beast.marks)] - 0.5
        spread = beast.turn.width(longitude)
        if spread > 0.15:
            canvas.fill(
                ellipse(
                    complex(beast.turn.at(longitude + 10 * shift, 0.8), y + 0.1 * shift),
                    size * (0.3 + 0.7 * spread),
                    size,
                ),
                ink,
                contour=False,
            )
    body = canvas.ink(shade(beast.fur, beast.build.mark_gain), TORSO)
    for x, y in ((-0.7, 1.46), (0.7, 1.5), (-0.62, 1.74), (0.6, 1.8), (-0.92, 1.7), (0.9, 1.72)):
        canvas.fill(ellipse(complex(x, y), size, size), body, contour=False)
