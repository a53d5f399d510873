"""Where a judge sees named regions, as a mask: what adapting a region and measuring it have in common.

Legend: N images, R resolution.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from stylealign.config.problems import nearest
from stylealign.errors import JudgeError
from stylealign.judges.judge import Judge


def check_regions(parser: Judge, regions: Sequence[str], key: str) -> None:
    """:class:`JudgeError` with ``key`` for one of ``regions`` that ``parser`` does not find."""
    for name in regions:
        if name not in parser.region_names:
            raise JudgeError(f"{key}: judge {parser.name} finds no {name!r}; {nearest(name, parser.region_names)}")


def region_masks(parser: Judge, regions: Sequence[str], pixels: Tensor) -> Tensor:
    """Where ``parser`` sees one of ``regions`` in uint8 images [N, 3, R, R]: bool [N, 1, R, R] on the CPU."""
    numbers = [parser.region_names.index(name) for name in regions]
    return torch.from_numpy(np.isin(parser.regions(pixels), numbers))[:, None]
