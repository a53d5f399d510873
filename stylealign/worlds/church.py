"""Churches: a gabled nave seen from one side or the other, a tower with a spire, trees, and a sky of one hue."""

from dataclasses import dataclass

from stylealign.catalogue import WORLD_ATTRIBUTES
from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.captions import caption_church
from stylealign.worlds.draws import Draws
from stylealign.worlds.geometry import WHOLE, Points, closed, curve, ellipse, polygon, segment
from stylealign.worlds.palette import Colour, hsl, mix, shade, stone, wall
from stylealign.worlds.world import Sample, World

SKY, WALL, ROOF, TOWER, WINDOW, DOOR, TREE, GROUND = range(8)
REGIONS = ("sky", "wall", "roof", "tower", "window", "door", "tree", "ground")
ATTRIBUTES = WORLD_ATTRIBUTES["church"]
HORIZON = 0.8


@dataclass
class Church:
    """One church: where its corners are, and its colours."""

    traits: dict[str, float]
    left: float  # of the facade
    right: float
    eaves: float
    gable: float
    depth: float  # width of the visible long side; negative to the left
    tower: float  # middle of the tower
    tower_half: float
    spire: float
    stone: Colour
    roof: Colour
    glass: Colour


def draw_traits(draws: Draws) -> dict[str, float]:
    """The attributes of one church."""
    return {
        "yaw_deg": draws.between(-40, 40),
        "tone": draws.between(0, 1),
        "roof_hue": draws.between(8, 230),
        "background_hue": draws.between(20, 260),
        "background_lightness": draws.between(0.4, 0.78),
        "light_side": draws.between(-1, 1),
        "tower_height": draws.between(0, 1),
        "tower_place": float(draws.pick(0.3, 0.4, 0.3)),
        "num_trees": float(draws.pick(0.15, 0.3, 0.35, 0.2)),
        "cloud_cover": draws.between(0, 1),
        "lit_windows": float(draws.chance(0.4)),
    }


def build(draws: Draws, traits: dict[str, float]) -> Church:
    """Corners and colours of a church; the nave shows the side it is turned away from."""
    turned = traits["yaw_deg"] / 40
    width = 0.36 - 0.08 * abs(turned)
    depth = -0.34 * turned
    left = 0.5 - (width + depth) / 2 + draws.bell(-0.04, 0.04)
    half = draws.bell(0.07, 0.095)
    place = traits["tower_place"] - 1
    middle = left + width * (0.5 + 0.34 * place)
    eaves = draws.bell(0.52, 0.6)
    return Church(
        traits=traits,
        left=left,
        right=left + width,
        eaves=eaves,
        gable=eaves - draws.bell(0.15, 0.24),
        depth=depth,
        tower=middle,
        tower_half=half,
        spire=draws.between(0.14, 0.26),
        stone=stone(traits["tone"]),
        roof=hsl(traits["roof_hue"], 0.42, draws.between(0.28, 0.44)),
        glass=(255, 214, 120) if traits["lit_windows"] else (62, 84, 124),
    )


def arch(x: float, foot: float, half: float, tall: float) -> Points:
    """A window or door with a round top."""
    top = foot - tall
    return closed(
        (
            complex(x - half, foot),
            complex(x, foot),
            complex(x + half, foot),
            complex(x + half, top + half),
            complex(x + 0.7 * half, top + 0.3 * half),
            complex(x, top),
            complex(x - 0.7 * half, top + 0.3 * half),
            complex(x - half, top + half),
        )
    )


def draw_sky(canvas: Canvas, draws: Draws, traits: dict[str, float]) -> None:
    """A sky of one hue with as many clouds as asked for."""
    hue, lightness = traits["background_hue"], traits["background_lightness"]
    canvas.fill(WHOLE, canvas.ink(wall(hue, 0.58, lightness), SKY))
    cloud = canvas.ink(wall(hue, 0.5, min(lightness + 0.13, 0.93)), SKY)
    for place in range(5):
        centre = complex(draws.between(0, 1), draws.between(0.06, 0.42))
        size = draws.between(0.06, 0.11)
        if traits["cloud_cover"] * 5 > place + 0.3:
            for shift, share in ((-1.1, 0.62), (0.0, 1.0), (1.1, 0.7)):
                canvas.fill(
                    ellipse(centre + complex(shift * size, 0.16 * size), size * share * 1.1, size * share * 0.62), cloud
                )
    canvas.end_backdrop()


def draw_ground(canvas: Canvas, draws: Draws, church: Church) -> None:
    """A meadow, a far hill, and a path to the door."""
    hue = draws.between(78, 112)
    far = canvas.ink(hsl(hue + 14, 0.28, 0.46), GROUND)
    hill = draws.between(-0.05, 0.05)
    canvas.fill(
        closed(
            (
                -0.2 + 1.2j,
                complex(-0.1, 0.74 - hill),
                complex(0.3, 0.72 + hill),
                complex(0.7, 0.75 - hill),
                complex(1.1, 0.72 + hill),
                1.2 + 1.2j,
            )
        ),
        far,
    )
    near = canvas.ink(hsl(hue, 0.36, 0.4), GROUND)
    canvas.fill(
        closed((-0.2 + 1.3j, complex(-0.1, HORIZON), complex(0.5, HORIZON - 0.015), complex(1.1, HORIZON), 1.2 + 1.3j)),
        near,
    )
    door = _door_x(church)
    path = canvas.ink((214, 196, 160), GROUND)
    canvas.fill(
        closed(
            (
                complex(door - 0.035, HORIZON),
                complex(door + 0.035, HORIZON),
                complex(door + 0.1, 0.9),
                complex(0.62, 1.06),
                complex(0.38, 1.06),
                complex(door - 0.07, 0.9),
            )
        ),
        path,
    )


def _door_x(church: Church) -> float:
    return church.tower if church.traits["tower_place"] == 1 else 0.5 * (church.left + church.right)


def draw_nave(canvas: Canvas, church: Church) -> None:
    """The facade with its gable; beside it the long wall under the roof."""
    left, right, eaves, gable, depth = church.left, church.right, church.eaves, church.gable, church.depth
    middle, edge = 0.5 * (left + right), right if depth > 0 else left
    lit = 1 + 0.14 * church.traits["light_side"] * (1 if depth > 0 else -1)
    rise = 0.1 * abs(depth)
    if abs(depth) > 0.01:
        far = edge + depth
        long_wall = polygon(
            (complex(edge, eaves), complex(far, eaves + rise), complex(far, HORIZON - rise), complex(edge, HORIZON))
        )
        canvas.fill(long_wall, canvas.ink(shade(church.stone, 0.84 * lit), WALL))
        _draw_side_windows(canvas, church, edge, rise)
    facade = polygon(
        (
            complex(left, HORIZON),
            complex(left, eaves),
            complex(middle, gable),
            complex(right, eaves),
            complex(right, HORIZON),
        )
    )
    canvas.fill(facade, canvas.ink(church.stone, WALL))
    over = 0.022
    slopes = canvas.ink(shade(church.roof, 0.8), ROOF)
    if abs(depth) > 0.01:
        sign = 1 if depth > 0 else -1
        far = edge + depth + over * sign
        roof = polygon(
            (
                complex(middle, gable - 0.02),
                complex(middle + depth, gable - 0.01 + rise),
                complex(far, eaves + rise + 0.02),
                complex(edge + over * sign, eaves + 0.02),
            )
        )
        canvas.fill(roof, canvas.ink(shade(church.roof, lit), ROOF))
    for side in (left - over, right + over):
        canvas.fill(
            polygon(
                (
                    complex(middle, gable - 0.035),
                    complex(middle, gable + 0.02),
                    complex(side, eaves + 0.05),
                    complex(side, eaves),
                )
            ),
            slopes,
        )
    _draw_facade(canvas, church, middle)


def _draw_facade(canvas: Canvas, church: Church, middle: float) -> None:
    glass, frame = canvas.ink(church.glass, WINDOW), canvas.ink(shade(church.stone, 0.66), WALL)
    width = church.right - church.left
    if church.traits["tower_place"] != 1:
        canvas.fill(ellipse(complex(middle, church.eaves), 0.062, 0.062), frame)
        canvas.fill(ellipse(complex(middle, church.eaves), 0.048, 0.048), glass)
        _draw_door(canvas, church, middle)
    for side in (-1, 1):
        x = middle + 0.33 * width * side
        if abs(x - church.tower) > church.tower_half + 0.02:
            canvas.fill(arch(x, 0.735, 0.034, 0.13), frame)
            canvas.fill(arch(x, 0.73, 0.024, 0.115), glass)


def _draw_side_windows(canvas: Canvas, church: Church, edge: float, rise: float) -> None:
    num = round(abs(church.depth) / 0.075)
    if not num:
        return
    glass, frame = canvas.ink(church.glass, WINDOW), canvas.ink(shade(church.stone, 0.62), WALL)
    for place in range(num):
        share = (place + 0.6) / (num + 0.2)
        x, foot = edge + church.depth * share, 0.72 - rise * share * 0.8
        half = 0.018 * min(1, abs(church.depth) / 0.2)
        canvas.fill(arch(x, foot + 0.006, half + 0.008, 0.125), frame)
        canvas.fill(arch(x, foot, half, 0.11), glass)


def _draw_door(canvas: Canvas, church: Church, x: float) -> None:
    canvas.fill(arch(x, HORIZON, 0.06, 0.17), canvas.ink(shade(church.stone, 0.66), WALL))
    canvas.fill(arch(x, HORIZON, 0.045, 0.15), canvas.ink((112, 66, 40), DOOR))
    canvas.line(curve((complex(x, HORIZON - 0.15), complex(x, HORIZON))), 0.008, canvas.ink((70, 40, 26), DOOR))


def draw_tower(canvas: Canvas, church: Church) -> None:
    """A square tower with a belfry and a pointed spire with a cross."""
    x, half = church.tower, church.tower_half
    top = 0.44 - 0.16 * church.traits["tower_height"]
    body = canvas.ink(shade(church.stone, 1.05), TOWER)
    dark = canvas.ink(shade(church.stone, 0.8), TOWER)
    canvas.fill(
        polygon(
            (complex(x - half, top), complex(x + half, top), complex(x + half, HORIZON), complex(x - half, HORIZON))
        ),
        body,
    )
    shadow = x - half if church.traits["light_side"] > 0 else x + half
    inner = x - 0.4 * half if church.traits["light_side"] > 0 else x + 0.4 * half
    canvas.fill(
        polygon((complex(shadow, top), complex(inner, top), complex(inner, HORIZON), complex(shadow, HORIZON))), dark
    )
    tip = top - church.spire
    canvas.fill(
        polygon((complex(x - half * 1.25, top + 0.012), complex(x, tip), complex(x + half * 1.25, top + 0.012))),
        canvas.ink(church.roof, ROOF),
    )
    edge = x - half * 1.25 if church.traits["light_side"] > 0 else x + half * 1.25
    canvas.fill(
        polygon((complex(edge, top + 0.012), complex(x, tip), complex(x, top + 0.012))),
        canvas.ink(shade(church.roof, 0.78), ROOF),
    )
    cross = canvas.ink((240, 206, 110), ROOF)
    canvas.line(segment(complex(x, tip + 0.01), complex(x, tip - 0.06)), 0.012, cross)
    canvas.line(segment(complex(x - 0.02, tip - 0.035), complex(x + 0.02, tip - 0.035)), 0.012, cross)
    glass = canvas.ink(church.glass, WINDOW)
    canvas.fill(arch(x, top + 0.14, 0.03, 0.1), glass)
    if church.traits["tower_place"] == 1:
        canvas.fill(ellipse(complex(x, top + 0.21), 0.034, 0.034), glass)
        _draw_door(canvas, church, x)


def draw_trees(canvas: Canvas, draws: Draws, traits: dict[str, float]) -> None:
    """Round trees and firs at both sides."""
    for place, x in enumerate((0.1, 0.9, -0.01)):
        x += draws.bell(-0.05, 0.05)
        size, fir, hue = draws.bell(0.7, 1.2), draws.chance(0.5), draws.between(70, 140)
        if place >= traits["num_trees"]:
            continue
        leaf, lit = canvas.ink(hsl(hue, 0.4, 0.27), TREE), canvas.ink(hsl(hue, 0.4, 0.36), TREE)
        trunk = canvas.ink((96, 66, 44), TREE)
        foot = 0.86 + 0.03 * place
        canvas.line(segment(complex(x, foot), complex(x, foot - 0.14 * size)), 0.03 * size, trunk)
        if fir:
            for level in range(3):
                y, wide = foot - (0.06 + 0.1 * level) * size, (0.115 - 0.026 * level) * size
                canvas.fill(
                    polygon((complex(x - wide, y), complex(x, y - 0.19 * size), complex(x + wide, y))),
                    lit if level == 2 else leaf,
                )
        else:
            centre = complex(x, foot - 0.24 * size)
            canvas.fill(ellipse(centre, 0.11 * size, 0.14 * size), leaf)
            canvas.fill(
                ellipse(centre + complex(0.03 * traits["light_side"], -0.03) * size, 0.075 * size, 0.09 * size), lit
            )


def paint(draws: Draws, canvas: Canvas) -> Sample:
    """One church in its churchyard."""
    traits = draw_traits(draws)
    church = build(draws, traits)
    draw_sky(canvas, draws, traits)
    draw_ground(canvas, draws, church)
    draw_nave(canvas, church)
    draw_tower(canvas, church)
    draw_trees(canvas, draws, traits)
    if traits["lit_windows"]:
        canvas.glow(complex(_door_x(church), 0.66), 0.3, 0.22, mix((0, 0, 0), church.glass, 0.07))
    light = Light(traits["light_side"], subject=0.1, top=-0.04, backdrop=0.1, vignette=0.06, radius=0.4)
    pixels, regions = canvas.develop(light)
    return Sample(pixels, regions, traits, caption_church(traits))


CHURCH = World("church", REGIONS, ATTRIBUTES, paint, stream="church")
