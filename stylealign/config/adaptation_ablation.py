"""What each part of an adaptation does (StyleGAN-NADA, Figure 14), and the latent mapper, the last of the parts."""

from typing import Annotated

from pydantic import AfterValidator

from stylealign.config.inversion import Share
from stylealign.config.section import Section, all_different, key


class LatentMapping(Section):
    """A latent mapper: it moves the codes of an adapted model to where the target is (StyleGAN-NADA, 4.3, Appendix I).

    Its target text and CLIPs are those that the model was adapted by.
    """

    of: str = key(..., "the adapted model whose codes it moves (one of the ablation's models)")
    iterations: int = key(300, "steps of training (StyleCLIP's: 50 000)", ge=1)
    lr: float = key(0.5, "Adam's learning rate; layers scale it by 0.01 (published: 0.5)", gt=0)
    batch_size: int = key(2, "codes per step", ge=1)
    l2_weight: float = key(0.5, "weight of the mean squared move in W+ (code: 0.8)", ge=0)
    norm_weight: float = key(
        0.2,
        "weight of the squared change of the embeddings' length, about 10 in published CLIPs (code: 0.5); a study's "
        "own CLIP has lengths of about 100, for which 0.002 is the same",
        ge=0,
    )
    truncation_psi: Share = key(0.7, "truncation of the codes it learns from, and moves")
    published_norm: bool = key(
        False, "normalise over rows instead of numbers, as the released code does by mistake (its checkpoints need it)"
    )


class AdaptationAblation(Section):
    """The same z in models that were adapted in different ways to one text (StyleGAN-NADA, Figure 14)."""

    models: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "adapted models of one parent and one target text, in the figure's order", min_length=1
    )
    judge: str = key(..., "who measures KID and diversity (needs features and a distance)")
    clip: str | None = key(None, "the CLIP that measures (null: the first that the first of the models was adapted by)")
    mapper: LatentMapping | None = key(None, "a latent mapper for one of them (null: none)")
    num_images: int = key(1000, "latent codes that are measured", ge=20)
    num_diversity: int = key(200, "of these, whose images are compared for diversity", ge=20)
    truncation_psi: Share = key(0.7, "truncation of the codes (published: 0.7)")
    num: int = key(8, "latent codes in the figure, the first of the study's fixed z", ge=1)
