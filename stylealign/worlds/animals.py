"""Dogs, cats and wild animals, sitting where a face would be."""

from dataclasses import dataclass, replace
from functools import partial

from stylealign.catalogue import WORLD_ATTRIBUTES
from stylealign.worlds import animal_parts as parts
from stylealign.worlds.animal_parts import ERECT, PATCHES, PLAIN, ROUND, SPOTS, STRIPES, Beast, Build
from stylealign.worlds.backdrop import draw_backdrop
from stylealign.worlds.canvas import Canvas, Light
from stylealign.worlds.captions import caption_animal
from stylealign.worlds.draws import Draws
from stylealign.worlds.faces import place_head
from stylealign.worlds.geometry import Turn
from stylealign.worlds.markings import draw_markings
from stylealign.worlds.palette import coat, fur, hsl
from stylealign.worlds.world import Sample, World

REGIONS = ("background", "eye", "ear", "nose", "muzzle", "head", "neck", "torso")
ATTRIBUTES = WORLD_ATTRIBUTES["dog"]

DOG = Build()
CAT = Build(
    head_wide=0.92,
    cheek=0.84,
    chin=0.78,
    muzzle=(0.36, 0.27),
    muzzle_at=0.42,
    puffs=True,
    nose=(0.12, 0.09),
    eye=(0.2, 0.2),
    slit=True,
    slant=0.25,
    ear_wide=0.34,
    ear_tall=0.6,
)


def draw_traits(
    draws: Draws, ears: tuple[float, ...], patterns: tuple[float, ...], collar_rate: float
) -> dict[str, float]:
    """The attributes of one animal; the hue of a collar that is not there is unknown."""
    traits = {
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
        "background_lightness": draws.between(0.3, 0.75),
        "light_side": draws.between(-1, 1),
        "ear_shape": float(draws.pick(*ears)),
        "pattern": float(draws.pick(*patterns)),
        "collar": float(draws.chance(collar_rate)),
    }
    if not traits["collar"]:
        traits["cloth_hue"] = float("nan")
    return traits


def sample_beast(draws: Draws, build: Build, traits: dict[str, float]) -> Beast:
    """What is drawn of an animal besides its attributes."""
    choice = draws.pick(0.4, 0.3, 0.15, 0.15)
    pink = draws.chance(0.7 if build.slit else 0.08)
    return Beast(
        traits=traits,
        build=build,
        turn=Turn(traits["yaw_deg"]),
        fat=draws.bell(0.92, 1.08),
        ear_size=draws.bell(0.75, 1.25),
        ear_splay=draws.between(0, 1),
        blaze=draws.between(0.1, 0.26) if draws.chance(0.55) else 0.0,
        patch_side=1 if draws.chance(0.5) else -1,
        marks=tuple(draws.between(0, 1) for _ in range(5)),
        fur=coat(traits["coat_hue"], traits["coat_lightness"], build.coat_saturation),
        pale=fur(traits["tone"]),
        iris=parts.iris_colour(build.slit, choice),
        nose=(222, 132, 128) if pink else (44, 34, 36),
        collar=hsl(traits["cloth_hue"], 0.7, 0.48) if traits.get("collar") else (0, 0, 0),
    )


def draw_beast(canvas: Canvas, beast: Beast) -> None:
    """All parts, farthest first."""
    parts.draw_body(canvas, beast)
    parts.draw_mane(canvas, beast)
    parts.draw_ears(canvas, beast, front=False)
    parts.draw_head(canvas, beast)
    draw_markings(canvas, beast)
    parts.draw_pale_face(canvas, beast)
    parts.draw_eyes(canvas, beast)
    parts.draw_muzzle(canvas, beast)
    parts.draw_ears(canvas, beast, front=True)


def paint(
    name: str, build: Build, ears: tuple[float, ...], patterns: tuple[float, ...], draws: Draws, canvas: Canvas
) -> Sample:
    """One dog or cat in front of a wall."""
    traits = draw_traits(draws, ears, patterns, 0.7)
    return paint_beast(name, build, traits, draws, canvas)


def paint_beast(name: str, build: Build, traits: dict[str, float], draws: Draws, canvas: Canvas) -> Sample:
    """The picture of an animal whose attributes are drawn."""
    beast = sample_beast(draws, build, traits)
    draw_backdrop(canvas, draws, traits["background_hue"], draws.between(0.32, 0.6), traits["background_lightness"])
    centre = place_head(canvas, draws, traits["roll_deg"])
    draw_beast(canvas, beast)
    light = Light(traits["light_side"], subject=0.2, top=0.1, backdrop=0.16, vignette=0.1, centre=centre)
    pixels, regions = canvas.develop(light)
    return Sample(pixels, regions, traits, caption_animal(name, traits))


@dataclass(frozen=True)
class Species:
    """One kind of wild animal: its build, ears, pattern and the corner of the coat colours it lives in."""

    name: str
    build: Build
    ear_shape: int
    pattern: int
    coat_hue: tuple[float, float]
    coat_lightness: tuple[float, float]
    tone: tuple[float, float] = (0.4, 1.0)


BIG_CAT = Build(
    cheek=0.86, muzzle=(0.44, 0.32), puffs=True, nose=(0.18, 0.12), eye=(0.16, 0.15), slant=0.22, coat_saturation=0.7
)
CANINE = Build(
    cheek=0.74,
    muzzle=(0.36, 0.4),
    mask=True,
    slant=0.3,
    ear_wide=0.32,
    ear_tall=0.66,
    nose=(0.17, 0.12),
    coat_saturation=0.75,
)
SPECIES = (
    Species(
        "tiger",
        replace(BIG_CAT, mask=True, ear_wide=0.26, coat_saturation=0.85, mark_gain=0.2),
        ROUND,
        STRIPES,
        (22, 38),
        (0.38, 0.6),
    ),
    Species("leopard", replace(BIG_CAT, ear_wide=0.24), ROUND, SPOTS, (30, 46), (0.4, 0.7)),
    Species("lion", replace(BIG_CAT, mane=True, ear_wide=0.26), ROUND, PLAIN, (26, 44), (0.34, 0.62)),
    Species("fox", CANINE, ERECT, PLAIN, (18, 30), (0.34, 0.56), (0.6, 1.0)),
    Species("wolf", replace(CANINE, coat_saturation=0.3), ERECT, PATCHES, (24, 46), (0.14, 0.5)),
)


def paint_wild(draws: Draws, canvas: Canvas) -> Sample:
    """A tiger, leopard, lion, fox or wolf; none wears a collar."""
    kind = draws.pick(1, 1, 1, 1, 0.8)
    species = SPECIES[kind]
    traits = draw_traits(draws, (1.0,), (1.0,), 0.0)
    for name in ("coat_hue", "coat_lightness", "tone"):
        traits[name] = draws.between(*getattr(species, name))
    traits |= {"ear_shape": float(species.ear_shape), "pattern": float(species.pattern), "species": float(kind)}
    for name in ("collar", "cloth_hue"):
        del traits[name]
    return paint_beast(species.name, species.build, traits, draws, canvas)


def _world(name: str, build: Build, ears: tuple[float, ...], patterns: tuple[float, ...]) -> World:
    return World(name, REGIONS, ATTRIBUTES, partial(paint, name, build, ears, patterns), stream=name)


DOGS = _world("dog", DOG, (0.4, 0.6), (0.45, 0.3, 0.0, 0.25))
CATS = _world("cat", CAT, (1.0,), (0.35, 0.25, 0.4))
WILD = World("wild", REGIONS, WORLD_ATTRIBUTES["wild"], paint_wild, stream="wild")
