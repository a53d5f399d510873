"""Domains: what is depicted. Procedural worlds, folders of photographs, and StyleGAN's own dataset zips."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator, Field

from stylealign.config.section import Section, key, newer

WorldName = Literal["face", "painting", "cartoon", "dog", "cat", "wild", "church", "bedroom", "shoe", "edge"]


Half = Annotated[float, Ge(-0.5), Le(0.5)]


class Transform(Section):
    """A domain moved or turned, its images and region maps alike (StyleAlign, A.3): flipped first, then shifted.

    Attributes and captions stay those of the undisturbed picture.
    """

    flip: Literal["vertical", "horizontal"] | None = key(None, "vertical: upside down; horizontal: left and right")
    shift: tuple[Half, Half] = key(
        (0, 0), "to the right and down, as parts of the width, at most half; in whole pixels (published: 60/256)"
    )
    fill: Literal["edge", "reflect"] = key(
        "edge", "what a shift uncovers: the pixels at the edge, repeated, or the picture mirrored there"
    )

    def shift_px(self, resolution: int) -> tuple[int, int]:
        """The shift in whole pixels, to the right and down."""
        right, down = (round(part * resolution) for part in self.shift)
        return right, down

    def __str__(self) -> str:
        """``flipped vertically, shifted right by 0.234``: what tables say."""
        right, down = self.shift
        words = [] if self.flip is None else [f"flipped {self.flip}ly"]
        words += [f"shifted {'right' if right > 0 else 'left'} by {abs(right):.3g}"] if right else []
        words += [f"shifted {'down' if down > 0 else 'up'} by {abs(down):.3g}"] if down else []
        return ", ".join(words) or "unmoved"


def _bounds(value: object) -> object:
    """Refuse what is neither, in one line: a union would tell of each of its kinds."""
    if isinstance(value, list | tuple) and [type(end) in (int, float) for end in value] == [True, True]:
        return tuple(value)
    if isinstance(value, str):
        return value
    raise ValueError("write [low, high] of a number, or the name of a value")


Bounds = Annotated[tuple[float, float] | str, BeforeValidator(_bounds)]
"""Which values of an attribute are meant: from the first to the second number, or the one of this name."""


class WorldDomain(Section):
    """A procedural domain: endless images whose attributes, regions and captions are known exactly."""

    source: Literal["world"] = key(..., "drawn, not read")
    world: WorldName = key(..., "which world is drawn")
    num_train: int = key(8000, "images to train on", ge=1)
    num_test: int = key(2000, "held-out images, which measures compare with", ge=1)
    transform: Transform | None = key(None, "the images moved or turned (null: as they are)")
    only: dict[str, Bounds] | None = newer(
        None,
        "of the images drawn, those whose attributes lie within [low, high] or have this value (glasses: yes); "
        "`num_train` and `num_test` count what is drawn (null: all)",
        min_length=1,
    )


class Photographs(Section):
    """What a folder and a zip of photographs have in common."""

    path: Path = key(..., "where the images are, relative to the working directory")
    fit: Literal["crop", "pad"] = key("crop", "how a non-square image becomes square: centre crop, or padding")
    test_fraction: float = key(0.1, "part held out, by a hash of the pixels (1: all, to invert only)", gt=0, le=1)
    min_images: int = key(100, "fewer usable images than this stop the job", ge=1)
    max_images: int | None = key(None, "use at most this many (null: all)", ge=1)
    regions: Path | None = key(None, "folder of region masks, a PNG of class ids beside each image's name (null: none)")
    labels: dict[str, tuple[int, ...]] | None = key(None, "name of each region: the class ids in the masks it unites")
    transform: Transform | None = key(None, "the images moved or turned (null: as they are)")


class FolderDomain(Photographs):
    """A folder of images, nested or not; unreadable files are listed with a reason, never fatal."""

    source: Literal["folder"] = key(..., "read from a folder")


class ZipDomain(Photographs):
    """A StyleGAN dataset zip (`dataset.json` inside), read as it is."""

    source: Literal["zip"] = key(..., "read from a StyleGAN dataset zip")


Domain = Annotated[WorldDomain | FolderDomain | ZipDomain, Field(discriminator="source")]


PUBLISHED_NUM = 70_000


def num_images_at_most(domain: WorldDomain | Photographs) -> int:
    """Images of a domain, as far as known before it is read: a folder without `max_images` counts as FFHQ."""
    if isinstance(domain, WorldDomain):
        return domain.num_train + domain.num_test
    return domain.max_images or PUBLISHED_NUM


def has_labels(domain: WorldDomain | Photographs) -> bool:
    """Whether exact labels are known: a world's, or region masks."""
    return isinstance(domain, WorldDomain) or domain.regions is not None


def is_selective(domain: WorldDomain | Photographs) -> bool:
    """Whether it is a part of a world only."""
    return isinstance(domain, WorldDomain) and domain.only is not None


def whole_of(name: str, domains: Mapping[str, WorldDomain | Photographs | None]) -> str:
    """The domain that draws the whole of what this one selects (``only``) from, in the same place; else itself."""
    own = domains[name]
    if not isinstance(own, WorldDomain) or own.only is None:
        return name
    worlds = [(other, one) for other, one in domains.items() if isinstance(one, WorldDomain) and one.only is None]
    return next((other for other, one in worlds if (one.world, one.transform) == (own.world, own.transform)), name)


def show_the_same(one: WorldDomain | Photographs, other: WorldDomain | Photographs) -> bool:
    """Whether two domains show the same pictures, wherever those are moved: one world, or one folder or archive."""
    if isinstance(one, WorldDomain) or isinstance(other, WorldDomain):
        return isinstance(one, WorldDomain) and isinstance(other, WorldDomain) and one.world == other.world
    return one.path == other.path
