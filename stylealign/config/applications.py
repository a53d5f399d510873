"""What aligned models are good for, and how far alignment goes: the sections of those studies."""

from itertools import pairwise
from typing import Annotated, Literal

from annotated_types import Gt, Lt
from pydantic import AfterValidator

from stylealign.config.inversion import Method, Share
from stylealign.config.section import Section, all_different, key

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
