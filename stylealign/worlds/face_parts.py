"""The parts of a face, in head units: the origin between the ears, half height 1, x to the right, y down.

Every part takes the canvas and the sampled ``Face`` and draws itself; ``faces`` calls them farthest first.
"""

from dataclasses import dataclass, field

import numpy as np

from stylealign.worlds.canvas import Canvas
from stylealign.worlds.geometry import STEPS, Turn, closed, curve, ellipse, ribbon
from stylealign.worlds.palette import Colour, hsl, mix, shade

BACKGROUND, SKIN, EYEBROW, EYE, EAR, NOSE, MOUTH, NECK, CLOTH, HAIR = range(10)


@dataclass(frozen=True)
class Style:
    """How a world draws the geometry that all face worlds share."""

    painted: bool = False
    flat: bool = False
    eye_wide: float = 1.0
    eye_tall: float = 1.0
    nose_scale: float = 1.0
    least_open: float = 0.34  # of the eye, where eye_open is 0
    coat_saturation: float = 0.6
    cloth_saturation: float = 0.5
    cloth_lightness: tuple[float, float] = (0.25, 0.7)
    background_saturation: tuple[float, float] = (0.32, 0.6)
    background_lightness: tuple[float, float] = (0.3, 0.75)


@dataclass
class Face:
    """One sampled face: shape, colours and attributes, before it is drawn."""

    traits: dict[str, float]
    style: Style
    turn: Turn
    jaw: float  # relative width of the lower face
    eye_size: float
    brow_weight: float
    brow_lift: float
    mouth_width: float
    nose_size: float
    volume: float  # of the hair
    parting: float  # -1 .. 1, where the hair divides
    neckline: int
    covers_ears: bool
    skin: Colour
    hair: Colour
    cloth: Colour
    eye: Colour
    lips: Colour
    outline: np.ndarray = field(default_factory=lambda: np.zeros(0, complex))


def draw_neck(canvas: Canvas, face: Face) -> None:
    """Neck, the chin's shadow on it, and shoulders with one of four necklines."""
    lean = 0.06 * face.turn.sine
    skin = canvas.ink(shade(face.skin, 0.9), NECK)
    half = 0.36
    canvas.fill(
        closed(
            (
                -half + lean + 0.6j,
                half + lean + 0.6j,
                half + 0.02 + 1.2j,
                half + 0.3 + 1.6j,
                -half - 0.3 + 1.6j,
                -half - 0.02 + 1.2j,
            )
        ),
        skin,
    )
    shadow = canvas.ink(shade(face.skin, 0.74), NECK)
    canvas.fill(ellipse(lean * 2 + 0.82j, 0.36, 0.34), shadow, contour=False)
    _draw_clothes(canvas, face)


def _draw_clothes(canvas: Canvas, face: Face) -> None:
    cloth = canvas.ink(face.cloth, CLOTH)
    dip = (1.34, 1.52, 1.22, 1.3)[face.neckline]
    shoulders = closed(
        (
            -2.0 + 2.4j,
            -1.62 + 1.62j,
            -1.0 + 1.32j,
            -0.5 + 1.14j,
            complex(0, dip),
            0.5 + 1.14j,
            1.0 + 1.32j,
            1.62 + 1.62j,
            2.0 + 2.4j,
        )
    )
    canvas.fill(shoulders, cloth)
    trim = canvas.ink(shade(face.cloth, 0.72), CLOTH)
    if face.neckline == 2:  # a turtleneck
        canvas.fill(closed((-0.42 + 1.0j, 0.42 + 1.0j, 0.56 + 1.3j, -0.56 + 1.3j)), trim)
    elif face.neckline == 3:  # a shirt collar
        light = canvas.ink(mix(face.cloth, (255, 255, 255), 0.55), CLOTH)
        for side in (-1, 1):
            canvas.fill(
                closed(
                    (
                        complex(0.42 * side, 1.0),
                        complex(0.62 * side, 1.2),
                        complex(0.34 * side, 1.56),
                        complex(0.04 * side, 1.34),
                    )
                ),
                light,
            )
    else:
        canvas.fill(
            ribbon(
                (-0.52 + 1.12j, complex(-0.3, dip - 0.07), complex(0, dip), complex(0.3, dip - 0.07), 0.52 + 1.12j),
                0.1,
                0.2,
            ),
            trim,
            contour=False,
        )


def draw_ears(canvas: Canvas, face: Face, front: bool) -> None:
    """The ears: those turned towards us lie over the face's edge, the others behind it."""
    ink = inner = None
    for side in (-1, 1):
        longitude = 96.0 * side
        x = face.turn.at(longitude, 0.8)
        towards_us = face.turn.width(longitude) > 0.12
        if towards_us != front:
            continue
        if ink is None:
            ink = canvas.ink(shade(face.skin, 0.94), EAR)
            inner = canvas.ink(shade(face.skin, 0.74), EAR)
        wide = 0.13 + 0.08 * max(face.turn.width(longitude), 0)
        canvas.fill(ellipse(complex(x + 0.04 * side, 0.06), wide, 0.25, 0.16 * side), ink)
        canvas.fill(ellipse(complex(x + 0.05 * side, 0.05), wide * 0.5, 0.14, 0.16 * side), inner, contour=False)


def face_outline(face: Face) -> np.ndarray:
    """Forehead, cheeks and chin; the chin leads when the head turns."""
    s, jaw = face.turn.sine, face.jaw
    return closed(
        (
            complex(0.0, -0.98),
            complex(0.54, -0.84),
            complex(0.78, -0.38),
            complex(0.77 - 0.03 * s, 0.12),
            complex(0.64 * jaw + 0.08 * s, 0.58),
            complex(0.34 * jaw + 0.2 * s, 0.9),
            complex(0.24 * s, 1.0),
            complex(-0.34 * jaw + 0.2 * s, 0.9),
            complex(-0.64 * jaw + 0.08 * s, 0.58),
            complex(-0.77 - 0.03 * s, 0.12),
            complex(-0.78, -0.38),
            complex(-0.54, -0.84),
        )
    )


def draw_head(canvas: Canvas, face: Face) -> None:
    """The skin of the face, its shadow side where the style is flat, and blush."""
    face.outline = face_outline(face)
    canvas.fill(face.outline, canvas.ink(face.skin, SKIN))
    if face.style.flat:
        _draw_flat_shadow(canvas, face)
    blush = 12.0 if face.style.painted else 16.0
    for side in (-1, 1):
        spread = max(face.turn.width(34 * side), 0.2)
        canvas.glow(
            complex(face.turn.at(34 * side, 0.74), 0.36), 0.4 * spread, 0.34, (blush, -0.7 * blush, -0.6 * blush)
        )
    canvas.glow(complex(face.turn.at(0, 0.5), -0.55), 0.5, 0.4, (9, 9, 8))


def _draw_flat_shadow(canvas: Canvas, face: Face) -> None:
    half = 6 * STEPS
    edge = face.outline[: half + 1] if face.traits["light_side"] < 0 else face.outline[half:]
    depth = 0.1 + 0.32 * abs(face.traits["light_side"])
    inner = edge * (1 - depth) + depth * 0.04j
    canvas.fill(np.concatenate((edge, inner[::-1], edge[:1])), canvas.ink(shade(face.skin, 0.84), SKIN), contour=False)


def draw_eyes(canvas: Canvas, face: Face) -> None:
    """White, iris, pupil, glint and upper lid of both eyes."""
    white = canvas.ink(mix((252, 250, 246), face.skin, 0.06), EYE)
    iris, pupil = canvas.ink(face.eye, EYE), canvas.ink((26, 20, 20), EYE)
    glint, lid = canvas.ink((255, 255, 255), EYE), canvas.ink(mix(shade(face.skin, 0.3), (20, 12, 10), 0.4), EYE)
    scale = face.eye_size * face.style.eye_wide
    tall = (
        0.15
        * face.eye_size
        * face.style.eye_tall
        * (face.style.least_open + (1 - face.style.least_open) * face.traits["eye_open"])
    )
    for side in (-1, 1):
        narrowed = max(face.turn.width(27 * side), 0.3)
        wide = 0.2 * scale * (0.35 + 0.65 * narrowed)
        centre = complex(face.turn.at(27 * side, 0.76), -0.08)
        canvas.fill(ellipse(centre, wide, tall), white)
        ball = centre + face.traits["gaze"] * 0.42 * wide
        round_x, round_y = 0.115 * scale * narrowed, min(0.115 * face.eye_size * face.style.eye_tall, tall * 0.98)
        canvas.fill(ellipse(ball, round_x, round_y), iris, contour=False)
        canvas.fill(ellipse(ball, round_x * 0.55, round_y * 0.55), pupil, contour=False)
        canvas.fill(
            ellipse(ball - complex(0.3 * round_x, 0.35 * round_y), round_x * 0.32, round_y * 0.3), glint, contour=False
        )
        arch = curve(
            (
                centre + complex(-wide * 1.06, tall * 0.1),
                centre - complex(wide * 0.55, tall * 0.86),
                centre - 1j * tall,
                centre + complex(wide * 0.55, -tall * 0.86),
                centre + complex(wide * 1.06, tall * 0.1),
            )
        )
        canvas.line(arch, 0.055 if not face.style.flat else 0.075, lid)


def draw_brows(canvas: Canvas, face: Face) -> None:
    """Eyebrows, lifted with the eyes."""
    colour = shade(mix(face.hair, (60, 40, 30), 0.25), 0.72)
    ink = canvas.ink(colour, EYEBROW)
    height = -0.36 - 0.06 * face.traits["eye_open"] - 0.12 * (face.style.eye_tall - 1) - face.brow_lift
    for side in (-1, 1):
        inner, middle, outer = (face.turn.at(angle * side, 0.78) for angle in (11, 29, 49))
        canvas.fill(
            ribbon(
                (complex(inner, height + 0.04), complex(middle, height - 0.04), complex(outer, height + 0.07)),
                0.11 * face.brow_weight,
                0.45,
            ),
            ink,
            contour=False,
        )


def draw_nose(canvas: Canvas, face: Face) -> None:
    """Bridge and tip, lighter on the lit side, with a shadow and nostrils below; a turned head shows it in profile."""
    size, s = face.nose_size * face.style.nose_scale, face.turn.sine
    tip = complex(face.turn.at(0, 0.92), 0.3)
    root = complex(face.turn.at(0, 0.7), -0.04)
    wing = 0.17 * size
    body = closed(
        (
            root - 0.05,
            root + 0.05,
            tip + complex(wing * 0.55 + 0.05 * s, -0.12),
            tip + complex(wing + 0.04 * s, 0.05),
            tip + 0.1j,
            tip + complex(-wing + 0.04 * s, 0.05),
            tip + complex(-wing * 0.55 + 0.05 * s, -0.12),
        )
    )
    canvas.fill(body, canvas.ink(mix(shade(face.skin, 0.9), (214, 96, 84), 0.1), NOSE), contour=False)
    if not face.style.flat:
        shine = canvas.ink(mix(shade(face.skin, 1.07), (255, 236, 220), 0.25), NOSE)
        lit = 0.05 * face.traits["light_side"]
        canvas.fill(
            ribbon((root + lit * 0.5 + 0.02j, (root + tip) / 2 + lit, tip + complex(lit, 0.0)), 0.11 * size, 0.4),
            shine,
            contour=False,
        )
    under = canvas.ink(mix(shade(face.skin, 0.62), (150, 50, 40), 0.15), NOSE)
    canvas.line(
        curve(
            (
                tip + complex(-wing * 0.8, 0.07),
                tip + complex(-wing * 0.3, 0.11),
                tip + complex(wing * 0.3, 0.11),
                tip + complex(wing * 0.8, 0.07),
            )
        ),
        0.055,
        under,
    )


def draw_mouth(canvas: Canvas, face: Face) -> None:
    """Lips whose corners rise with the smile; a wide smile shows teeth."""
    smile = face.traits["smile"]
    narrowed = 0.45 + 0.55 * max(face.turn.width(0), 0.2)
    half = (0.27 + 0.13 * smile) * face.mouth_width * narrowed
    centre = complex(face.turn.at(0, 0.74), 0.58)
    rise = 0.18 * smile - 0.02
    left, right = centre + complex(-half, -rise), centre + complex(half, -rise)
    full = 0.085 + 0.02 * smile
    drop = 0.09 + 0.17 * max(smile - 0.35, 0)
    bow = 0.02j + 1j * 0.05 * smile
    lips = (
        left,
        centre + complex(-half * 0.45, -full) + bow,
        centre - 1j * full * 0.75 + bow,
        centre + complex(half * 0.45, -full) + bow,
        right,
        centre + complex(half * 0.5, drop),
        centre + 1j * (drop + 0.05),
        centre + complex(-half * 0.5, drop),
    )
    canvas.fill(closed(lips), canvas.ink(face.lips, MOUTH))
    inner = (left * 0.86 + centre * 0.14, centre + 0.01j + bow, right * 0.86 + centre * 0.14)
    if smile > 0.5:
        depth = 0.26 * (smile - 0.3)
        teeth = canvas.ink((250, 246, 238), MOUTH)
        low = (
            centre + complex(half * 0.45, depth * 0.72),
            centre + 1j * depth,
            centre + complex(-half * 0.45, depth * 0.72),
        )
        canvas.fill(closed((*inner, *low)), teeth, contour=False)
    else:
        canvas.line(curve((left, *inner[1:2], right)), 0.045, canvas.ink(shade(face.lips, 0.5), MOUTH))


def draw_age(canvas: Canvas, face: Face) -> None:
    """Folds beside the mouth and lines on the forehead of the old."""
    age = face.traits["age"]
    if age < 0.5:
        return
    ink = canvas.ink(shade(face.skin, 1.02 - 0.3 * age), SKIN)
    width = 0.02 + 0.04 * (age - 0.5)
    for side in (-1, 1):
        a, b, c = (face.turn.at(angle * side, 0.78) for angle in (17, 26, 29))
        canvas.line(curve((complex(a, 0.28), complex(b, 0.42), complex(c, 0.6))), width, ink)
    if age > 0.7:
        for y in (-0.62, -0.74):
            x = face.turn.at(0, 0.7)
            canvas.line(curve((complex(x - 0.26, y + 0.03), complex(x, y), complex(x + 0.26, y + 0.03))), width, ink)


def draw_beard(canvas: Canvas, face: Face) -> None:
    """A beard along the jaw with a moustache; as in face parsing it belongs to the skin."""
    if not face.traits["beard"]:
        return
    ink = canvas.ink(shade(face.hair, 0.86), SKIN)
    s, n = face.turn.sine, STEPS
    jaw_line = face.outline[3 * n : 9 * n + 1] * 1.03  # cheek, chin, cheek
    x = face.turn.at(0, 0.74)
    lip = [
        complex(x + dx, y)
        for dx, y in ((-0.56, 0.5), (-0.32, 0.47), (-0.12, 0.4), (0.12, 0.4), (0.32, 0.47), (0.56, 0.5))
    ]
    upper = curve((jaw_line[-1], *lip, jaw_line[0]))
    bottom = jaw_line.copy()
    bottom.imag += 0.12 * np.maximum(bottom.imag - 0.5, 0) / 0.5
    canvas.fill(np.concatenate((bottom, upper, bottom[:1])), ink)
    shine = canvas.ink(shade(face.hair, 1.0), SKIN)
    canvas.fill(ellipse(complex(x + 0.05 * s, 0.94), 0.22, 0.1), shine, contour=False)


def draw_glasses(canvas: Canvas, face: Face) -> None:
    """Two frames, a bridge and the near temple; thin, so that the eyes stay visible."""
    if not face.traits["glasses"]:
        return
    dark = canvas.ink(hsl(face.traits["cloth_hue"], 0.3, 0.18), SKIN)
    inner = []
    for side in (-1, 1):
        narrowed = max(face.turn.width(27 * side), 0.3)
        centre = complex(face.turn.at(27 * side, 0.8), -0.06)
        wide = 0.31 * (0.25 + 0.75 * narrowed)
        canvas.line(ellipse(centre, wide, 0.28 * (1 + 0.25 * (face.style.eye_tall - 1))), 0.06, dark)
        inner.append(centre - side * wide)
        temple = complex(face.turn.at(88 * side, 0.8), -0.1)
        if face.turn.width(88 * side) > -0.2:
            canvas.line(np.array([centre + side * wide, temple]), 0.05, dark)
    canvas.line(curve((inner[0], sum(inner) / 2 - 0.05j, inner[1])), 0.06, dark)


def draw_hat(canvas: Canvas, face: Face) -> None:
    """A hat in the colour of the clothes, and of their region: knitted, or a painter's beret."""
    if not face.traits["hat"]:
        return
    main, band = canvas.ink(face.cloth, CLOTH), canvas.ink(shade(face.cloth, 0.78), CLOTH)
    wide, lean = 0.94 + 0.06 * face.volume, -0.05 * face.turn.sine
    brim = (complex(-wide * 0.98, -0.56), complex(-0.4, -0.7), complex(0.4, -0.7), complex(wide * 0.98, -0.56))
    if face.style.painted:
        canvas.fill(ellipse(complex(0.12 + lean, -1.0), wide * 1.22, 0.4, 0.14), main)
        canvas.fill(ribbon(brim, 0.18, 0.05), band)
        return
    crown = (
        complex(-wide * 0.92, -1.08),
        complex(-0.4 + lean, -1.48),
        complex(0.4 + lean, -1.48),
        complex(wide * 0.92, -1.08),
    )
    canvas.fill(closed((complex(-wide, -0.6), *crown, complex(wide, -0.6), complex(0, -0.72))), main)
    canvas.fill(ribbon(brim, 0.26, 0.05), band)
    canvas.fill(ellipse(complex(lean * 2, -1.56), 0.2, 0.18), canvas.ink(mix(face.cloth, (255, 255, 255), 0.5), CLOTH))
