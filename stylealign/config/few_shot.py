"""Few-shot fine-tuning, with and without adaptation by text as a pre-training (StyleGAN-NADA, Appendix C)."""

from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import AfterValidator

from stylealign.config.correspondence import Correspondence
from stylealign.config.section import Section, all_different, key

Method = Literal["tgan", "tgan_ada", "freeze_d", "correspondence"]
Start = Literal["parent", "adapted", "catch_up", "tuned"]
Numbers = Annotated[tuple[Annotated[int, Ge(1)], ...], AfterValidator(all_different)]
Seeds = Annotated[tuple[Annotated[int, Ge(0)], ...], AfterValidator(all_different)]


class FewShot(Section):
    """Children of few images: several methods, each from the parent and from an adapted model (Tables 1 and 2)."""

    judge: str = key(..., "who measures FID and KID (needs features)")
    distance_judge: str | None = key(None, "who says how far images are apart (needs a distance; null: the judge)")
    parent: str = key(..., "the model that is trained on few images: dog")
    pretrained: str = key(..., "a model adapted from it by text, the other start: cat_by_text")
    target: str = key(..., "the domain whose images are few: cat")
    num_images: Numbers = key((10, 100), "how many training images, a column each", min_length=1)
    methods: Annotated[tuple[Method, ...], AfterValidator(all_different)] = key(
        ("tgan", "tgan_ada", "freeze_d", "correspondence"),
        "tgan (plain fine-tuning), tgan_ada (augmented), freeze_d (first layers of D kept), correspondence (Ojha's)",
        min_length=1,
    )
    starts: Annotated[tuple[Start, ...], AfterValidator(all_different)] = key(
        ("parent", "adapted", "catch_up", "tuned"),
        "from the parent; from the adapted model with the parent's D; the same, with D alone learning at first; from "
        "the parent tuned, G and D, on images of the adapted model",
        min_length=1,
    )
    seeds: Seeds = key(
        (0, 1, 2), "trainings of each: other images, other draws; intervals are over these", min_length=1
    )
    total_kimg: float = key(6.0, "thousands of images of each training, those of catch_up included", gt=0)
    catch_up_kimg: float = key(0.8, "of these, how many teach D alone in catch_up (published: 50 steps)", gt=0)
    freeze_d: int = key(4, "layers of D that freeze_d keeps, counted from the image", ge=1)
    ada_kimg: float = key(4.0, "thousands of images over which tgan_ada's augmentation may rise by 1", gt=0)
    correspondence: Correspondence = key(Correspondence(), "settings of the method correspondence")
    num_tuned: int = key(4000, "images of the adapted model that the pair is tuned on (published: 25,000)", ge=2)
    tuned_kimg: float = key(4.0, "thousands of images of that tuning (published: 5000 steps)", gt=0)
    num_gen: int = key(2000, "generated images that each training is measured on (published: 5000)", ge=2)
    split: Literal["train", "test"] | None = key(None, "which target images they are compared with (null: all)")
    num_clusters: int = key(10, "clusters that generated images are put into for diversity (published: 10)", ge=1)
