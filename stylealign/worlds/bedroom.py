"""Bedrooms: a bed against the back wall, a window, a lamp on its table, a picture, a rug."""

from stylealign.catalogue import WORLD_ATTRIBUTES
from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.captions import caption_bedroom
from stylealign.worlds.draws import Draws
from stylealign.worlds.geometry import WHOLE, box, closed, ellipse, polygon, segment
from stylealign.worlds.palette import Colour, hsl, mix, shade, wall
from stylealign.worlds.world import Sample, World

WALL, FLOOR, BED, PILLOW, WINDOW, LAMP, TABLE, PICTURE, RUG = range(9)
REGIONS = ("wall", "floor", "bed", "pillow", "window", "lamp", "table", "picture", "rug")
ATTRIBUTES = WORLD_ATTRIBUTES["bedroom"]
SKIRTING = 0.6


def draw_traits(draws: Draws) -> dict[str, float]:
    """The attributes of one bedroom."""
    return {
        "yaw_deg": draws.between(-40, 40),
        "cloth_hue": draws.between(20, 320),
        "background_hue": draws.between(20, 260),
        "background_lightness": draws.between(0.4, 0.78),
        "light_side": draws.between(-1, 1),
        "wood_lightness": draws.between(0.2, 0.6),
        "bed_width": draws.between(0, 1),
        "window_side": float(draws.pick(0.5, 0.5)),
        "day": draws.between(0, 1),
        "lamp_on": float(draws.chance(0.5)),
        "rug_hue": draws.between(20, 320),
    }


def draw_room(canvas: Canvas, traits: dict[str, float], wood: Colour) -> None:
    """Back wall with a skirting board, and floor boards running away from us."""
    paint_of_wall = wall(traits["background_hue"], 0.4, traits["background_lightness"])
    canvas.fill(WHOLE, canvas.ink(paint_of_wall, WALL))
    canvas.end_backdrop()
    canvas.fill(box(-0.1, SKIRTING, 1.1, 1.1), canvas.ink(shade(wood, 1.1), FLOOR))
    seam = canvas.ink(shade(wood, 0.92), FLOOR)
    vanish = 0.5 + 0.5 * traits["yaw_deg"] / 40
    for place in range(-3, 10):
        near = place / 6
        far = vanish + (near - vanish) * 0.45
        canvas.line(segment(complex(far, SKIRTING), complex(near, 1.0)), 0.008, seam)
    canvas.fill(box(-0.1, SKIRTING - 0.025, 1.1, SKIRTING), canvas.ink((246, 240, 230), WALL))


def draw_window(canvas: Canvas, traits: dict[str, float]) -> float:
    """A window with curtains, left or right; returns its middle."""
    x = 0.2 if traits["window_side"] == 0 else 0.8
    day = traits["day"]
    sky = mix((24, 34, 74), (172, 216, 244), day)
    canvas.fill(box(x - 0.135, 0.1, x + 0.135, 0.45), canvas.ink((248, 244, 236), WINDOW))
    canvas.fill(box(x - 0.115, 0.12, x + 0.115, 0.43), canvas.ink(sky, WINDOW))
    if day > 0.5:
        canvas.fill(ellipse(complex(x + 0.05, 0.2), 0.035, 0.035), canvas.ink((255, 240, 180), WINDOW))
    else:
        canvas.fill(ellipse(complex(x + 0.05, 0.2), 0.026, 0.026), canvas.ink((250, 246, 220), WINDOW))
    bar = canvas.ink((238, 232, 222), WINDOW)
    canvas.line(segment(complex(x, 0.11), complex(x, 0.44)), 0.016, bar)
    canvas.line(segment(complex(x - 0.13, 0.28), complex(x + 0.13, 0.28)), 0.016, bar)
    fabric = hsl(traits["cloth_hue"], 0.36, 0.66)
    curtain, fold = canvas.ink(fabric, WINDOW), canvas.ink(shade(fabric, 0.86), WINDOW)
    for side in (-1, 1):
        edge = x + 0.17 * side
        canvas.fill(
            closed(
                (
                    complex(edge, 0.07),
                    complex(x + 0.07 * side, 0.08),
                    complex(x + 0.09 * side, 0.3),
                    complex(x + 0.1 * side, 0.5),
                    complex(edge, 0.5),
                    complex(edge + 0.01 * side, 0.3),
                )
            ),
            curtain,
        )
        canvas.line(segment(complex(edge - 0.03 * side, 0.09), complex(edge - 0.025 * side, 0.49)), 0.014, fold)
    canvas.line(segment(complex(x - 0.2, 0.075), complex(x + 0.2, 0.075)), 0.02, canvas.ink((122, 88, 60), WINDOW))
    return x


def draw_picture(canvas: Canvas, draws: Draws, x: float) -> None:
    """A framed landscape over the bed."""
    half, hue = draws.between(0.08, 0.12), draws.between(20, 260)
    canvas.fill(box(x - half, 0.13, x + half, 0.28), canvas.ink((92, 66, 48), PICTURE))
    canvas.fill(box(x - half + 0.016, 0.146, x + half - 0.016, 0.264), canvas.ink(hsl(hue, 0.5, 0.74), PICTURE))
    hill = canvas.ink(hsl(hue, 0.45, 0.42), PICTURE)
    canvas.fill(
        polygon(
            (
                complex(x - half + 0.016, 0.264),
                complex(x - 0.03, 0.2),
                complex(x + 0.02, 0.24),
                complex(x + half - 0.016, 0.21),
                complex(x + half - 0.016, 0.264),
            )
        ),
        hill,
    )


def draw_rug(canvas: Canvas, traits: dict[str, float], slant: float) -> None:
    """An oval rug in front of the bed."""
    colour = hsl(traits["rug_hue"], 0.42, 0.52)
    centre = complex(0.5 + 1.5 * slant, 0.9)
    canvas.fill(ellipse(centre, 0.48, 0.13), canvas.ink(shade(colour, 0.8), RUG))
    canvas.fill(ellipse(centre, 0.42, 0.1), canvas.ink(colour, RUG))


def draw_bed(canvas: Canvas, draws: Draws, traits: dict[str, float], wood: Colour, slant: float) -> None:
    """Headboard, mattress, pillows and a blanket; the foot end leans to where the room is turned."""
    half = 0.19 + 0.07 * traits["bed_width"]
    middle, foot = 0.5, 0.5 + slant
    board = canvas.ink(shade(wood, 0.8), BED)
    top = draws.between(0.36, 0.42)
    canvas.fill(
        closed(
            (
                complex(middle - half - 0.02, 0.7),
                complex(middle - half - 0.02, top + 0.04),
                complex(middle - 0.6 * half, top),
                complex(middle, top - draws.between(0, 0.05)),
                complex(middle + 0.6 * half, top),
                complex(middle + half + 0.02, top + 0.04),
                complex(middle + half + 0.02, 0.7),
            )
        ),
        board,
    )
    wide = half * 1.18
    sheet = canvas.ink((244, 240, 234), BED)
    canvas.fill(
        polygon(
            (
                complex(middle - half, 0.53),
                complex(middle + half, 0.53),
                complex(foot + wide, 0.86),
                complex(foot - wide, 0.86),
            )
        ),
        sheet,
    )
    _draw_pillows(canvas, traits, middle, half)
    _draw_blanket(canvas, draws, traits, half, slant)


def _draw_blanket(canvas: Canvas, draws: Draws, traits: dict[str, float], half: float, slant: float) -> None:
    """From below the pillows over the foot of the bed, turned back at its upper end."""
    foot, wide = 0.5 + slant, half * 1.18
    blanket = hsl(traits["cloth_hue"], 0.5, draws.between(0.4, 0.62))
    y, share = 0.64, (0.64 - 0.53) / 0.33
    x, edge = 0.5 + slant * share, half + (wide - half) * share
    canvas.fill(
        closed(
            (
                complex(x - edge - 0.012, y),
                complex(x, y - 0.012),
                complex(x + edge + 0.012, y),
                complex(foot + wide + 0.02, 0.84),
                complex(foot + wide, 0.93),
                complex(foot, 0.94),
                complex(foot - wide, 0.93),
                complex(foot - wide - 0.02, 0.84),
            )
        ),
        canvas.ink(blanket, BED),
    )
    canvas.fill(
        polygon(
            (
                complex(x - edge - 0.012, y),
                complex(x + edge + 0.012, y),
                complex(x + edge + 0.02, y + 0.05),
                complex(x - edge - 0.02, y + 0.05),
            )
        ),
        canvas.ink(mix(blanket, (255, 255, 255), 0.4), BED),
    )
    canvas.fill(
        polygon(
            (
                complex(foot - wide - 0.01, 0.85),
                complex(foot + wide + 0.01, 0.85),
                complex(foot + wide, 0.935),
                complex(foot - wide, 0.935),
            )
        ),
        canvas.ink(shade(blanket, 0.82), BED),
    )


def _draw_pillows(canvas: Canvas, traits: dict[str, float], middle: float, half: float) -> None:
    case = mix(hsl(traits["cloth_hue"], 0.4, 0.86), (255, 255, 255), 0.4)
    light, under = canvas.ink(case, PILLOW), canvas.ink(shade(case, 0.86), PILLOW)
    for side in (-1, 1):
        x = middle + 0.48 * half * side
        for ink, drop in ((under, 0.015), (light, 0.0)):
            canvas.fill(
                closed(
                    (
                        complex(x - 0.46 * half, 0.52 + drop),
                        complex(x, 0.495 + drop),
                        complex(x + 0.46 * half, 0.52 + drop),
                        complex(x + 0.5 * half, 0.6 + drop),
                        complex(x, 0.615 + drop),
                        complex(x - 0.5 * half, 0.6 + drop),
                    )
                ),
                ink,
            )


def draw_lamp(canvas: Canvas, traits: dict[str, float], wood: Colour, half: float) -> None:
    """A bedside table with a lamp, on the side without a window."""
    side = 1 if traits["window_side"] == 0 else -1
    x = 0.5 + side * (half + 0.15)
    canvas.fill(box(x - 0.085, 0.57, x + 0.085, 0.74), canvas.ink(shade(wood, 0.9), TABLE))
    canvas.fill(box(x - 0.1, 0.55, x + 0.1, 0.58), canvas.ink(shade(wood, 1.15), TABLE))
    canvas.line(
        segment(complex(x - 0.085, 0.655), complex(x + 0.085, 0.655)), 0.012, canvas.ink(shade(wood, 0.62), TABLE)
    )
    canvas.fill(
        closed((complex(x - 0.03, 0.55), complex(x + 0.03, 0.55), complex(x + 0.012, 0.45), complex(x - 0.012, 0.45))),
        canvas.ink((196, 160, 96), LAMP),
    )
    shade_colour = (255, 232, 168) if traits["lamp_on"] else (206, 190, 172)
    canvas.fill(
        polygon(
            (complex(x - 0.055, 0.34), complex(x + 0.055, 0.34), complex(x + 0.095, 0.46), complex(x - 0.095, 0.46))
        ),
        canvas.ink(shade_colour, LAMP),
    )
    if traits["lamp_on"]:
        canvas.glow(complex(x, 0.4), 0.3, 0.3, (34, 26, 8))


def paint(draws: Draws, canvas: Canvas) -> Sample:
    """One bedroom."""
    traits = draw_traits(draws)
    wood = hsl(28, 0.42, traits["wood_lightness"])
    slant = 0.16 * traits["yaw_deg"] / 40
    draw_room(canvas, traits, wood)
    window = draw_window(canvas, traits)
    draw_picture(canvas, draws, 0.5 + (0.12 if window < 0.5 else -0.12) * draws.between(0.4, 1))
    draw_rug(canvas, traits, slant)
    draw_lamp(canvas, traits, wood, 0.19 + 0.07 * traits["bed_width"])
    draw_bed(canvas, draws, traits, wood, slant)
    light = Light(traits["light_side"], subject=0.1, top=0.05, backdrop=-0.12, vignette=0.1, radius=0.5)
    pixels, regions = canvas.develop(light)
    return Sample(pixels, regions, traits, caption_bedroom(traits))


BEDROOM = World("bedroom", REGIONS, ATTRIBUTES, paint, stream="bedroom")
