"""Laws of the worlds: an attribute is visible where it says, and nowhere contradicted by regions or resolution."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from stylealign.worlds import animals, faces
from stylealign.worlds.registry import get_world
from stylealign.worlds.world import Sample, World, render_many

FACES = ("face", "painting", "cartoon")
ANIMALS = ("dog", "cat", "wild")
WITH_BACKGROUND = (*FACES, *ANIMALS, "church", "shoe")


def forced(
    monkeypatch: pytest.MonkeyPatch, world: World, resolution: int = 64, index: int = 3, **traits: float
) -> Sample:
    """Sample ``index`` with some of its attributes set by hand; all else, pose and jitter included, stays as drawn."""
    for module in (faces, animals):
        original = module.draw_traits
        monkeypatch.setattr(module, "draw_traits", lambda *args, original=original: original(*args) | traits)
    sample = world.render(0, index, resolution)
    monkeypatch.undo()
    return sample


def middle_of(world: World, sample: Sample, region: str) -> tuple[float, float]:
    """Mean (x, y) of a region in pixels; NaN where it is absent."""
    rows, columns = np.nonzero(sample.regions == world.region_names.index(region))
    return (float(columns.mean()), float(rows.mean())) if len(rows) else (math.nan, math.nan)


def size_of(world: World, sample: Sample, region: str) -> int:
    return int((sample.regions == world.region_names.index(region)).sum())


def hue_of(colour: np.ndarray) -> float:
    """HSL hue in degrees of one mean colour."""
    red, green, blue = colour
    high, low = max(colour), min(colour)
    if high == red:
        return 60 * ((green - blue) / (high - low)) % 360
    if high == green:
        return 60 * ((blue - red) / (high - low) + 2)
    return 60 * ((red - green) / (high - low) + 4)


def mean_colours(pixels: np.ndarray, regions: np.ndarray, region: int) -> np.ndarray:
    """Mean colour of a region in every image: [n, 3]."""
    return np.array([image[ids == region].mean(axis=0) for image, ids in zip(pixels, regions, strict=True)])


@pytest.mark.parametrize("name", [*FACES, *ANIMALS])
def test_the_nose_moves_with_yaw(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    samples = [forced(monkeypatch, world, yaw_deg=yaw, roll_deg=0.0) for yaw in range(-40, 41, 16)]
    places = [middle_of(world, sample, "nose")[0] for sample in samples]
    assert all(np.diff(places) > 1), places


@pytest.mark.parametrize("name", FACES)
def test_a_turned_head_shows_one_ear(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    for yaw, sign in ((-36, 1), (36, -1)):
        traits = {"hair_style": 2.0, "hat": 0.0, "coat_length": 0.1, "yaw_deg": float(yaw), "roll_deg": 0.0}
        sample = forced(monkeypatch, world, **traits)
        assert sign * (middle_of(world, sample, "ear")[0] - middle_of(world, sample, "neck")[0]) > 2


@pytest.mark.parametrize("name", FACES)
def test_the_mouth_grows_with_the_smile(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    sizes = [size_of(world, forced(monkeypatch, world, 128, smile=smile), "mouth") for smile in (0.0, 0.5, 1.0)]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", ANIMALS)
def test_an_animal_that_smiles_opens_its_mouth(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    closed, opened = (forced(monkeypatch, world, 128, smile=smile) for smile in (0.0, 1.0))
    assert size_of(world, opened, "muzzle") > size_of(world, closed, "muzzle")


@pytest.mark.parametrize("name", [*FACES, *ANIMALS])
def test_eyes_open(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    traits = {"glasses": 0.0} if name in FACES else {}
    sizes = [
        size_of(world, forced(monkeypatch, world, 128, eye_open=share, **traits), "eye") for share in (0.0, 0.5, 1.0)
    ]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", ["face", "cartoon"])
def test_hair_grows_with_its_length(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    traits = {"hair_style": 0.0, "hat": 0.0}
    sizes = [
        size_of(world, forced(monkeypatch, world, coat_length=share, **traits), "hair") for share in (0.2, 0.6, 1.0)
    ]
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize("name", [*FACES, "dog", "cat"])
def test_one_attribute_leaves_the_others_alone(name: str, monkeypatch: pytest.MonkeyPatch):
    """Another background changes no region, and no pixel that is all subject."""
    world = get_world(name)
    first, second = (forced(monkeypatch, world, background_hue=hue) for hue in (60.0, 200.0))
    np.testing.assert_array_equal(first.regions, second.regions)
    assert (first.pixels != second.pixels)[first.regions == 0].any()
    nose = first.regions == world.region_names.index("nose")
    np.testing.assert_array_equal(first.pixels[nose], second.pixels[nose])


@pytest.mark.parametrize("name", WITH_BACKGROUND)
def test_the_background_has_the_stated_hue_and_lightness(name: str):
    pixels, regions, columns, _ = render_many(get_world(name), 1, range(60), 64)
    colours = mean_colours(pixels, regions, 0)
    measured = np.array([hue_of(colour) for colour in colours])
    assert np.quantile(np.abs(measured - columns["background_hue"]), 0.9) < 8
    lightness = (colours.max(axis=1) + colours.min(axis=1)) / 510
    assert spearmanr(lightness, columns["background_lightness"]).statistic > 0.95


def test_the_wall_of_a_bedroom_has_the_stated_hue():
    pixels, regions, columns, _ = render_many(get_world("bedroom"), 1, range(60), 64)
    unlit = columns["lamp_on"] == 0
    measured = np.array(
        [hue_of(np.median(image[ids == 0], axis=0)) for image, ids in zip(pixels, regions, strict=True)]
    )
    assert np.quantile(np.abs(measured - columns["background_hue"])[unlit], 0.9) < 8


@pytest.mark.parametrize(("name", "region"), [("face", "cloth"), ("cartoon", "cloth"), ("shoe", "upper")])
def test_cloth_has_the_stated_hue(name: str, region: str):
    world = get_world(name)
    pixels, regions, columns, _ = render_many(world, 1, range(60), 64)
    number = world.region_names.index(region)
    measured = [hue_of(np.median(image[ids == number], axis=0)) for image, ids in zip(pixels, regions, strict=True)]
    assert np.quantile(np.abs(np.array(measured) - columns["cloth_hue"]), 0.85) < 12


@pytest.mark.parametrize(
    ("name", "region"), [*((name, "skin") for name in FACES), ("dog", "muzzle"), ("church", "wall")]
)
def test_tone_is_lightness(name: str, region: str):
    world = get_world(name)
    pixels, regions, columns, _ = render_many(world, 2, range(80), 32)
    lightness = mean_colours(pixels, regions, world.region_names.index(region)).mean(axis=1)
    assert spearmanr(lightness, columns["tone"]).statistic > 0.85


@pytest.mark.parametrize(("name", "region"), [("face", "hair"), ("painting", "hair"), ("dog", "head"), ("cat", "head")])
def test_coat_lightness_is_lightness(name: str, region: str):
    world = get_world(name)
    pixels, regions, columns, _ = render_many(world, 2, range(80), 32)
    number = world.region_names.index(region)
    lightness = [np.median(image[ids == number], axis=0).mean() for image, ids in zip(pixels, regions, strict=True)]
    assert spearmanr(lightness, columns["coat_lightness"]).statistic > 0.85


@pytest.mark.parametrize("name", [*FACES, *ANIMALS])
def test_light_falls_from_its_side(name: str, monkeypatch: pytest.MonkeyPatch):
    world = get_world(name)
    traits = {"yaw_deg": 0.0, "roll_deg": 0.0, "beard": 0.0, "glasses": 0.0, "pattern": 0.0}
    left, right = (forced(monkeypatch, world, light_side=side, **traits) for side in (-1.0, 1.0))
    main = world.region_names.index("skin" if name in FACES else "head")
    inside = left.regions == main
    columns = np.nonzero(inside)[1]
    brighter_right = (right.pixels.astype(float) - left.pixels).mean(axis=2)[inside]
    half = np.median(columns)
    assert brighter_right[columns > half + 4].mean() > 5 > -5 > brighter_right[columns < half - 4].mean()


@pytest.mark.parametrize("name", [*WITH_BACKGROUND, "bedroom", "edge"])
def test_resolutions_show_the_same_picture(name: str):
    """Averaging 128 px over 4 x 4 gives nearly the 32 px picture, and the same regions nearly everywhere."""
    world = get_world(name)
    for index in range(6):
        large, small = world.render(0, index, 128), world.render(0, index, 32)
        averaged = large.pixels.reshape(32, 4, 32, 4, 3).mean(axis=(1, 3))
        assert np.abs(averaged - small.pixels).mean() < 5, index
        assert np.mean(large.regions[2::4, 2::4] == small.regions) > 0.95, index


def test_edge_shows_the_outlines_of_the_same_shoe():
    shoe, edge = get_world("shoe"), get_world("edge")
    for index in range(8):
        pair = shoe.render(0, index, 32), edge.render(0, index, 32)
        np.testing.assert_array_equal(pair[0].regions, pair[1].regions)
        assert {name: pair[0].attributes[name] for name in pair[1].attributes} == pair[1].attributes
        paper = pair[1].pixels[pair[1].regions == 0].astype(float).mean()
        assert paper > 230  # nearly nothing but paper around the shoe


@pytest.mark.parametrize("name", ["painting", "cartoon"])
def test_other_face_worlds_are_not_paired_with_face(name: str):
    _, _, face, _ = render_many(get_world("face"), 0, range(150), 16)
    _, _, other, _ = render_many(get_world(name), 0, range(150), 16)
    for attribute in ("yaw_deg", "smile", "background_hue", "tone"):
        assert abs(spearmanr(face[attribute], other[attribute]).statistic) < 0.3


@pytest.mark.parametrize("name", ["face", "dog"])
def test_attributes_are_independent_of_one_another(name: str):
    _, _, columns, _ = render_many(get_world(name), 0, range(400), 16)
    names = ["yaw_deg", "smile", "tone", "coat_hue", "coat_lightness", "background_hue", "light_side"]
    table = np.array([columns[attribute] for attribute in names])
    off_diagonal = np.corrcoef(table)[~np.eye(len(names), dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.2


@pytest.mark.parametrize("name", ["dog", "cat", "wild", "painting", "cartoon"])
def test_features_are_where_a_face_has_them(name: str):
    """A child of a face finds eyes and nose in the right spot."""
    face, other = get_world("face"), get_world(name)
    _, expected, _, _ = render_many(face, 0, range(60), 32)
    _, seen, _, _ = render_many(other, 0, range(60), 32)
    for region in ("eye", "nose"):
        first = np.argwhere(expected == face.region_names.index(region))[:, 1:].mean(axis=0)
        second = np.argwhere(seen == other.region_names.index(region))[:, 1:].mean(axis=0)
        assert np.abs(first - second).max() < 1.5
