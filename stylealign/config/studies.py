"""Studies: which comparisons are made. Each is a table, and most a figure; one that is not named is not made."""

from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator

from stylealign.config.section import Section, key

Truncation = Annotated[float, Ge(0), Le(1)]


def _all_different(truncations: tuple[float, ...]) -> tuple[float, ...]:
    if len(set(truncations)) < len(truncations):
        raise ValueError("names a truncation twice; keep one")
    return truncations


Truncations = Annotated[tuple[Truncation, ...], AfterValidator(_all_different)]


class ModelQuality(Section):
    """FID and KID of every model against every domain."""

    judge: str = key(..., "who measures (needs features)")
    num_gen: int = key(4000, "generated images per model", ge=2)
    truncation_psi: Truncation = key(1.0, "truncation of the generated images")
    split: Literal["train", "test"] = key("test", "which real images they are compared with")
    domains: tuple[str, ...] | None = key(None, "compare with these domains only (null: all)")


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


class Studies(Section):
    """The comparisons of a study."""

    model_quality: ModelQuality | None = key(None, "table model_quality")
    mapping_drift: MappingDrift | None = key(None, "table and figure mapping_drift")
    component_reset: ComponentReset | None = key(None, "table and figure component_reset")
    layer_reset: LayerReset | None = key(None, "table and figure layer_reset")
    attribute_alignment: AttributeAlignment | None = key(None, "table attribute_alignment")

    def named(self) -> dict[str, Section]:
        """The comparisons that are made, by name."""
        return {name: study for name in type(self).model_fields if (study := getattr(self, name)) is not None}


NEEDS: dict[str, str] = {
    "model_quality": "features",
    "component_reset": "distance",
    "layer_reset": "distance",
    "attribute_alignment": "attributes",
}
"""What each study asks of its judge."""
