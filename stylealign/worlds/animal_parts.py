"""The parts of an animal's head, in the same head units and at the same place as a human face (see face_parts)."""

from dataclasses import dataclass, field

import numpy as np

from stylealign.worlds.canvas import Canvas
from stylealign.worlds.geometry import Turn, closed, curve, ellipse, ribbon, spiky
from stylealign.worlds.palette import Colour, hsl, mix, shade

BACKGROUND, EYE, EAR, NOSE, MUZZLE, HEAD, NECK, TORSO = range(8)
ERECT, FLOPPY, ROUND = range(3)
PLAIN, PATCHES, STRIPES, SPOTS = range(4)


@dataclass(frozen=True)
class Build:
    """The proportions of one kind of animal."""

    head_wide: float = 0.86
    cheek: float = 0.8  # width at the level of the mouth
    chin: float = 0.86  # how far down the head reaches
    muzzle: tuple[float, float] = (0.44, 0.4)  # half width, half height
    muzzle_at: float = 0.44
    puffs: bool = False  # a cat's two round lips
    nose: tuple[float, float] = (0.2, 0.14)
    eye: tuple[float, float] = (0.15, 0.16)
    eye_longitude: float = 28.0
    slit: bool = False
    slant: float = 0.0
    ear_wide: float = 0.3
    ear_tall: float = 0.62
    coat_saturation: float = 0.55
    mark_gain: float = 0.42  # how dark stripes and spots are, relative to the fur
    mask: bool = False  # pale cheeks, as a fox
    mane: bool = False


@dataclass
class Beast:
    """One sampled animal: shape, colours and attributes, before it is drawn."""

    traits: dict[str, float]
    build: Build
    turn: Turn
    fat: float
    ear_size: float
    ear_splay: float
    blaze: float  # width of the pale stripe on the forehead, 0 without
    patch_side: int
    marks: tuple[float, ...]  # uniform numbers that place spots and stripes
    fur: Colour
    pale: Colour
    iris: Colour
    nose: Colour
    collar: Colour
    outline: np.ndarray = field(default_factory=lambda: np.zeros(0, complex))


def draw_body(canvas: Canvas, beast: Beast) -> None:
    """Torso with a pale chest, neck, and a collar in the colour of clothes."""
    lean, tuft = 0.06 * beast.turn.sine, 0.05 * beast.traits["coat_length"]
    torso = closed(
        (-1.3 + 2.4j, -1.12 + 1.7j, -0.8 + 1.26j, -0.4 + 1.04j, 0.4 + 1.04j, 0.8 + 1.26j, 1.12 + 1.7j, 1.3 + 2.4j)
    )
    canvas.fill(spiky(torso, 1.8j, tuft), canvas.ink(shade(beast.fur, 0.88), TORSO))
    chest = closed((lean - 0.36 + 1.0j, lean + 0.36 + 1.0j, 0.46 + 1.5j, 0.3 + 2.3j, -0.3 + 2.3j, -0.46 + 1.5j))
    canvas.fill(spiky(chest, 1.5j, tuft * 1.5), canvas.ink(shade(beast.pale, 0.94), TORSO), contour=False)
    neck = closed(
        (
            lean - 0.6 + 0.4j,
            lean + 0.6 + 0.4j,
            lean + 0.56 + 1.0j,
            0.6 + 1.26j,
            0.34j + 1.02j,
            -0.6 + 1.26j,
            lean - 0.56 + 1.0j,
        )
    )
    canvas.fill(neck, canvas.ink(shade(beast.fur, 0.74), NECK))
    if beast.traits.get("collar"):
        band = ribbon((-0.62 + 1.08j, -0.3 + 1.26j, 0.3 + 1.26j, 0.62 + 1.08j), 0.19, 0.1)
        canvas.fill(band, canvas.ink(beast.collar, NECK))
        canvas.fill(ellipse(lean + 1.4j, 0.11, 0.12), canvas.ink((244, 204, 92), NECK))


def draw_mane(canvas: Canvas, beast: Beast) -> None:
    """A lion's mane behind the head."""
    if beast.build.mane:
        size = 1.12 + 0.16 * beast.traits["coat_length"]
        ring = ellipse(0.12j, size, size * 1.06)
        canvas.fill(spiky(ring, 0.1j, 0.1), canvas.ink(shade(beast.fur, 0.6), HEAD))


def draw_ears(canvas: Canvas, beast: Beast, front: bool) -> None:
    """Erect and round ears stand behind the head, floppy ears hang in front of it."""
    shape = int(beast.traits["ear_shape"])
    if front != (shape == FLOPPY):
        return
    outer = canvas.ink(shade(beast.fur, 0.76 if shape == FLOPPY else 0.9), EAR)
    inner = canvas.ink(mix(beast.pale, (222, 130, 124), 0.6), EAR)
    for side in (-1, 1):
        if shape == FLOPPY:
            _draw_floppy_ear(canvas, beast, side, outer)
        elif shape == ROUND:
            centre = complex(beast.turn.at(44 * side, 0.92), -0.74)
            canvas.fill(ellipse(centre, beast.build.ear_wide, beast.build.ear_wide), outer)
            canvas.fill(
                ellipse(centre + 0.04j, beast.build.ear_wide * 0.58, beast.build.ear_wide * 0.58), inner, contour=False
            )
        else:
            _draw_erect_ear(canvas, beast, side, outer, inner)


def _draw_erect_ear(canvas: Canvas, beast: Beast, side: int, outer: int, inner: int) -> None:
    wide, tall = beast.build.ear_wide, beast.build.ear_tall * beast.ear_size
    narrowed = 0.6 + 0.4 * max(beast.turn.width(40 * side), 0)
    foot = complex(beast.turn.at(42 * side, 0.84), -0.6)
    tip = complex(foot.real + (0.1 + 0.22 * beast.ear_splay) * side, -0.72 - tall)
    left, right = foot - wide * narrowed, foot + wide * narrowed + 0.0j
    low = 0.22j
    outline = closed(
        (
            left + low,
            (left + tip) / 2 - 0.07 * narrowed + 0.02j,
            tip,
            (right + tip) / 2 + 0.07 * narrowed + 0.02j,
            right + low,
            foot + 0.4j,
        )
    )
    canvas.fill(outline, outer)
    middle = (left + right + tip) / 3
    canvas.fill(middle + 0.06j + (outline - middle) * 0.6, inner, contour=False)


def _draw_floppy_ear(canvas: Canvas, beast: Beast, side: int, outer: int) -> None:
    size, turn = beast.ear_size, beast.turn
    root = complex(turn.at(52 * side, 0.84), -0.74)
    swing = 0.16 * beast.ear_splay * side - 0.06 * turn.sine
    drop = 0.2 + 0.75 * size * beast.build.ear_tall
    outline = closed(
        (
            root - 0.2 * side + 0.04j,
            root + 0.1 * side - 0.1j,
            root + complex(0.36 * side + swing, 0.24),
            root + complex(0.44 * side + swing, 0.34 + drop * 0.6),
            root + complex(0.24 * side + swing, 0.42 + drop),
            root + complex(0.02 * side + swing, 0.3 + drop * 0.8),
            root + complex(-0.02 * side, 0.36),
        )
    )
    canvas.fill(spiky(outline, root + 0.4j, 0.06 * beast.traits["coat_length"]), outer)


def draw_head(canvas: Canvas, beast: Beast) -> None:
    """The skull with ragged cheeks, its markings, and pale fur around the muzzle."""
    build, s = beast.build, beast.turn.sine
    wide, cheek, chin = build.head_wide * beast.fat, build.cheek * beast.fat, build.chin
    beast.outline = closed(
        (
            complex(0, -0.94),
            complex(0.5 * wide, -0.86),
            complex(0.94 * wide, -0.42),
            complex(wide, 0.06),
            complex(cheek + 0.06 * s, 0.46),
            complex(0.5 * cheek + 0.14 * s, 0.84 * chin),
            complex(0.18 * s, chin),
            complex(-0.5 * cheek + 0.14 * s, 0.84 * chin),
            complex(-cheek + 0.06 * s, 0.46),
            complex(-wide, 0.06),
            complex(-0.94 * wide, -0.42),
            complex(-0.5 * wide, -0.86),
        )
    )
    tufted = spiky(beast.outline, 0.1j, 0.09 * beast.traits["coat_length"])
    canvas.fill(tufted, canvas.ink(beast.fur, HEAD))
    canvas.glow(complex(beast.turn.at(0, 0.4), -0.6), 0.55, 0.4, (10, 9, 8))


def draw_pale_face(canvas: Canvas, beast: Beast) -> None:
    """The blaze on the forehead and, where the build has them, pale cheeks."""
    ink = canvas.ink(shade(beast.pale, 0.98), HEAD)
    x, tip = beast.turn.at(0, 0.84), beast.turn.at(0, 1.0)
    if beast.build.mask:
        for side in (-1, 1):
            near, far = beast.turn.at(16 * side, 0.84), beast.turn.at(66 * side, 0.84)
            canvas.fill(
                closed(
                    (complex(near, 0.2), complex(far, 0.08), complex(far * 0.92, 0.5), complex(near + 0.06 * side, 0.8))
                ),
                ink,
                contour=False,
            )
    if beast.blaze:
        half = beast.blaze * (0.4 + 0.6 * beast.turn.width(0))
        canvas.fill(
            closed(
                (
                    complex(x * 0.8, -0.86),
                    complex(x + half * 0.6, -0.5),
                    complex(tip + half * 1.3, 0.16),
                    complex(tip, 0.4),
                    complex(tip - half * 1.3, 0.16),
                    complex(x - half * 0.6, -0.5),
                )
            ),
            ink,
            contour=False,
        )


def draw_eyes(canvas: Canvas, beast: Beast) -> None:
    """Iris, pupil (round or slit) and glint; the gaze moves the pupil."""
    rim, iris = canvas.ink((34, 24, 22), EYE), canvas.ink(beast.iris, EYE)
    pupil, glint = canvas.ink((18, 14, 16), EYE), canvas.ink((255, 255, 255), EYE)
    build, traits = beast.build, beast.traits
    tall = build.eye[1] * (0.42 + 0.58 * traits["eye_open"])
    for side in (-1, 1):
        narrowed = max(beast.turn.width(build.eye_longitude * side), 0.3)
        wide = build.eye[0] * (0.3 + 0.7 * narrowed)
        centre = complex(beast.turn.at(build.eye_longitude * side, 0.8), -0.08)
        tilt = -build.slant * side
        canvas.fill(ellipse(centre, wide * 1.22, tall * 1.2, tilt), rim)
        canvas.fill(ellipse(centre, wide, tall, tilt), iris, contour=False)
        look = centre + 0.34 * wide * traits["gaze"]
        slim = 0.3 if build.slit else 0.66
        canvas.fill(ellipse(look, wide * slim, min(tall * 0.92, wide * 0.9)), pupil, contour=False)
        canvas.fill(ellipse(look - complex(0.26 * wide, 0.36 * tall), wide * 0.3, tall * 0.28), glint, contour=False)


def draw_muzzle(canvas: Canvas, beast: Beast) -> None:
    """Snout, open mouth with tongue where it smiles, nose and mouth line; no mouth region, as in the paper."""
    build, smile = beast.build, beast.traits["smile"]
    wide, tall = build.muzzle
    narrowed = 0.72 + 0.28 * beast.turn.width(0)
    centre = complex(beast.turn.at(0, 0.98), build.muzzle_at)
    wide *= narrowed
    if smile > 0.3:
        _draw_open_mouth(canvas, beast, centre, wide, tall)
    snout = canvas.ink(beast.pale, MUZZLE)
    shadow = canvas.ink(shade(beast.pale, 0.86), MUZZLE)
    if build.puffs:
        canvas.fill(ellipse(centre + complex(0, 0.6 * tall), wide * 0.5, tall * 0.5), shadow)
        for side in (-1, 1):
            canvas.fill(ellipse(centre + complex(0.5 * wide * side, 0.1 * tall), wide * 0.62, tall * 0.62), snout)
    else:
        canvas.fill(
            closed(
                (
                    centre + complex(-0.5 * wide, -0.98 * tall),
                    centre + complex(0.5 * wide, -0.98 * tall),
                    centre + complex(0.96 * wide, 0.05),
                    centre + complex(0.6 * wide, 0.84 * tall),
                    centre + 1j * tall * 0.78,
                    centre + complex(-0.6 * wide, 0.84 * tall),
                    centre + complex(-0.96 * wide, 0.05),
                )
            ),
            snout,
        )
    nose = complex(beast.turn.at(0, 1.08), build.muzzle_at - 0.5 * tall)
    _draw_mouth_line(canvas, beast, nose, centre, wide, tall)
    _draw_nose(canvas, beast, nose)


def _draw_open_mouth(canvas: Canvas, beast: Beast, centre: complex, wide: float, tall: float) -> None:
    depth = tall * (0.5 + 0.75 * beast.traits["smile"])
    dark, tongue = canvas.ink((86, 34, 38), MUZZLE), canvas.ink((232, 116, 126), MUZZLE)
    canvas.fill(
        closed(
            (
                centre + complex(-0.62 * wide, 0.3 * tall),
                centre + complex(0.62 * wide, 0.3 * tall),
                centre + complex(0.46 * wide, 0.75 * depth + 0.3 * tall),
                centre + 1j * (depth + 0.26 * tall),
                centre + complex(-0.46 * wide, 0.75 * depth + 0.3 * tall),
            )
        ),
        dark,
    )
    if beast.traits["smile"] > 0.45:
        canvas.fill(
            ellipse(centre + 1j * (0.72 * depth + 0.28 * tall), 0.34 * wide, 0.42 * depth), tongue, contour=False
        )


def _draw_mouth_line(canvas: Canvas, beast: Beast, nose: complex, centre: complex, wide: float, tall: float) -> None:
    ink = canvas.ink(mix(shade(beast.pale, 0.4), (70, 36, 34), 0.5), MUZZLE)
    parting = complex(0.5 * (nose.real + centre.real), centre.imag + 0.24 * tall)
    rise = (0.16 * beast.traits["smile"] - 0.02) * 1j
    for side in (-1, 1):
        canvas.line(
            curve(
                (
                    nose,
                    parting,
                    centre + complex(0.34 * wide * side, 0.46 * tall),
                    centre + complex(0.68 * wide * side, 0.3 * tall) - rise,
                )
            ),
            0.05,
            ink,
        )


def _draw_nose(canvas: Canvas, beast: Beast, nose: complex) -> None:
    wide, tall = beast.build.nose
    wide *= 0.7 + 0.3 * beast.turn.width(0)
    canvas.fill(
        closed(
            (
                nose + complex(-wide, -0.5 * tall),
                nose + complex(-0.4 * wide, -tall),
                nose + complex(0.4 * wide, -tall),
                nose + complex(wide, -0.5 * tall),
                nose + complex(0.5 * wide, 0.6 * tall),
                nose + 1j * tall,
                nose + complex(-0.5 * wide, 0.6 * tall),
            )
        ),
        canvas.ink(beast.nose, NOSE),
    )
    shine = canvas.ink(mix(beast.nose, (255, 255, 255), 0.45), NOSE)
    canvas.fill(
        ellipse(
            nose + complex(0.3 * wide * (1 if beast.traits["light_side"] > 0 else -1), -0.45 * tall),
            wide * 0.28,
            tall * 0.22,
        ),
        shine,
        contour=False,
    )


def iris_colour(slit: bool, choice: int) -> Colour:
    """A cat's green, gold, blue or copper; a dog's brown, amber, hazel or blue."""
    cat = ((88, 0.5, 0.46), (46, 0.75, 0.5), (196, 0.55, 0.55), (28, 0.7, 0.42))
    dog = ((24, 0.55, 0.24), (32, 0.6, 0.34), (40, 0.4, 0.36), (205, 0.5, 0.6))
    return hsl(*(cat if slit else dog)[choice])
