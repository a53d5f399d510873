"""What aligned models are good for, and how far alignment goes: the sections of those studies."""

from itertools import pairwise
from typing import Annotated, Literal

from annotated_types import Gt, Lt
from pydantic import AfterValidator

from stylealign.config.inversion import Method, Share
from stylealign.config.section import Name, Section, all_different, key

VideoFormat = Literal["mp4", "webp", "gif"]


class MorphSmoothness(Section):
    """Morphs between images of related models: grid, video and smoothness (StyleAlign, 4.2, A.7)."""

    judge: str = key(..., "who says how far two frames are apart (needs a distance)")
    morphs: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "from model to model, through others where named: [face2dog, face2dog2cat]", min_length=1
    )
    source: Literal["images", "z"] = key(
        "images",
        "what is morphed: held-out images, each inverted in its own model; or the same random z in every model",
    )
    method: Method = key("wplus_opt", "which of inversion_quality's methods found the images' codes")
    truncation_psi: Share = key(0.7, "truncation of random z (codes of images keep their own)")
    num_pairs: int = key(32, "pairs that are measured; pair k is the k-th held-out image of every model", ge=2)
    num_shown: int = key(8, "pairs in the video, the first", ge=1)
    num_frames: int = key(60, "frames from one end to the other", ge=3)
    seconds: float = key(4.0, "how long the video takes from one end to the other; it comes back the same way", gt=0)
    easing: Literal["smooth", "linear"] = key("smooth", "the video's pace: smooth starts and stops gently")
    grid: int = key(5, "rows and columns of the grid", ge=2)
    formats: Annotated[tuple[VideoFormat, ...], AfterValidator(all_different)] = key(
        ("mp4", "webp"), "of the video; the first is played in the report", min_length=1
    )


Between = Annotated[float, Gt(0), Lt(1)]


def _rising(ratios: tuple[float, ...]) -> tuple[float, ...]:
    if any(before >= after for before, after in pairwise(ratios)):
        raise ValueError("must rise: from the first model to the second")
    return ratios


class BlendSmoothness(Section):
    """Layers of two models swapped, beside their weights interpolated (StyleAlign, A.7, Figures 31 to 33)."""

    judge: str = key(..., "who says how far two blends are apart (needs a distance)")
    pairs: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "relatives, from which model to which: [face2dog, dog2cat]", min_length=1
    )
    num_z: int = key(64, "latent codes", ge=2)
    truncation_psi: Share = key(0.7, "truncation of the codes")
    granularity: Literal["block", "layer"] = key(
        "block", "what is swapped at a time: all layers of a resolution, or one convolution (with the last, toRGB)"
    )
    ratios: Annotated[tuple[Between, ...], AfterValidator(_rising)] = key(
        (0.25, 0.5, 0.75), "interpolations in the figure, between the two models, which are 0 and 1", min_length=1
    )
    num_shown: int = key(3, "latent codes in the figure, the first", ge=1)


class ReturnAlignment(Section):
    """Models that return to an ancestor's domain: forgotten or hidden? (StyleAlign, 3 and A.2, Figures 14, 34 to 36)"""

    judge: str = key(..., "who says how far two images are apart (needs a distance)")
    attributes_judge: str | None = key(None, "who reads attributes (null: the judge, if it can)")
    num_z: int = key(1000, "latent codes, the same in every model", ge=8)
    truncation_psi: Share = key(0.7, "truncation of the images")
    edits: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        (), "attributes: the ancestor's edits for them, made in all (needs channel_effects and boundaries)"
    )
    strength: float = key(3.0, "of those edits, up and down, in standard deviations of the ancestor's samples", gt=0)
    num_shown: int = key(8, "latent codes in the figure, the first", ge=1)


class ResolutionAlignment(Section):
    """Children of a lower resolution than their parents: what agrees, what it costs (StyleAlign, A.4, Figure 30)."""

    judge: str = key(..., "who says how far images are apart (needs features and a distance)")
    attributes_judge: str | None = key(None, "who reads attributes (null: the judge, if it can)")
    num_z: int = key(512, "latent codes whose images are compared", ge=8)
    truncation_psi: Share = key(0.7, "truncation of these and of the edited images")
    attributes: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        (), "numbers, for each the parent's channels that move it most: do they keep their function?"
    )
    num_channels: int = key(16, "channels of each attribute", ge=1)
    num_effect_z: int = key(8, "latent codes that channels are stepped on", ge=2)
    strength: float = key(5.0, "size of a step, in standard deviations of the parent's samples", gt=0)
    min_effect: float = key(0.5, "a channel is kept whose effect has its sign and at least this part of its size", gt=0)
    num_gen: int = key(1000, "generated images for KID, of each model and snapshot", ge=2)
    split: Literal["train", "test"] = key("test", "which real images they are compared with")
    num_shown: int = key(6, "latent codes in the figure, the first", ge=1)


Directions = Annotated[tuple[str, ...], AfterValidator(all_different)]


class ZeroShot(Section):
    """What zero-shot regression and classification have in common (StyleAlign, 4.3 and A.6)."""

    directions: Directions = key(..., "from the labelled parent to a relative: [face2dog, face2cat]", min_length=1)
    space: Literal["wplus", "w"] = key("wplus", "of the codes: which encoders of inversion_quality find them")
    num_layers: int = key(4, "the first rows of a code whose distances to the boundary are read (published: 4)", ge=1)
    num_train: int = key(1000, "the parent's train images, with labels, that models are fitted on", ge=20)
    num_test: int = key(500, "the held-out images that are predicted", ge=20)
    num_random: int = key(20, "random boundaries, the control", ge=2)
    image_kimg: float = key(12, "training of the network on the parent's images, the baseline", gt=0)
    num_shown: int = key(4, "images of each bin in the figure", ge=1)


class ZeroShotRegression(ZeroShot):
    """A number of a child's images, read by a model that knows only the parent's labels (Figures 28 and 29)."""

    attributes: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "attributes that are numbers", min_length=1
    )


def _is_a_question(question: str) -> str:
    attribute, equals, value = question.partition("=")
    if not attribute or (equals and not value):
        raise ValueError("name an attribute, or a value of one, as ear_shape=floppy")
    return question


Question = Annotated[str, AfterValidator(_is_a_question)]


class ZeroShotClass(Section):
    """A yes-or-no question: a value of a class, the second of two, or a number above its median in the parent."""

    parent: Question = key(..., "what the parent's images are asked: coat_lightness, or hair_style=curly")
    child: Question | None = key(None, "what this becomes in the child (null: the same)")


class ZeroShotClassification(ZeroShot):
    """Yes or no of a child's images, by a model that knows only the parent's labels (Figure 7)."""

    attributes: dict[Name, ZeroShotClass] = key(
        ..., "questions, by name: {light_coat: {parent: coat_lightness}}", min_length=1
    )


class LocalityBias(Section):
    """Which channels keep their function in children of moved or turned domains (StyleAlign, A.3, Figure 15)."""

    judge: str = key(..., "who measures effects (needs attributes)")
    models: Annotated[tuple[str, ...], AfterValidator(all_different)] | None = key(
        None, "children whose domain is their parent's with a transform (null: all such)", min_length=1
    )
    attributes: Annotated[tuple[str, ...], AfterValidator(all_different)] | None = key(
        None, "attributes that are numbers (null: all that the judge reads well in the parent's domain)", min_length=1
    )
    num_channels: int = key(3, "the parent's channels of each region, those with the largest effect", ge=1)
    min_effect: float = key(0.5, "kept: an effect of the same sign and of at least this part of its size", gt=0)
    num_z: int = key(32, "latent codes that effects are measured on", ge=4)
    num_controls: int = key(16, "channels drawn from each layer: what chance would keep", ge=2)
    strength: float = key(5.0, "size of an edit, in standard deviations of the parent's samples", gt=0)
    truncation_psi: Share = key(0.7, "truncation of the codes")
    num_shown: int = key(5, "channels in the figure, of as many regions as there are", ge=1)
