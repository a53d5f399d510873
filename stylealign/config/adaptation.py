"""Adapted models: a parent moved by a text or by a few images, with no training set (StyleGAN-NADA).

Published values: the paper's section 4 and Table 3 (200 to 400 iterations, 2000 for other species, batches of 2, a
learning rate of 0.002, both ViT-B/32 and ViT-B/16 with weight 1, N_w = 8, N_i = 1).
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import AfterValidator, BeforeValidator, StringConstraints

from stylealign.config.adapted_region import AdaptedRegion, JudgedRegion
from stylealign.config.section import Section, all_different, key, newer, untracked

MAX_IMAGES = 16
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TEMPLATE = r"[^{}]*\{\}[^{}]*"
Template = Annotated[str, StringConstraints(pattern=f"^{TEMPLATE}$")]


def _read_templates(value: Any) -> str | tuple[str, ...]:
    """``imagenet``, ``none``, or sentences with one ``{}`` each; :class:`ValueError` for anything else."""
    if isinstance(value, str):
        if value not in ("imagenet", "none"):
            raise ValueError("choose one of imagenet, none, or give a list of sentences")
        return value
    sentences = tuple(value) if isinstance(value, list | tuple) else ()
    if not sentences or not all(isinstance(one, str) for one in sentences):
        raise ValueError("choose one of imagenet, none, or give a list of sentences")
    for one in sentences:
        if re.fullmatch(TEMPLATE, one) is None:
            raise ValueError(f"a sentence says with one {{}} where the text goes, not as {one!r}")
    return sentences


Templates = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_read_templates, json_schema_input_type=Literal["imagenet", "none"] | tuple[Template, ...]),
]
Weight = Annotated[float, Gt(0)]
LossName = Literal["directional", "global"]
Iterations = Annotated[tuple[Annotated[int, Ge(1)], ...], AfterValidator(all_different)]


class LayerSelection(Section):
    """How the layers to train are found before every iteration (section 4.2): codes are moved towards the target.

    The rows of W+ that moved most are those of the layers that are trained.
    """

    num_w: int = key(8, "codes that are moved (the paper's N_w)", ge=1)
    steps: int = key(1, "steps that they are moved by (the paper's N_i)", ge=1)
    lr: float = key(0.01, "size of such a step (plain gradient descent)", gt=0)


class Adaptation(Section):
    """How a model is adapted from its parent: by a pair of texts, or by a few images, judged by CLIPs."""

    clips: dict[str, Weight] = key(..., "judges that know text, each with its weight: {b32: 1, b16: 1}", min_length=1)
    source_text: Text | None = key(None, "what the parent shows, in words")
    target_text: Text | None = key(None, "what the child is to show (needed unless images tell it)")
    images: Path | None = key(None, f"or a folder of 1 to {MAX_IMAGES} images of the target")
    image_domain: str | None = key(None, "or a domain whose first training images are the target")
    num_images: int | None = key(None, f"how many of them, 1 to {MAX_IMAGES}", ge=1, le=MAX_IMAGES)
    loss: dict[LossName, Annotated[float, Ge(0)]] = key(
        {"directional": 1},
        "weights of the losses: directional (the way from the parent's image to the child's), global (nearness to the "
        "target alone, the paper's ablation)",
        min_length=1,
    )
    templates: Templates = key(
        "imagenet",
        "sentences that the texts are put into, with {} where: imagenet (the published 80), none, or a list of yours",
    )
    iterations: int = key(300, "steps of training (published: 130 to 400, other species 2000)", ge=1)
    batch_size: int = key(2, "images per step (published: 2)", ge=1)
    lr: float = key(0.002, "Adam's learning rate (published: 0.002)", gt=0)
    style_mixing_prob: float = key(
        0.9, "probability that a batch mixes two styles (published: 0.9; species and some styles 0)", ge=0, le=1
    )
    truncation_psi: float = key(1.0, "truncation of the codes while it is trained (published: 1)", ge=0, le=1)
    num_layers: int | None = key(
        None,
        "layers trained, chosen anew before every iteration (the paper's k; null: all). Published at 18: all for "
        "styles, 12 for shapes, 3 for other species",
        ge=1,
    )
    selection: LayerSelection = key(LayerSelection(), "how they are chosen")
    rules: Literal["paper", "released"] = key(
        "paper", "where the paper and its released code differ, which is followed (see stylealign.adaptation.rules)"
    )
    region: AdaptedRegion | None = key(None, "the only part of the picture that may change (null: all of it)")
    snapshot_iterations: Iterations = key((), "iterations at which the generator is kept too, for a user to pick from")
    sample_iterations: Iterations = key(
        (50, 100, 200, 400, 800), "iterations at which the study's fixed z are drawn, beside the first and the last"
    )
    checkpoint_iterations: int = untracked(50, "iterations that a killed job loses at most", ge=1)

    def weight_of(self, loss: LossName) -> float:
        """A loss's weight; 0 where it is not named."""
        return self.loss.get(loss, 0.0)

    @property
    def is_by_images(self) -> bool:
        """Whether images tell the target, and not a text."""
        return self.images is not None or self.image_domain is not None


def image_files(folder: Path) -> list[Path]:
    """The pictures in a folder, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)


class AdaptationStudy(Section):
    """What adapted models have become: how far towards the target, and what they kept of their parent."""

    judge: str = key(..., "who measures, other than the CLIPs that adapted (needs features, distance and attributes)")
    clip: str = key(..., "the CLIP in whose space directions are measured")
    num_images: int = key(1000, "latent codes of each model", ge=20)
    num_diversity: int = key(200, "of these, whose images are compared pairwise for diversity", ge=4)
    attribute: str = key("background_hue", "an attribute that the texts do not name, which should be kept")
    region: JudgedRegion | None = newer(
        None, "the part of parents' pictures inside and outside of which changes are measured (null: not measured)"
    )

    @property
    def num_read(self) -> int:
        """The generated images whose judged values are read."""
        return self.num_images
