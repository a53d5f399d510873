"""Shoes in profile, and their outlines: the world ``edge`` shows at every index the lines of the same shoe."""

from dataclasses import dataclass

import numpy as np

from stylealign.catalogue import WORLD_ATTRIBUTES
from stylealign.worlds.backdrop import draw_backdrop
from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.captions import caption_shoe
from stylealign.worlds.draws import Draws
from stylealign.worlds.geometry import Points, closed, curve, ellipse, polygon, ribbon
from stylealign.worlds.palette import Colour, hsl, mix, shade
from stylealign.worlds.world import Sample, World

BACKGROUND, SOLE, UPPER, LACES, TOE, HEEL, OPENING = range(7)
SNEAKER, BOOT, PUMP = range(3)
REGIONS = ("background", "sole", "upper", "laces", "toe", "heel", "opening")
SHAPE_ATTRIBUTES = WORLD_ATTRIBUTES["edge"]  # all that is left of a shoe in its outline
GROUND = 0.46


@dataclass
class Shoe:
    """One shoe in its own units: x from the toe (-1) to the heel (1), y down, the ground at ``GROUND``."""

    traits: dict[str, float]
    kind: int
    lift: float  # of the heel
    sole: float
    collar: float  # y of the rim
    leather: Colour
    trim: Colour
    rubber: Colour
    laces: Colour

    def lifted(self, points: Points) -> Points:
        """Raise what lies behind the ball of the foot."""
        share = np.clip((points.real + 0.5) / 1.1, 0, 1)
        return points - 1j * self.lift * share * share * (3 - 2 * share)


def draw_traits(draws: Draws) -> dict[str, float]:
    """The attributes of one shoe."""
    kind = draws.pick(0.45, 0.3, 0.25)
    return {
        "shoe_kind": float(kind),
        "shaft_height": draws.between(*((0.05, 0.4), (0.5, 1.0), (0.0, 0.05))[kind]),
        "heel_height": draws.between(*((0.0, 0.1), (0.1, 0.5), (0.3, 1.0))[kind]),
        "sole_thickness": draws.between(*((0.4, 1.0), (0.2, 0.6), (0.0, 0.25))[kind]),
        "toe_point": draws.between(*((0.0, 0.5), (0.1, 0.7), (0.3, 1.0))[kind]),
        "stripes": float(draws.pick(*((0.35, 0.35, 0.3), (0.7, 0.3), (0.6, 0.4))[kind])),
        "cloth_hue": draws.between(20, 320),
        "cloth_lightness": draws.between(0.25, 0.7),
        "background_hue": draws.between(20, 260),
        "background_lightness": draws.between(0.4, 0.8),
        "light_side": draws.between(-1, 1),
    }


def make_shoe(draws: Draws, traits: dict[str, float]) -> Shoe:
    """Shape and colours of one shoe."""
    leather = hsl(traits["cloth_hue"], draws.between(0.4, 0.7), traits["cloth_lightness"])
    light = draws.chance(0.7)
    return Shoe(
        traits=traits,
        kind=int(traits["shoe_kind"]),
        lift=0.62 * traits["heel_height"],
        sole=0.06 + 0.16 * traits["sole_thickness"],
        collar=-0.3 - 1.0 * traits["shaft_height"],
        leather=leather,
        trim=hsl((traits["cloth_hue"] + draws.between(90, 220)) % 360, 0.5, draws.between(0.4, 0.75)),
        rubber=(244, 240, 232) if light else (70, 58, 52),
        laces=(250, 248, 244) if traits["cloth_lightness"] < 0.55 else (62, 54, 60),
    )


def upper_outline(shoe: Shoe) -> Points:
    """Toe, instep, rim, heel and sole line of the shoe's body."""
    point, low = shoe.traits["toe_point"], GROUND - shoe.sole
    tall = 0.3 - 0.12 * point
    if shoe.kind == PUMP:
        top = (
            complex(-0.42, low - tall * 0.9),
            complex(-0.2, low - 0.1),
            complex(0.2, low - 0.06),
            complex(0.64, low - 0.32),
            complex(0.9, low - 0.46),
        )
    else:
        rim = shoe.collar
        top = (
            complex(-0.5, low - tall * 1.25),
            complex(-0.14, low - tall * 1.25 - 0.2),
            complex(0.08, 0.3 * low + 0.7 * rim),
            complex(0.14, rim),
            complex(0.5, rim + 0.05),
            complex(0.86, rim - 0.03),
        )
    nose = (
        complex(-1.0 - 0.08 * point, low - 0.04),
        complex(-0.96 - 0.02 * point, low - tall * 0.6),
        complex(-0.78, low - tall),
    )
    return shoe.lifted(
        closed(
            (
                *nose,
                *top,
                complex(0.9, 0.5 * (low + shoe.collar) if shoe.kind != PUMP else low - 0.25),
                complex(0.88, low),
                complex(0.3, low + 0.01),
                complex(-0.4, low + 0.02),
            )
        )
    )


def draw_sole(canvas: Canvas, shoe: Shoe) -> None:
    """The sole from toe to heel, and the heel below it where the foot is raised."""
    low = GROUND - shoe.sole
    if shoe.lift > 0.05:
        slim = 0.07 if shoe.kind == PUMP else 0.2
        top = low - shoe.lift
        block = polygon(
            (
                complex(0.46 if shoe.kind == PUMP else 0.4, top + shoe.sole),
                complex(0.93, top),
                complex(0.9, GROUND),
                complex(0.9 - 2 * slim, GROUND),
            )
        )
        canvas.fill(block, canvas.ink(shade(shoe.leather, 0.6) if shoe.kind == PUMP else shade(shoe.rubber, 0.8), HEEL))
    outline = closed(
        (
            -1.06 + 1j * (low - 0.05),
            -0.6 + 1j * low,
            0.1 + 1j * low,
            0.92 + 1j * (low - 0.02),
            0.94 + 1j * (GROUND - 0.03),
            0.86 + 1j * GROUND,
            0.1 + 1j * GROUND,
            -0.7 + 1j * GROUND,
            -0.98 + 1j * (GROUND - 0.03),
        )
    )
    canvas.fill(shoe.lifted(outline), canvas.ink(shoe.rubber, SOLE))
    line = shoe.lifted(
        curve(
            (
                complex(-0.96, GROUND - 0.35 * shoe.sole),
                complex(0, GROUND - 0.35 * shoe.sole),
                complex(0.9, GROUND - 0.35 * shoe.sole),
            )
        )
    )
    canvas.line(line, 0.035, canvas.ink(shoe.trim if shoe.kind == SNEAKER else shade(shoe.rubber, 0.75), SOLE))


def draw_upper(canvas: Canvas, shoe: Shoe) -> None:
    """The body, its dark inside at the rim, toe cap and heel counter."""
    low = GROUND - shoe.sole
    _draw_opening(canvas, shoe, low)
    canvas.fill(upper_outline(shoe), canvas.ink(shoe.leather, UPPER))
    _draw_toe_cap(canvas, shoe, low)
    if shoe.kind != PUMP:
        back = 0.5 * (low + max(shoe.collar, -0.3))
        counter = closed(
            (
                complex(0.5, low),
                complex(0.54, back + 0.1),
                complex(0.7, back - 0.08),
                complex(0.88, back - 0.06),
                complex(0.885, low),
            )
        )
        canvas.fill(shoe.lifted(counter), canvas.ink(shade(shoe.leather, 0.78), UPPER))
    _draw_stripes(canvas, shoe, low)


def _draw_opening(canvas: Canvas, shoe: Shoe, low: float) -> None:
    """The dark inside; where there are laces, the tongue stands before it."""
    rim = shoe.collar
    inside = canvas.ink(mix(shade(shoe.leather, 0.4), (40, 30, 30), 0.4), OPENING)
    if shoe.kind == PUMP:
        canvas.fill(
            shoe.lifted(
                closed(
                    (
                        complex(-0.36, low - 0.22),
                        complex(0.1, low - 0.22),
                        complex(0.6, low - 0.36),
                        complex(0.88, low - 0.46),
                        complex(0.7, low - 0.1),
                        complex(0, low),
                    )
                )
            ),
            inside,
        )
    else:
        canvas.fill(shoe.lifted(ellipse(complex(0.5, rim + 0.01), 0.36, 0.1)), inside)
        tongue = canvas.ink(mix(shoe.leather, shoe.laces, 0.35), UPPER)
        canvas.fill(
            shoe.lifted(
                closed(
                    (
                        complex(-0.1, low - 0.5),
                        complex(0.02, 0.5 * rim),
                        complex(0.06, rim - 0.12),
                        complex(0.22, rim - 0.1),
                        complex(0.26, rim + 0.1),
                        complex(0.1, low - 0.3),
                    )
                )
            ),
            tongue,
        )


def _draw_toe_cap(canvas: Canvas, shoe: Shoe, low: float) -> None:
    tall = 0.3 - 0.12 * shoe.traits["toe_point"]
    cap = shoe.trim if shoe.kind == SNEAKER else shade(shoe.leather, 0.8)
    point = shoe.traits["toe_point"]
    canvas.fill(
        closed(
            (
                complex(-1.0 - 0.08 * point, low - 0.03),
                complex(-0.95 - 0.02 * point, low - tall * 0.6),
                complex(-0.78, low - tall),
                complex(-0.62, low - tall * 0.86),
                complex(-0.58, low - 0.3 * tall),
                complex(-0.6, low + 0.0),
            )
        ),
        canvas.ink(cap, TOE),
    )


def _draw_stripes(canvas: Canvas, shoe: Shoe, low: float) -> None:
    count = int(shoe.traits["stripes"])
    if not count:
        return
    ink = canvas.ink(shoe.trim, UPPER)
    if shoe.kind == BOOT:  # a strap round the ankle
        y = 0.55 * low + 0.45 * shoe.collar
        canvas.fill(
            shoe.lifted(ribbon((complex(0.04, y + 0.05), complex(0.4, y + 0.12), complex(0.88, y + 0.05)), 0.11, 0.0)),
            ink,
        )
    elif shoe.kind == SNEAKER and count == 1:  # a swoosh
        canvas.fill(
            shoe.lifted(
                ribbon(
                    (
                        complex(-0.42, low - 0.26),
                        complex(-0.16, low - 0.1),
                        complex(0.16, low - 0.16),
                        complex(0.7, low - 0.42),
                    ),
                    0.13,
                    0.9,
                )
            ),
            ink,
        )
    elif shoe.kind == SNEAKER:  # three bars
        for x in (-0.2, 0.02, 0.24):
            canvas.fill(
                shoe.lifted(
                    ribbon(
                        (complex(x, low - 0.03), complex(x + 0.1, low - 0.18), complex(x + 0.16, low - 0.36)), 0.1, 0.1
                    )
                ),
                ink,
            )


def draw_laces(canvas: Canvas, shoe: Shoe) -> None:
    """Laces over the instep; a pump has a bow instead."""
    ink, low = canvas.ink(shoe.laces if shoe.kind != PUMP else shoe.trim, LACES), GROUND - shoe.sole
    if shoe.kind == PUMP:
        knot = complex(-0.56, low - 0.26 + 0.1 * shoe.traits["toe_point"])
        for side in (-1, 1):
            canvas.fill(closed((knot, knot + complex(0.17 * side, -0.11), knot + complex(0.2 * side, 0.07))), ink)
        return
    start, end = complex(-0.36, low - 0.5 + 0.12 * shoe.traits["toe_point"]), complex(0.1, shoe.collar + 0.06)
    num = 4 if shoe.kind == SNEAKER else 5
    for place in range(num):
        share = (place + 0.3) / num
        at = start * (1 - share) + end * share + 0.09j * (1 - abs(2 * share - 1))
        canvas.fill(
            shoe.lifted(
                ribbon((at + complex(-0.09, -0.03), at + complex(0.05, 0.02), at + complex(0.17, 0.1)), 0.075, 0.2)
            ),
            ink,
        )


def draw_shoe(draws: Draws, canvas: Canvas) -> dict[str, float]:
    """The whole scene, the same for both worlds; returns its attributes."""
    traits = draw_traits(draws)
    shoe = make_shoe(draws, traits)
    draw_backdrop(canvas, draws, traits["background_hue"], draws.between(0.25, 0.5), traits["background_lightness"])
    size = 0.41 * draws.bell(0.94, 1.06)
    canvas.set_frame(
        size, complex(0.53 + draws.bell(-0.015, 0.015), 0.57 + 0.14 * traits["shaft_height"] + draws.bell(-0.02, 0.02))
    )
    shadow = hsl(traits["background_hue"], 0.3, 0.72 * traits["background_lightness"])
    canvas.fill(ellipse(complex(0, GROUND), 1.12, 0.07), canvas.ink(shadow, BACKGROUND))
    draw_sole(canvas, shoe)
    draw_upper(canvas, shoe)
    draw_laces(canvas, shoe)
    return traits


def paint_shoe(draws: Draws, canvas: Canvas) -> Sample:
    """One shoe in front of a wall."""
    traits = draw_shoe(draws, canvas)
    light = Light(traits["light_side"], subject=0.14, top=0.12, backdrop=0.12, vignette=0.08)
    pixels, regions = canvas.develop(light)
    return Sample(pixels, regions, traits, caption_shoe("a photo", traits))


def paint_edge(draws: Draws, canvas: Canvas) -> Sample:
    """The outlines of that shoe; its colours are unknown here."""
    traits = draw_shoe(draws, canvas)
    known = {attribute.name: traits[attribute.name] for attribute in SHAPE_ATTRIBUTES}
    pixels, regions = canvas.develop_outlines()
    return Sample(pixels, regions, known, caption_shoe("the outlines", known))


SHOE = World("shoe", REGIONS, WORLD_ATTRIBUTES["shoe"], paint_shoe, stream="shoe")
EDGE = World("edge", REGIONS, SHAPE_ATTRIBUTES, paint_edge, stream="shoe")
