"""Inversion: how real images become latent codes (StyleAlign, A.5), by optimisation or by an encoder.

A method's name says the space of its codes and how they are found: ``z_opt``, ``wplus_enc``.
"""

from pathlib import Path
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Le
from pydantic import AfterValidator, Field

from stylealign.config.section import Section, all_different, key, untracked

SPACES = ("z", "zplus", "w", "wplus")

Space = Literal["z", "zplus", "w", "wplus"]
PublishedSpace = Literal["w", "wplus"]
Method = Literal["z_opt", "zplus_opt", "w_opt", "wplus_opt", "z_enc", "zplus_enc", "w_enc", "wplus_enc"]
METHODS: tuple[str, ...] = get_args(Method)
Share = Annotated[float, Ge(0), Le(1)]


TRUNCATED_SPACES = ("z", "zplus")
"""Codes in the others are not truncated."""


def space_of(method: str) -> str:
    """The space of a method's codes."""
    return method.rpartition("_")[0]


def is_encoder(method: str) -> bool:
    """Whether a method's codes come from an encoder."""
    return method.endswith("_enc")


Methods = Annotated[tuple[Method, ...], AfterValidator(all_different)]


class Optimisation(Section):
    """Codes found by gradient descent, image by image (StyleGAN2's projector; StyleAlign's in Z)."""

    steps: int = key(500, "steps of Adam (StyleAlign 500, StyleGAN2 1000)", ge=1)
    lr: float = key(0.1, "its learning rate, at most", gt=0)
    lr_ramp_up: Share = key(0.05, "the part of the steps over which it rises")
    lr_ramp_down: Share = key(0.25, "and over which it falls to zero, as half a cosine")
    jitter: float = key(0.05, "noise on the code at first, in standard deviations of its space", ge=0)
    jitter_until: float = key(0.75, "the part of the steps after which it is gone", gt=0, le=1)
    start: Literal["nearest", "average"] = key(
        "nearest", "where Z and Z+ start: at the random image nearest to the target, or at z nearest to the average w"
    )
    candidates: int = key(256, "random images among which the start is looked for", ge=1)
    restarts: int = key(1, "starts (the nearest, the next nearest, ...), of which the best result is kept", ge=1)
    perceptual_weight: float = key(1.0, "weight of the judge's perceptual distance", ge=0)
    pixel_weight: float = key(0.0, "weight of the mean squared difference of pixels, which are in [-1, 1]", ge=0)
    noise_maps: bool = key(False, "optimise the noise maps too; they are not used in translation")
    noise_weight: float = key(1e5, "weight of their regularisation", ge=0)
    patience: int | None = key(
        None,
        "an image without improvement for so many steps goes on to the ramp-down, and there stops (null: never)",
        ge=1,
    )
    tolerance: float = key(0.001, "improvement: by more than this part of the loss", ge=0)
    batch_size: int = key(64, "images at once", ge=1)


class Encoders(Section):
    """Networks that find codes at a glance: pSp's trunk with a head for the space; e4e for W+.

    A model's may be a published one (`from`), which is not trained here.
    """

    published: dict[str, dict[PublishedSpace, Path]] = Field(
        {},
        alias="from",
        description="files of published pSp or e4e encoders, by model and space: {ffhq: {wplus: e4e_ffhq.pt}}",
        exclude_if=lambda published: not published,  # a study without them is written as before there were any
    )
    total_kimg: float = key(200, "thousands of images of training", gt=0)
    child_kimg: float | None = key(None, "for those that start from their parent's encoder (null: the same)", gt=0)
    from_parent: bool = key(True, "a child's encoder starts from its parent's (StyleAlign, A.4)")
    batch_size: int = key(16, "images per step", ge=2)
    lr: float = key(0.001, "Adam's learning rate, at most", gt=0)
    width: int = key(32, "channels at full resolution, doubling down to 8 x width", ge=4)
    sampled_share: Share = key(0.5, "the part of every batch that is the model's own samples, whose codes are known")
    pixel_weight: float = key(1.0, "weight of the mean squared difference of pixels, which are in [-1, 1]", ge=0)
    perceptual_weight: float = key(0.8, "weight of the judge's perceptual distance", ge=0)
    code_weight: float = key(0.1, "weight of the mean squared error of a sample's w, in deviations of w", ge=0)
    offset_weight: float = key(2e-4, "W+: weight of the size of the rows' offsets (e4e)", ge=0)
    adversarial_weight: float = key(0.1, "W+: weight of the latent discriminator (e4e)", ge=0)
    progressive_from: Share = key(0.1, "W+: the part of training after which offsets are let in, row by row")
    progressive_until: Share = key(0.5, "W+: the part of training by which all are")
    refine_steps: int = key(0, "steps of optimisation after the encoder", ge=0)
    tick_kimg: float = key(1.0, "how often held-out images are inverted, for the curve of training", gt=0)
    checkpoint_kimg: float = untracked(5.0, "how often the state is saved, for resuming", gt=0)


class Inversion(Section):
    """How real images are inverted."""

    judge: str = key(..., "who says how alike two images are (needs a distance)")
    regions_judge: str | None = key(None, "who finds regions, to compare with known ones (null: the judge, if it can)")
    truncation_psi: Share = key(0.7, "truncation of codes in Z and Z+, in inversion and translation (released: 0.5)")
    split: Literal["train", "test"] = key("test", "which images of a domain")
    num_images: int | None = key(None, "how many of them, the first (null: all)", ge=2)
    images_per_job: int | None = key(None, "images per job, so that a cluster shares them (null: all)", ge=1)
    optimisation: Optimisation = key(Optimisation(), "by gradient descent")
    encoders: Encoders = key(Encoders(), "by encoders")


class InversionQuality(Section):
    """How well each method gives images back (StyleAlign, Figures 16 and 18)."""

    methods: Methods = key(..., "which methods", min_length=1)
    models: tuple[str, ...] | None = key(None, "the models that invert images of their domain (null: all)")
    image_sets: dict[str, tuple[str, ...]] = key({}, "more image sets, by model, that need no model: {face: [selfies]}")
    num_shown: int = key(6, "images in the figure", ge=1)


class EncoderFinetune(Section):
    """How much sooner a child's encoder arrives when it starts from its parent's (StyleAlign, A.4)."""

    models: tuple[str, ...] | None = key(None, "these children (null: all that have encoders)", min_length=1)
    spaces: tuple[Space, ...] = key(("w",), "encoders of these spaces", min_length=1)


class Kept(Section):
    """The judged attributes that stand for what a translation should keep."""

    yaw: str | None = key("yaw_deg", "of the pose")
    tone: str | None = key("tone", "of the skin or fur")
    background: str | None = key("background_hue", "of the background")


class Translation(Section):
    """Images of one domain as images of another, through one code (StyleAlign, 4.1, Figure 5, Table 5)."""

    judge: str = key(..., "who measures FID and KID (needs features)")
    attributes_judge: str | None = key(None, "who reads attributes (null: the judge, if it can)")
    kept: Kept = key(Kept(), "attributes compared between source and translation")
    directions: tuple[str, ...] = key(..., "from which model to which: [dog2cat, cat2dog]", min_length=1)
    methods: Methods | None = key(None, "which of inversion_quality's methods (null: all)", min_length=1)
    baselines: dict[str, dict[str, str]] = key(
        {}, "other methods' images, in folders, by direction: {cut: {cat2dog: path}}"
    )
    num_shown: int = key(6, "images in the figure", ge=1)


class ReferenceTranslation(Section):
    """Shape of one image, style of another (StyleAlign, 4.1, Figure 6, Table 6)."""

    judge: str = key(..., "who measures FID and KID (needs features)")
    diversity_judge: str | None = key(
        None, "who measures diversity (needs a distance; null: the judge, if it can, else that of inversion)"
    )
    attributes_judge: str | None = key(None, "who reads attributes (null: the judge, if it can)")
    kept: Kept = key(Kept(), "attributes compared with source and reference")
    directions: tuple[str, ...] = key(..., "from which model to which: [dog2cat, cat2dog]", min_length=1)
    methods: Methods | None = key(None, "which of inversion_quality's methods (null: all)", min_length=1)
    num_references: int = key(10, "references of each source image (StarGAN v2: 10)", ge=2)
    switch_px: int = key(32, "resolutions below this are the source's, from it on the reference's", ge=4)
    num_shown: int = key(4, "sources, and references, in the figure", ge=1)


class TextureTranslation(Section):
    """Shape of an image, style of random codes: outlines become shoes (StyleAlign, Figure 37)."""

    directions: tuple[str, ...] = key(..., "from which model to which: [edge2shoe]", min_length=1)
    method: Method = key("z_opt", "which of inversion_quality's methods")
    switch_px: int = key(32, "resolutions below this are the source's, from it on random", ge=4)
    num_styles: int = key(5, "random styles of each image", ge=1)
    num_shown: int = key(6, "images in the figure", ge=1)
