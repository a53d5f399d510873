"""A judge that sees every image at a lower resolution, so that models of several resolutions are looked at alike.

Images are reduced by box means to the lowest resolution compared and enlarged again to the one that the judge is used
to: only what the models draw there can differ. What it then reads is worse than of whole images, for all the same.
"""

import torch

from stylealign.errors import JudgeError
from stylealign.images import enlarged, reduced
from stylealign.judges.judge import Judge


class CoarseJudge(Judge):
    """``judge``, of images reduced to ``resolution`` and enlarged to ``judged_px``; measures what ``judge`` does."""

    def __init__(self, judge: Judge, resolution: int, judged_px: int):
        super().__init__(judge.name, judge.device, judge.batch_size)
        self.judge, self.resolution, self.judged_px = judge, resolution, judged_px
        self.kind, self.measures = judge.kind, judge.measures  # type: ignore[misc]
        self.region_names, self.attribute_names = judge.region_names, judge.attribute_names

    def coarse(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 [N, 3, R, R], R at least ``resolution``, as the judge sees them: [N, 3, judged_px, judged_px]."""
        seen = enlarged(reduced(pixels, self.resolution), self.judged_px)
        self.judge._check(seen)
        return seen

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.judge._features(self.coarse(pixels))

    def _look(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        return self.judge._look(self.coarse(pixels))

    def _see(self, x: torch.Tensor) -> list[torch.Tensor]:
        raise JudgeError(f"judge {self.name}: images that are optimised are not reduced; ask the judge itself")

    def _compare(self, seen: list[torch.Tensor], other: list[torch.Tensor]) -> torch.Tensor:
        return self.judge._compare(seen, other)

    def _flat(self, seen: list[torch.Tensor]) -> torch.Tensor:
        return self.judge._flat(seen)

    def _attributes(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.judge._attributes(self.coarse(pixels))

    def _regions(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.judge._regions(self.coarse(pixels))

    def _features_and_attributes(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.judge._features_and_attributes(self.coarse(pixels))
