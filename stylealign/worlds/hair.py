"""Hair: behind the head, over the skull, fringes, partings and locks (head units, as in face_parts)."""

import numpy as np

from stylealign.worlds.canvas import Canvas
from stylealign.worlds.face_parts import HAIR, Face
from stylealign.worlds.geometry import closed, curve, ellipse, scalloped
from stylealign.worlds.palette import mix, shade

STRAIGHT, CURLY, BUN = range(3)


def draw_back_hair(canvas: Canvas, face: Face) -> None:
    """The hair behind neck and face, down to where its length reaches."""
    length, style = face.traits["coat_length"], int(face.traits["hair_style"])
    ink = canvas.ink(shade(face.hair, 0.8), HAIR)
    shift = -0.14 * face.turn.sine
    if style == BUN:
        canvas.fill(ellipse(complex(shift * 1.4, -1.34), 0.36, 0.32), ink)
        return
    bottom = -0.25 + 1.75 * length
    wide = 0.86 + 0.16 * face.volume + 0.1 * length
    outline = closed(
        (
            complex(shift, -1.18),
            complex(wide * 0.8 + shift, -0.86),
            complex(wide + shift, -0.1),
            complex(wide * 1.02 + shift, 0.5 * bottom),
            complex(wide * 0.96 + shift, bottom),
            complex(wide * 0.5 + shift, bottom + 0.14),
            complex(-wide * 0.5 + shift, bottom + 0.14),
            complex(-wide * 0.96 + shift, bottom),
            complex(-wide * 1.02 + shift, 0.5 * bottom),
            complex(-wide + shift, -0.1),
            complex(-wide * 0.8 + shift, -0.86),
        )
    )
    if style == CURLY:
        outline = scalloped(outline * 1.06, complex(shift, 0.5 * bottom - 0.4), 0.09, 15)
    canvas.fill(outline, ink)


def _hairline(face: Face) -> list[complex]:
    """From the right temple over the forehead to the left temple; it turns with the head."""
    turn = face.turn
    if face.traits["fringe"]:
        low = -0.5 - 0.05 * face.brow_lift
        sweep = 0.12 * face.parting
        heights = (-0.14, low + 0.1 + sweep, low - 0.02 - sweep * 0.4, low + 0.02 - sweep, low + 0.1 - sweep, -0.14)
    else:
        peak = -0.68 + 0.06 * face.traits["age"]
        heights = (-0.12, -0.46 - 0.1 * face.parting, peak - 0.06, peak - 0.04, -0.46 + 0.1 * face.parting, -0.12)
    longitudes = (70, 56, 22, -22, -56, -70)
    return [complex(turn.at(angle, 0.8), y) for angle, y in zip(longitudes, heights, strict=True)]


def draw_front_hair(canvas: Canvas, face: Face) -> None:
    """The cap of hair from temple to temple, locks at the sides, a parting line and shine."""
    ink = canvas.ink(face.hair, HAIR)
    shift = -0.1 * face.turn.sine
    top, wide = -1.12 - 0.14 * face.volume, 0.84 + 0.1 * face.volume
    crown = [
        complex(-wide, -0.02),
        complex(-wide * 1.02 + shift, -0.5),
        complex(-wide * 0.7 + shift, -0.98),
        complex(shift, top),
        complex(wide * 0.7 + shift, -0.98),
        complex(wide * 1.02 + shift, -0.5),
        complex(wide, -0.02),
    ]
    outline = closed((*crown, *_hairline(face)))
    if int(face.traits["hair_style"]) == CURLY:
        outline = _curled(outline, len(crown))
    canvas.fill(outline, ink)
    _draw_locks(canvas, face, ink)
    _draw_shine(canvas, face, shift, top)


def _curled(outline: np.ndarray, num_crown: int) -> np.ndarray:
    """Bumps along the crown only."""
    rounded = scalloped(outline * 1.05, -0.4j, 0.1, 22)
    end = 6 * (num_crown - 1)
    return np.concatenate((rounded[: end + 1], outline[end + 1 : -1], rounded[:1]))


def _draw_locks(canvas: Canvas, face: Face, ink: int) -> None:
    """Hair in front of the ears and shoulders, where it is long and worn loose."""
    length = face.traits["coat_length"]
    if not face.covers_ears or length < 0.35 or int(face.traits["hair_style"]) == BUN:
        return
    bottom = -0.1 + 1.5 * length
    wide = 0.88 + 0.14 * face.volume
    for side in (-1, 1):
        inner = face.turn.at(66 * side, 0.8) + 0.02 * side
        shift = -0.1 * face.turn.sine
        lock = closed(
            (
                complex(inner, -0.42),
                complex(inner + 0.03 * side, 0.1),
                complex((0.62 + 0.05 * length) * side + shift, 0.5 * bottom + 0.2),
                complex(0.66 * side + shift, bottom),
                complex(wide * side + shift, bottom - 0.08),
                complex((wide + 0.06) * side + shift, 0.4 * bottom),
                complex((wide + 0.02) * side + shift * 0.6, -0.36),
            )
        )
        canvas.fill(lock, ink)


def _draw_shine(canvas: Canvas, face: Face, shift: float, top: float) -> None:
    light = canvas.ink(mix(face.hair, (255, 240, 220), 0.2), HAIR)
    dark = canvas.ink(shade(face.hair, 0.72), HAIR)
    x = shift + 0.32 * face.traits["light_side"]
    arc = (complex(x - 0.34, -0.84), complex(x - 0.1, -0.98), complex(x + 0.12, -1.0), complex(x + 0.34, -0.88))
    canvas.line(curve(arc), 0.07, light)
    if not face.traits["fringe"]:
        root = complex(face.turn.at(24 * face.parting, 0.78), -0.7)
        canvas.line(
            curve((root, complex(root.real * 0.8 + shift, -0.95), complex(root.real * 0.6 + shift, top + 0.06))),
            0.035,
            dark,
        )
