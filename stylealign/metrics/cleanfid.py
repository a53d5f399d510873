"""A judge as clean-fid's ``custom_feat_extractor``, so that clean-fid's own commands measure with it.

    from cleanfid import fid
    fid.compute_fid(a, b, custom_feat_extractor=FeatureExtractor(judge), custom_fn_resize=keep_size, num_workers=0)

clean-fid hands its extractor images in 0..255 after its own resize; :func:`keep_size` leaves that to the judge.
"""

import numpy as np
import torch

from stylealign.judges.judge import Judge


def keep_size(image: np.ndarray) -> np.ndarray:
    """clean-fid's ``custom_fn_resize``: the image [H, W, 3] as it is."""
    return image


class FeatureExtractor:
    """Callable: images [N, 3, H, W] in 0..255 to features [N, F]."""

    def __init__(self, judge: Judge):
        self.judge = judge

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        pixels = images.round().clamp(0, 255).to(torch.uint8)
        return torch.from_numpy(self.judge.features(pixels))
