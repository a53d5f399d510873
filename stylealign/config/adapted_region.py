"""Parts of pictures as a judge finds them, to confine an adaptation to (StyleGAN-NADA, Appendix D) or to measure it."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from stylealign.config.section import Section, all_different, key


class JudgedRegion(Section):
    """A part of the picture: regions that a judge finds, taken together."""

    judge: str = key(..., "who finds the regions: a judge that measures regions")
    regions: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "which of its regions, such as hair", min_length=1
    )


class AdaptedRegion(JudgedRegion):
    """Only these regions are adapted: CLIP sees nothing else, and all else is held where the parent has it."""

    seen_in: Literal["parent", "both"] = key(
        "parent",
        "whose picture of a z is parsed: the parent's, or both models' (so that what a region grows into may change)",
    )
    pixel_weight: float = key(
        10.0, "weight of the mean squared difference of pixels (in [-1, 1]) outside the region (0: off)", ge=0
    )
    perceptual_weight: float = key(1.0, "weight of the perceptual distance outside the region (0: off)", ge=0)
    perceptual_judge: str | None = key(
        None, "who measures that distance (null: `judge`, which must then measure distance too)"
    )

    def distance_judge(self) -> str | None:
        """Who measures the perceptual distance, where anybody does."""
        return None if self.perceptual_weight == 0 else self.perceptual_judge or self.judge

    def asked_judges(self) -> set[str]:
        """The judges that adapting asks for."""
        return {self.judge, *({self.distance_judge()} - {None})}  # type: ignore[arg-type]
