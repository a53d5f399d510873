"""How a CLIP's images are prepared, against open_clip's own transform of Pillow images (which rounds to 8 bits)."""

import numpy as np
import open_clip
import pytest
import torch
from open_clip.transform import image_transform
from PIL import Image

from stylealign.images import to_net
from stylealign.judges.clip import CLIP_STD, ClipJudge

GREY_LEVEL = 1 / 255 / min(CLIP_STD)


@pytest.fixture(scope="module")
def judge() -> ClipJudge:
    vision = open_clip.CLIPVisionCfg(layers=1, width=32, head_width=16, patch_size=16, image_size=64)
    network = open_clip.CLIP(8, vision, open_clip.CLIPTextCfg(width=16, heads=2, layers=1))
    return ClipJudge("twin", network, lambda texts: torch.zeros([len(texts), 77], dtype=torch.long))


def scene(height: int, width: int) -> np.ndarray:
    """Smooth colours with a sharp edge, well inside black and white."""
    y, x = np.mgrid[0:height, 0:width]
    smooth = np.stack([np.sin(x / 9 + k) * np.cos(y / 7 - k) for k in range(3)], 2) * 60 + 128
    smooth[height // 3 :, width // 2 :] -= 30
    return smooth.round().astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(40, 40), (300, 300), (64, 64), (90, 301), (300, 131)])
def test_within_a_grey_level_of_pillows(judge: ClipJudge, height: int, width: int) -> None:
    array = scene(height, width)
    theirs = image_transform(64, is_train=False)(Image.fromarray(array))
    ours = judge.prepare(to_net(torch.from_numpy(array).movedim(-1, 0)[None]))[0]
    assert float((ours - theirs).abs().max()) < 1.01 * GREY_LEVEL
    assert float((ours - theirs).abs().mean()) < 0.35 * GREY_LEVEL
