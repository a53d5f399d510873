"""What adapted models are worth: the sections of quality and diversity, of CLIP's space, of edits that carry over."""

from typing import Annotated, Literal

from annotated_types import Len
from pydantic import AfterValidator

from stylealign.config.inversion import Method
from stylealign.config.section import Name, Section, all_different, key

Models = Annotated[tuple[str, ...], AfterValidator(all_different)]
Texts = Annotated[tuple[str, ...], AfterValidator(all_different)]
Pair = Annotated[tuple[str, ...], AfterValidator(all_different), Len(2, 2)]
EditKind = Literal["direction", "channels"]


class QualityDiversity(Section):
    """KID to the target domain against diversity within clusters, and memorisation (StyleGAN-NADA, Figure 12)."""

    judge: str = key(..., "who measures (needs features and a distance)")
    models: Models | None = key(None, "adapted models (null: all)", min_length=1)
    num_images: int = key(500, "generated images, and at most so many held-out ones, compared with each other", ge=10)
    clusters: int = key(10, "clusters within which they are compared (published: 10)", ge=1)

    @property
    def num_read(self) -> int:
        """The generated images whose features are read."""
        return self.num_images


class ClipView(Section):
    """One plane through a CLIP's space: two domains that span it, and what is seen in it."""

    models: Models = key(..., "models whose images are seen: the parent, then what became of it", min_length=1)
    domains: Pair = key(..., "the two domains whose real images the plane is fitted to")
    texts: Texts | None = key(None, "texts that are seen (null: those that the models were adapted by)")


class ClipSpace(Section):
    """Where a CLIP sees real images, generated ones and texts (StyleGAN-NADA, Figure 15)."""

    clip: str = key(..., "whose space it is (needs text)")
    views: dict[Name, ClipView] = key(..., "the planes, by name", min_length=1)
    num_images: int = key(300, "generated images of each model, and at most so many real ones of each domain", ge=10)
    truncation_psi: float = key(1.0, "truncation of the generated images", ge=0, le=1)


class EditsAcrossDomains(Section):
    """A parent's real images and its edits of them, in adapted models (StyleGAN-NADA, Figures 8 and 9)."""

    judge: str = key(..., "who measures (needs attributes)")
    models: Models | None = key(None, "adapted models (null: all whose parent's own images are inverted)", min_length=1)
    method: Method = key("wplus_opt", "which of inversion_quality's methods found the images' codes")
    attributes: Models = key(..., "attributes, numbers, that images are edited in", min_length=1)
    edits: Annotated[tuple[EditKind, ...], AfterValidator(all_different)] = key(
        ("direction",), "by the parent's boundary in W (direction), or by its clearest channels", min_length=1
    )
    kept: Models | None = key(
        None, "attributes, numbers, that should stay as they are (null: all that the judge reads well)", min_length=1
    )
    named: dict[str, Models] = key({}, "and those that a model's text names, which need not: {red_haired: [coat_hue]}")
    strength: float = key(3.0, "of the edits, up and down, in standard deviations of the parent's samples", gt=0)
    num: int = key(4, "images in the figure, the first", ge=1)
