"""Faces, painted faces and cartoon faces: one geometry, three styles."""

import math
from functools import partial

from stylealign.catalogue import WORLD_ATTRIBUTES
from stylealign.worlds import face_parts as parts
from stylealign.worlds.backdrop import draw_backdrop, draw_painted_backdrop
from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.captions import caption_face
from stylealign.worlds.draws import Draws
from stylealign.worlds.face_parts import Face, Style
from stylealign.worlds.geometry import Turn
from stylealign.worlds.hair import BUN, draw_back_hair, draw_front_hair
from stylealign.worlds.palette import coat, hsl, mix, shade, skin
from stylealign.worlds.texture import brush_strokes
from stylealign.worlds.world import Sample, World

REGIONS = ("background", "skin", "eyebrow", "eye", "ear", "nose", "mouth", "neck", "cloth", "hair")
ATTRIBUTES = WORLD_ATTRIBUTES["face"]
RATES = {
    "face": {"glasses": 0.15, "beard": 0.18, "fringe": 0.4, "hat": 0.07},
    "painting": {"glasses": 0.0, "beard": 0.25, "fringe": 0.3, "hat": 0.1},
    "cartoon": {"glasses": 0.18, "beard": 0.12, "fringe": 0.5, "hat": 0.08},
}
HEAD = 0.285  # half the head's height, as a share of the image
CENTRE = 0.5 + 0.475j
_EYES = ((26, 0.5, 0.24), (36, 0.55, 0.34), (95, 0.3, 0.36), (205, 0.5, 0.45))


def draw_traits(draws: Draws, style: Style, rates: dict[str, float]) -> dict[str, float]:
    """The attributes of one face."""
    return {
        "yaw_deg": draws.bell(-40, 40),
        "roll_deg": draws.bell(-8, 8),
        "smile": draws.between(0, 1),
        "gaze": draws.bell(-1, 1),
        "eye_open": draws.between(0.1, 1),
        "tone": draws.between(0, 1),
        "coat_hue": draws.between(18, 46),
        "coat_lightness": draws.between(0.14, 0.72),
        "coat_length": draws.between(0, 1),
        "cloth_hue": draws.between(20, 320),
        "background_hue": draws.between(20, 260),
        "background_lightness": draws.between(*style.background_lightness),
        "light_side": draws.between(-1, 1),
        "age": draws.between(0, 1),
        **{name: float(draws.chance(rate)) for name, rate in rates.items()},
        "hair_style": float(draws.pick(0.56, 0.28, 0.16)),
    }


def sample_face(draws: Draws, style: Style, rates: dict[str, float]) -> Face:
    """A face's attributes, and what is drawn of it besides."""
    traits = draw_traits(draws, style, rates)
    tone = skin(traits["tone"], style.painted)
    grey = max(traits["age"] - 0.6, 0) * 1.4
    lightness = draws.between(*style.cloth_lightness)
    hue, saturation, eye_lightness = _EYES[draws.pick(0.3, 0.25, 0.2, 0.25)]
    return Face(
        traits=traits,
        style=style,
        turn=Turn(traits["yaw_deg"]),
        jaw=draws.bell(0.84, 1.14),
        eye_size=draws.bell(0.9, 1.14),
        brow_weight=draws.between(0.75, 1.25),
        brow_lift=draws.bell(-0.03, 0.06),
        mouth_width=draws.bell(0.86, 1.16),
        nose_size=draws.bell(0.85, 1.2),
        volume=draws.between(0, 1),
        parting=draws.between(-1, 1),
        neckline=draws.pick(0.3, 0.25, 0.2, 0.25),
        covers_ears=draws.chance(0.5),
        skin=tone,
        hair=coat(traits["coat_hue"], traits["coat_lightness"], style.coat_saturation * (1 - grey)),
        cloth=hsl(traits["cloth_hue"], style.cloth_saturation, lightness),
        eye=hsl(hue, saturation, eye_lightness),
        lips=mix(shade(tone, 0.86), (196, 44, 60), 0.46),
    )


def place_head(canvas: Canvas, draws: Draws, roll_deg: float) -> complex:
    """Set the canvas' frame to a slightly moved, scaled and tilted head; returns its centre."""
    size = HEAD * draws.bell(0.93, 1.07)
    centre = CENTRE + complex(draws.bell(-0.025, 0.025), draws.bell(-0.02, 0.02))
    roll = math.radians(roll_deg)
    canvas.set_frame(size * complex(math.cos(roll), math.sin(roll)), centre)
    return centre


def draw_face(canvas: Canvas, face: Face) -> None:
    """All parts, farthest first."""
    draw_back_hair(canvas, face)
    parts.draw_neck(canvas, face)
    parts.draw_ears(canvas, face, front=False)
    parts.draw_head(canvas, face)
    parts.draw_age(canvas, face)
    parts.draw_beard(canvas, face)
    parts.draw_eyes(canvas, face)
    if not face.style.flat:
        parts.draw_brows(canvas, face)
    parts.draw_mouth(canvas, face)
    parts.draw_nose(canvas, face)
    draw_front_hair(canvas, face)
    if face.style.flat:  # a cartoon's eyebrows show through its hair
        parts.draw_brows(canvas, face)
    if not face.covers_ears or face.traits["coat_length"] < 0.35 or face.traits["hair_style"] == BUN:
        parts.draw_ears(canvas, face, front=True)
    parts.draw_glasses(canvas, face)
    parts.draw_hat(canvas, face)


def paint(style: Style, rates: dict[str, float], medium: str, draws: Draws, canvas: Canvas) -> Sample:
    """One portrait: backdrop, head and light."""
    face = sample_face(draws, style, rates)
    traits = face.traits
    if style.flat:
        canvas.contour_width = 0.05
    saturation = draws.between(*style.background_saturation)
    lay_wall = draw_painted_backdrop if style.painted else draw_backdrop
    lay_wall(canvas, draws, traits["background_hue"], saturation, traits["background_lightness"])
    centre = place_head(canvas, draws, traits["roll_deg"])
    draw_face(canvas, face)
    texture = brush_strokes(draws, canvas.resolution) if style.painted else None
    pixels, regions = canvas.develop(_light(style, traits["light_side"], centre), texture)
    return Sample(pixels, regions, traits, caption_face(medium, traits))


def _light(style: Style, side: float, centre: complex) -> Light:
    if style.flat:
        return Light(side, subject=0.05, top=0.0, backdrop=0.06, vignette=0.0, centre=centre)
    if style.painted:
        return Light(side, subject=0.3, top=0.16, backdrop=0.2, vignette=0.32, centre=centre)
    return Light(side, subject=0.2, top=0.08, backdrop=0.16, vignette=0.1, centre=centre)


PHOTO = Style()
PAINTED = Style(
    painted=True,
    coat_saturation=0.5,
    cloth_saturation=0.36,
    cloth_lightness=(0.14, 0.42),
    background_saturation=(0.22, 0.42),
    background_lightness=(0.22, 0.5),
)
FLAT = Style(
    flat=True,
    eye_wide=1.2,
    eye_tall=1.8,
    nose_scale=0.72,
    least_open=0.4,
    coat_saturation=0.85,
    cloth_saturation=0.7,
    cloth_lightness=(0.4, 0.65),
    background_saturation=(0.5, 0.75),
    background_lightness=(0.5, 0.78),
)


def _world(name: str, style: Style, medium: str) -> World:
    return World(name, REGIONS, ATTRIBUTES, partial(paint, style, RATES[name], medium), stream=name)


FACE = _world("face", PHOTO, "a portrait")
PAINTING = _world("painting", PAINTED, "an oil painting")
CARTOON = _world("cartoon", FLAT, "a cartoon")
