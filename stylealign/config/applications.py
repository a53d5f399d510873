"""What aligned models are good for, and how far alignment goes: the sections of those studies (StyleAlign 4.2, 4.3, A.3, A.4)."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from stylealign.config.inversion import Method, Share
from stylealign.config.section import Section, all_different, key

VideoFormat = Literal["mp4", "webp", "gif"]


class MorphSmoothness(Section):
    """Morphs between images of related models: their grid, their video, their largest step (StyleAlign, 4.2 and A.7)."""

    judge: str = key(..., "who says how far two frames are apart (needs a distance)")
    morphs: Annotated[tuple[str, ...], AfterValidator(all_different)] = key(
        ..., "from model to model, through others where named: [face2dog, face2dog2cat]", min_length=1
    )
    source: Literal["images", "z"] = key(
        "images",
        "what is morphed: held-out images, each inverted in its own model; or the same random z in every model",
    )
    method: Method = key("wplus_opt", "which of inversion_quality's methods found the images' codes")
    truncation_psi: Share = key(0.7, "truncation of random z (codes of images keep their own)")
    num_pairs: int = key(32, "pairs that are measured; pair k is the k-th held-out image of every model", ge=2)
    num_shown: int = key(8, "pairs in the video, the first", ge=1)
    num_frames: int = key(60, "frames from one end to the other", ge=3)
    seconds: float = key(4.0, "how long the video takes from one end to the other; it comes back the same way", gt=0)
    easing: Literal["smooth", "linear"] = key("smooth", "the video's pace: smooth starts and stops gently")
    grid: int = key(5, "rows and columns of the grid", ge=2)
    formats: Annotated[tuple[VideoFormat, ...], AfterValidator(all_different)] = key(
        ("mp4", "webp"), "of the video; the first is played in the report", min_length=1
    )
