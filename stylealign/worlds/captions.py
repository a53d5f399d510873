"""Captions composed from attributes: what they say is true of the picture, in plain words."""

_HUES = (  # degrees, where each begins; below 20 it is red again
    (0, "red"),
    (20, "orange"),
    (48, "yellow"),
    (72, "green"),
    (160, "teal"),
    (190, "blue"),
    (232, "indigo"),
    (252, "violet"),
    (290, "pink"),
    (325, "red"),
)


def hue_word(hue_deg: float) -> str:
    """The name of a hue of 0 to 360 degrees."""
    word = _HUES[0][1]
    for start, name in _HUES:
        if hue_deg >= start:
            word = name
    return word


def coat_word(hue_deg: float, lightness: float) -> str:
    """The name of a hair or fur colour."""
    if lightness < 0.24:
        return "dark brown"
    if lightness < 0.46:
        return "red" if hue_deg < 20 else "brown"
    return "copper" if hue_deg < 24 else "blond"


def with_article(words: str) -> str:
    """ "a" or "an" before a word."""
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"


def turn_words(yaw_deg: float) -> str:
    """Where the head is turned to."""
    if abs(yaw_deg) < 10:
        return "facing us"
    return f"turned to the {'right' if yaw_deg > 0 else 'left'}"


def background_words(traits: dict[str, float]) -> str:
    """The colour of the background."""
    light = (
        "light " if traits["background_lightness"] > 0.6 else "dark " if traits["background_lightness"] < 0.36 else ""
    )
    return f"on {with_article(light + hue_word(traits['background_hue']))} background"


def _length_word(length: float) -> str:
    return "short" if length < 0.33 else "long" if length > 0.66 else "medium-length"


def caption_face(medium: str, traits: dict[str, float]) -> str:
    """One sentence about a portrait."""
    age = "old" if traits["age"] > 0.7 else "young" if traits["age"] < 0.35 else "middle-aged"
    style = ("straight", "curly", "tied-up")[int(traits["hair_style"])]
    hair = (
        f"{_length_word(traits['coat_length'])} {style} {coat_word(traits['coat_hue'], traits['coat_lightness'])} hair"
    )
    if traits["hair_style"] == 2:
        hair = f"{coat_word(traits['coat_hue'], traits['coat_lightness'])} hair in a bun"
    extras = [name for name in ("beard", "fringe", "glasses", "hat") if traits[name]]
    worn = "".join(f", {name if name == 'glasses' else 'a ' + name}" for name in extras)
    mouth = "smiling" if traits["smile"] > 0.5 else "serious"
    where = f"{turn_words(traits['yaw_deg'])}, {background_words(traits)}"
    return f"{medium} of a {mouth} {age} person with {hair}{worn}, {where}"


def caption_animal(name: str, traits: dict[str, float]) -> str:
    """One sentence about an animal."""
    coat = f"{_length_word(traits['coat_length'])} {coat_word(traits['coat_hue'], traits['coat_lightness'])} fur"
    marks = ("", " with patches", " with stripes", " with spots")[int(traits["pattern"])]
    ears = ("erect", "floppy", "round")[int(traits["ear_shape"])]
    worn = f", wearing {with_article(hue_word(traits['cloth_hue']))} collar" if traits.get("collar") else ""
    mouth = "with its mouth open, " if traits["smile"] > 0.5 else ""
    where = f"{turn_words(traits['yaw_deg'])}, {background_words(traits)}"
    return f"{with_article(name)} with {coat}{marks} and {ears} ears{worn}, {mouth}{where}"


def caption_church(traits: dict[str, float]) -> str:
    """One sentence about a church."""
    walls = "white" if traits["tone"] > 0.7 else "brown" if traits["tone"] < 0.3 else "sandstone"
    tower = (
        f"a {'tall' if traits['tower_height'] > 0.6 else 'low' if traits['tower_height'] < 0.3 else ''} tower".replace(
            "  ", " "
        )
    )
    place = ("on the left", "in the middle", "on the right")[int(traits["tower_place"])]
    trees = ("no trees", "one tree", "two trees", "three trees")[int(traits["num_trees"])]
    lit = " and lit windows" if traits["lit_windows"] else ""
    sky = "cloudy" if traits["cloud_cover"] > 0.55 else "clear"
    above = f"under a {sky} {hue_word(traits['background_hue'])} sky"
    return f"a {walls} church with {tower} {place}, {hue_word(traits['roof_hue'])} roofs{lit}, {trees}, {above}"


def caption_bedroom(traits: dict[str, float]) -> str:
    """One sentence about a bedroom."""
    bed = "double" if traits["bed_width"] > 0.5 else "single"
    side = "left" if traits["window_side"] == 0 else "right"
    time = "day" if traits["day"] > 0.5 else "night"
    lamp = "lit" if traits["lamp_on"] else "dark"
    blanket, rug = with_article(hue_word(traits["cloth_hue"])), with_article(hue_word(traits["rug_hue"]))
    walls = f"{hue_word(traits['background_hue'])} walls"
    furniture = f"a {bed} bed under {blanket} blanket, {walls}, a {lamp} lamp, {rug} rug"
    return f"a bedroom by {time} with {furniture}, and a window on the {side}"


def caption_shoe(medium: str, traits: dict[str, float]) -> str:
    """One sentence about a shoe; colours only where they are known."""
    kind = ("sneaker", "boot", "pump")[int(traits["shoe_kind"])]
    heel = (
        "a high heel" if traits["heel_height"] > 0.5 else "a low heel" if traits["heel_height"] > 0.1 else "a flat sole"
    )
    toe = "pointed" if traits["toe_point"] > 0.5 else "round"
    shoe = f"{hue_word(traits['cloth_hue'])} {kind}" if "cloth_hue" in traits else kind
    behind = f", {background_words(traits)}" if "background_hue" in traits else ""
    return f"{medium} of {with_article(shoe)} with {heel} and a {toe} toe{behind}"
