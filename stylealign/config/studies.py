"""Studies: which comparisons are made. Each is a table, and most a figure; one that is not named is not made."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator

from stylealign.config.adaptation import AdaptationStudy
from stylealign.config.adaptation_ablation import AdaptationAblation
from stylealign.config.adapted_studies import ClipSpace, EditsAcrossDomains, QualityDiversity
from stylealign.config.applications import (
    BlendSmoothness,
    LocalityBias,
    MorphSmoothness,
    ResolutionAlignment,
    ReturnAlignment,
    ZeroShotClassification,
    ZeroShotRegression,
)
from stylealign.config.clip_accuracy import ClipAccuracy
from stylealign.config.few_shot import FewShot
from stylealign.config.inversion import (
    EncoderFinetune,
    InversionQuality,
    ReferenceTranslation,
    TextureTranslation,
    Translation,
)
from stylealign.config.section import Section, all_different, key, newer, untracked
from stylealign.config.text_edits import GlobalDirections

Truncation = Annotated[float, Ge(0), Le(1)]


Truncations = Annotated[tuple[Truncation, ...], AfterValidator(all_different)]


class ModelQuality(Section):
    """FID and KID of every model against every domain."""

    judge: str = key(..., "who measures (needs features)")
    num_gen: int = key(4000, "generated images per model", ge=2)
    truncation_psi: Truncation = key(1.0, "truncation of the generated images")
    split: Literal["train", "test"] = key("test", "which real images they are compared with")
    domains: tuple[str, ...] | None = key(
        None, "compare with these domains only (null: all but selections, `only`, of another)"
    )

    @property
    def num_read(self) -> int:
        """The generated images whose judged values are read."""
        return self.num_gen


class MappingDrift(Section):
    """How far the mapping network moved (StyleAlign, Table 7)."""

    num_z: int = key(100_000, "latent codes", ge=1)


class ComponentReset(Section):
    """The image change when a component is reset to the parent's weights (StyleAlign, Figures 1 and 8)."""

    judge: str = key(..., "who measures (needs a distance)")
    num_images: int = key(400, "latent codes", ge=2)
    truncation_psi: Truncations = key((1.0, 0.7), "truncations, a row each", min_length=1)


class LayerReset(Section):
    """The same for the convolutions of one resolution (StyleAlign, Table 2)."""

    judge: str = key(..., "who measures (needs a distance)")
    num_images: int = key(400, "latent codes", ge=2)
    truncation_psi: Truncations = key((1.0,), "truncations, a row each", min_length=1)


class AttributeAlignment(Section):
    """Whether the same z means the same thing in two models."""

    judge: str = key(..., "who measures (needs attributes)")
    num_z: int = key(4000, "latent codes", ge=2)

    @property
    def num_read(self) -> int:
        """The generated images whose judged values are read."""
        return self.num_z


class ChannelMaps(Section):
    """What each style channel changes in the image, exactly, for many images of every model (StyleAlign, A.9)."""

    num_images: int = key(200, "images per model", ge=2)
    truncation_psi: Truncation = key(0.7, "truncation of their codes")
    grid: int = key(32, "cells a side that maps and region masks are pooled to (at most the resolution)", ge=4)
    images_per_job: int | None = key(None, "images per job, so that a cluster shares a model's (null: all)", ge=1)
    memory_budget_gb: float = untracked(1.0, "memory for the derivatives of one image", ge=0.05)


Rate = Annotated[float, Ge(0), Le(1)]


class LocalizedChannels(Section):
    """Which channels act in one region only, in each model on its own (StyleAlign, A.9)."""

    judge: str = key(..., "the region parser (needs regions)")
    judge_of: dict[str, str] = key({}, "other parsers, by domain: {dog: parts}")
    domains: tuple[str, ...] | None = key(None, "models of these domains only (null: all)", min_length=1)
    min_rate: Rate = key(0.75, "localized: in more than this part of the images it overlaps the region most")
    min_lead: Rate = key(0.25, "and in so much more of them than any other region")
    loose_rate: Rate = key(0.5, "min_rate of the looser count beside it (StyleSpace's own)")
    min_shown: Rate = key(0.1, "a region that less than this part of the images shows is left out")
    not_listed: tuple[str, ...] = key(
        ("background", "skin", "other"),
        "scored and not listed: the paper's two, and what has no name",
    )


class ChannelOverlap(Section):
    """Localized channels that two models share, against chance (StyleAlign, Tables 1, 3 and 4)."""


class ChannelFate(Section):
    """What became of a parent's localized channels, in its child and grandchildren (StyleAlign, Table 3)."""


Attributes = Annotated[tuple[str, ...], AfterValidator(all_different)]


class AttributeChannels(Section):
    """The channels that stand out in examples of an attribute (StyleSpace; StyleAlign, A.2)."""

    judge: str = key(..., "who chooses the examples (needs attributes)")
    attributes: Attributes | None = key(None, "these only (null: all that the judge reads)", min_length=1)
    num_z: int = key(4000, "latent codes to choose from", ge=20)
    num_positive: int = key(40, "examples of each pole", ge=4)
    num_listed: int = key(20, "channels listed for each", ge=1)

    @property
    def num_read(self) -> int:
        """The generated images whose judged values are read."""
        return self.num_z


class ChannelEffects(Section):
    """The channels that move an attribute, measured by moving each: what edits are made of."""

    judge: str = key(..., "who measures (needs attributes)")
    attributes: Attributes = key(..., "which attributes", min_length=1)
    num_z: int = key(4, "latent codes, each with two images for every channel", ge=1)
    strength: float = key(5.0, "size of a step, in standard deviations of the channel", gt=0)
    truncation_psi: Truncation = key(0.7, "truncation of the codes")
    num_listed: int = key(20, "channels listed for each", ge=1)


class Boundaries(Section):
    """Linear directions in W for attributes (InterFaceGAN; StyleAlign, A.2)."""

    judge: str = key(..., "who labels the codes (needs attributes)")
    attributes: Attributes | None = key(None, "these only (null: all that the judge reads)", min_length=1)
    num_z: int = key(4000, "latent codes", ge=40)
    extreme_share: float = key(0.1, "the part at either end that a direction is fitted on", gt=0, le=0.5)
    conditional: dict[str, Attributes] = key({}, "directions that leave others alone: {smile: [yaw_deg]}")

    @property
    def num_read(self) -> int:
        """The generated images whose judged values are read."""
        return self.num_z


class EffectAgreement(Section):
    """Whether the same edit does the same in parent and child (StyleAlign, Figures 2, 3, 9 and 10, measured)."""

    judge: str = key(..., "who measures (needs attributes)")
    attributes: Attributes = key(..., "attributes that are numbers", min_length=1)
    num_channels: int = key(16, "the parent's channels that move each attribute most", ge=1)
    num_z: int = key(16, "latent codes", ge=4)
    strength: float = key(5.0, "size of an edit, in standard deviations of the parent's samples", gt=0)
    truncation_psi: Truncation = key(0.7, "truncation of the codes")


class ChannelEdit(Section):
    """An edit of a picture: channels, each with its weight, a direction, or a text."""

    title: str = key("", "what stands above it (of an edit by text: may be left out)")
    channels: dict[str, float] = key({}, "style channels by the papers' index, with weights: {6_501: 1, 8_128: -1}")
    direction: str | None = key(None, "or a boundary of the reference model, by its name")
    text: str | None = newer(None, "or one of studies.global_directions.edits, by its name")


class Manipulations(Section):
    """Pictures of edits, the same in every model (StyleAlign, Figures 2 and 9)."""

    reference: str | None = key(None, "the model whose channels and boundaries are used (null: the first root)")
    attributes: Attributes = key((), "for each: the channels that move it most, together, and its boundary")
    edits: tuple[ChannelEdit, ...] = key((), "more edits, in your words")
    strengths: tuple[float, ...] = key((-2, 0, 2), "in standard deviations of the reference's samples", min_length=2)
    num: int = key(1, "latent codes", ge=1)
    truncation_psi: Truncation = key(0.7, "truncation of the codes")


class Studies(Section):
    """The comparisons of a study."""

    model_quality: ModelQuality | None = key(None, "table model_quality")
    mapping_drift: MappingDrift | None = key(None, "table and figure mapping_drift")
    component_reset: ComponentReset | None = key(None, "table and figure component_reset")
    layer_reset: LayerReset | None = key(None, "table and figure layer_reset")
    attribute_alignment: AttributeAlignment | None = key(None, "table attribute_alignment")
    channel_maps: ChannelMaps | None = key(None, "figure channel_maps (with localized_channels)")
    localized_channels: LocalizedChannels | None = key(None, "table localized_channels (needs channel_maps)")
    channel_overlap: ChannelOverlap | None = key(None, "table and figure (needs localized_channels)")
    channel_fate: ChannelFate | None = key(None, "table and figure (needs localized_channels)")
    attribute_channels: AttributeChannels | None = key(None, "table attribute_channels")
    channel_effects: ChannelEffects | None = key(None, "table channel_effects")
    boundaries: Boundaries | None = key(None, "table boundaries")
    effect_agreement: EffectAgreement | None = key(None, "table and figure (needs channel_effects, boundaries)")
    manipulations: Manipulations | None = key(None, "figure manipulations (needs channel_effects, boundaries)")

    inversion_quality: InversionQuality | None = key(None, "table, and figure inversions (needs inversion)")
    encoder_finetune: EncoderFinetune | None = key(None, "table encoder_finetune (needs inversion_quality)")
    translation: Translation | None = key(None, "table, and figure translations (needs inversion_quality)")
    reference_translation: ReferenceTranslation | None = key(
        None, "table, and figure reference_translations (needs inversion_quality)"
    )
    texture_translation: TextureTranslation | None = key(None, "figure texture_translations (needs inversion_quality)")

    morph_smoothness: MorphSmoothness | None = key(None, "table, figures morph_smoothness and morph_grid, videos")
    blend_smoothness: BlendSmoothness | None = key(None, "table, figures blend_smoothness and blend_grid")
    return_alignment: ReturnAlignment | None = key(None, "table and figure return_alignment")
    locality_bias: LocalityBias | None = key(None, "table and figure (needs localized_channels)")
    resolution_alignment: ResolutionAlignment | None = key(None, "table and figure resolution_alignment")
    zero_shot_regression: ZeroShotRegression | None = key(None, "table, figure (needs boundaries, inversion_quality)")
    zero_shot_classification: ZeroShotClassification | None = key(
        None, "table, figure (needs boundaries, inversion_quality)"
    )

    adaptation: AdaptationStudy | None = key(None, "table adaptation and figure adaptations (of adapted models)")
    adaptation_ablation: AdaptationAblation | None = key(None, "table and figure (of adapted models)")
    global_directions: GlobalDirections | None = key(None, "table: edits by text, for the figure manipulations too")
    few_shot: FewShot | None = key(None, "table and figure few_shot (needs an adapted model)")

    quality_diversity: QualityDiversity | None = key(None, "table and figure quality_diversity (of adapted models)")
    clip_space: ClipSpace | None = key(None, "table and figure clip_space")
    edits_across_domains: EditsAcrossDomains | None = key(
        None, "table and figure (of adapted models; needs channel_effects, boundaries, inversion_quality)"
    )

    clip_accuracy: ClipAccuracy | None = key(None, "table and figure clip_accuracy (of judges that know text)")

    def named(self) -> dict[str, Section]:
        """The comparisons that are made, by name."""
        return {name: study for name in type(self).model_fields if (study := getattr(self, name)) is not None}


NEEDS: dict[str, str] = {
    "adaptation": "features",
    "model_quality": "features",
    "component_reset": "distance",
    "layer_reset": "distance",
    "attribute_alignment": "attributes",
    "localized_channels": "regions",
    "attribute_channels": "attributes",
    "channel_effects": "attributes",
    "boundaries": "attributes",
    "effect_agreement": "attributes",
    "translation": "features",
    "reference_translation": "features",
    "morph_smoothness": "distance",
    "blend_smoothness": "distance",
    "return_alignment": "distance",
    "locality_bias": "attributes",
    "resolution_alignment": "features",
    "quality_diversity": "features",
    "edits_across_domains": "attributes",
    "few_shot": "features",
}
"""What each study asks of its judge."""

BUILDS_ON: dict[str, tuple[str, ...]] = {
    "localized_channels": ("channel_maps",),
    "channel_overlap": ("localized_channels",),
    "channel_fate": ("localized_channels",),
    "effect_agreement": ("channel_effects", "boundaries"),
    "manipulations": ("channel_effects", "boundaries"),
    "encoder_finetune": ("inversion_quality",),
    "translation": ("inversion_quality",),
    "reference_translation": ("inversion_quality",),
    "texture_translation": ("inversion_quality",),
    "locality_bias": ("localized_channels",),
    "zero_shot_regression": ("boundaries", "inversion_quality"),
    "zero_shot_classification": ("boundaries", "inversion_quality"),
    "edits_across_domains": ("channel_effects", "boundaries", "inversion_quality"),
}
"""What each study reads of others."""

READS_FEATURES = (
    "model_quality",
    "attribute_alignment",
    "attribute_channels",
    "boundaries",
    "quality_diversity",
    "adaptation",
)
"""The studies that read what a judge saw in every model's images (the rule `model_features`)."""

COMPARING = ("mapping_drift", "attribute_alignment", "channel_overlap", "effect_agreement")
"""The studies that compare a model with its relatives."""

OF_CHILDREN = ("component_reset", "layer_reset", "channel_fate")
"""The studies that compare a child with its parent."""

OF_ANY_RESOLUTION = ("mapping_drift", "resolution_alignment")
"""The comparisons in which models of a lower resolution take part; all others are of :meth:`Study.full_size` alone."""
