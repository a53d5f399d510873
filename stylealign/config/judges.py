"""Judges: the frozen networks that measure. Worlds are measured by the study's own, photographs by the others."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stylealign.config.section import Download, Section, key


class EmbeddedJudge(Section):
    """A small network trained in the workflow on exact labels: features, distance, attributes, regions."""

    kind: Literal["embedded"] = key(..., "trained here")
    domains: tuple[str, ...] | None = key(None, "the labelled domains it is trained on (null: all that have labels)")
    total_kimg: float = key(100, "thousands of images of training", gt=0)
    batch_size: int = key(64, "images per step", ge=2)
    lr: float = key(0.005, "Adam's learning rate", gt=0)
    width: int = key(32, "its size: half as many channels at full resolution, doubling down to 4 x width", ge=4)


class _WithWeights(Section):
    weights: Path | None = key(None, "a local state dict, relative to the working directory")
    download: Download | None = key(None, "or where to fetch it")


class TorchvisionJudge(_WithWeights):
    """Any backbone of torchvision: features and a perceptual distance."""

    kind: Literal["torchvision"] = key(..., "a torchvision backbone")
    network: str = key(..., "its name in torchvision.models, such as squeezenet1_1")
    scale: Literal["unit", "imagenet"] = key("imagenet", "how it wants pixels: 0..1, or normalised as ImageNet")
    input_px: int = key(224, "pixels that images are resized to (its cost grows with the square)", ge=32, le=1024)
    layers: tuple[str, ...] | None = key(None, "modules whose activations are compared (null: the judge's choice)")


class InceptionJudge(_WithWeights):
    """clean-fid's Inception: features for FID and KID on photographs."""

    kind: Literal["inception"] = key(..., "clean-fid's Inception")


class LpipsJudge(_WithWeights):
    """LPIPS: a perceptual distance for photographs."""

    kind: Literal["lpips"] = key(..., "lpips")
    network: Literal["alex", "vgg", "squeeze"] = key("alex", "its backbone, whose weights are given")


class ColourJudge(Section):
    """No network: exact colour statistics of an image, as attributes."""

    kind: Literal["colour"] = key(..., "colour statistics")


NetworkJudge = TorchvisionJudge | InceptionJudge | LpipsJudge

Judge = Annotated[
    EmbeddedJudge | TorchvisionJudge | InceptionJudge | LpipsJudge | ColourJudge, Field(discriminator="kind")
]

NUM_FEATURES: dict[str, int] = {"embedded": 128, "torchvision": 4096, "inception": 2048}
"""How many features an image has, at most: what memory is asked for."""

MEASURES: dict[str, frozenset[str]] = {
    "embedded": frozenset({"features", "distance", "attributes", "regions"}),
    "torchvision": frozenset({"features", "distance"}),
    "inception": frozenset({"features"}),
    "lpips": frozenset({"distance"}),
    "colour": frozenset({"attributes"}),
}
