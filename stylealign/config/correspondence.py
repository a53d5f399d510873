"""Cross-domain correspondence (Ojha et al. 2021): how a child of few images keeps its parent's differences."""

from stylealign.config.section import Section, key


class Correspondence(Section):
    """Few-shot training that keeps, between the images of a batch, the similarities the parent's have."""

    weight: float = key(1000.0, "weight of the distance-consistency loss", ge=0)
    batch_size: int = key(4, "latent codes whose images are compared with one another", ge=3)
    num_anchors: int | None = key(
        None, "fixed codes around which whole images are judged (null: as many as training images)", ge=1
    )
    anchor_std: float = key(0.1, "how far codes stray from their anchors, in standard deviations of z", ge=0)
    anchor_interval: int = key(
        4, "steps from one that judges whole images, of codes near anchors, to the next; the others judge patches", ge=1
    )
