"""Edits by text: StyleCLIP's global directions in S (StyleCLIP, Section 6; StyleAlign, Figures 3, 10 to 12 and 35)."""

from typing import Literal

from stylealign.config.adaptation import Template, Text
from stylealign.config.inversion import Share
from stylealign.config.section import Name, Section, key


class TextEdit(Section):
    """A change in words: from what an image shows to what it is to show."""

    neutral: Text = key(..., "what images show: a photo of a person")
    target: Text = key(..., "what they are to show: a photo of a person with red hair")
    num_channels: int | None = key(
        None, "how many channels it moves, the most relevant ones (give this or `beta`)", ge=1
    )
    beta: float | None = key(
        None, "or from which relevance on, |cosine|; published: 0.08 to 0.3, and fewer channels the higher", ge=0, lt=1
    )
    strength: float = key(
        5.0,
        "at which its effect is measured, in standard deviations of the most relevant channel (published: -10 to 10)",
        gt=0,
    )


class GlobalDirections(Section):
    """Edits by text, found in one model by a CLIP and made in its descendants too."""

    judge: str = key(..., "who measures what an edit changes (needs attributes)")
    clip: str = key(..., "the CLIP that finds the channels of a text")
    model: str | None = key(None, "whose channels (null: the first root)")
    num_images: int = key(100, "images in which each channel is set to either side of its mean (published: 100)", ge=2)
    std: float = key(5.0, "how far, in standard deviations of the channel (published: 5)", gt=0)
    truncation_psi: Share = key(0.7, "truncation of the codes")
    templates: Literal["imagenet", "none"] | tuple[Template, ...] = key(
        "imagenet",
        "sentences that the texts are put into, with {} where: imagenet (the published 80), none, or a list of yours",
    )
    num_z: int = key(200, "latent codes that an edit's effect is measured on", ge=8)
    edits: dict[Name, TextEdit] = key(
        ...,
        "edits, by name: {red_hair: {neutral: a person, target: a person with red hair, num_channels: 20}}",
        min_length=1,
    )
