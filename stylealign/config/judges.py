"""Judges: the frozen networks that measure. Worlds are measured by the study's own, photographs by the others."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import Field

from stylealign.config.regions import Regions
from stylealign.config.section import Download, Section, key


class EmbeddedJudge(Section):
    """A small network trained in the workflow on exact labels: features, distance, attributes, regions."""

    kind: Literal["embedded"] = key(..., "trained here")
    domains: tuple[str, ...] | None = key(
        None, "the labelled domains it is trained on (null: all that have labels, but selections, `only`, of another)"
    )
    total_kimg: float = key(100, "thousands of images of training", gt=0)
    batch_size: int = key(64, "images per step", ge=2)
    lr: float = key(0.005, "Adam's learning rate", gt=0)
    width: int = key(32, "its size: half as many channels at full resolution, doubling down to 4 x width", ge=4)
    mirror: bool = key(False, "learn from mirrored images too; only where no region is left or right")
    move: float = key(0, "shift, turn and scale half of the images by up to so much (0.1: 5 % of a side)", ge=0, le=1)
    rarity: float = key(
        0.5, "pixels of a region weigh as the region's share of all to the power of minus this", ge=0, le=1
    )
    jitter: float = key(0, "change light and colours of images by up to so much (0.2: 20 %)", ge=0, le=1)


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


class EmbeddedClip(Section):
    """A small CLIP trained in the workflow on the worlds' images and captions: text and features."""

    kind: Literal["embedded_clip"] = key(..., "a CLIP trained here")
    domains: tuple[str, ...] | None = key(
        None, "the domains with captions it is trained on (null: all worlds, but selections, `only`, of another)"
    )
    total_kimg: float = key(32, "thousands of pairs of image and caption of training", gt=0)
    batch_size: int = key(64, "pairs per step; each is told from all others of its step", ge=4)
    lr: float = key(0.002, "Adam's learning rate", gt=0)
    network: Literal["resnet", "vit"] = key(
        "vit",
        "how it sees images: by a transformer (vit), or by convolutions (resnet, from 32 px). Which leads a generator "
        "better is for kid_to_target to say: it differs from training to training",
    )
    width: int = key(
        128,
        "channels of a resnet's first blocks, doubled at each halving; or of a vit, in heads of 32",
        ge=8,
        multiple_of=8,
    )
    patch_px: int = key(8, "side of the patches that a vit sees; divides the resolution", ge=2)
    layers: int = key(3, "layers of a vit", ge=1)
    embedding_dim: int = key(64, "numbers of an embedding", ge=4)


class OpenClip(_WithWeights):
    """A published CLIP of the library open_clip: text and features of photographs."""

    kind: Literal["open_clip"] = key(..., "a published CLIP")
    architecture: str = key(
        ...,
        "its name in open_clip, such as ViT-B-32; OpenAI's own weights were trained with another activation and need "
        "the name that ends in -quickgelu (ViT-B-32-quickgelu), which open_clip tells nobody who mixes them up",
    )
    scale: Literal["clip", "unit"] = key(
        "clip", "how it wants pixels: normalised as CLIP, or -1..1 (mean and std of 0.5, as some of LAION's L-14)"
    )


class HubDownload(Section):
    """A model of the Hugging Face hub to fetch once, in the very version that its commit names."""

    repo: str = key(..., "the model there, such as owner/name", pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str = key(..., "its commit, 40 hexadecimal digits", pattern=r"^[0-9a-f]{40}$")


class TransformersParser(Section):
    """A semantic segmentation network of the library transformers: regions. Safetensors only, and no code from it."""

    kind: Literal["transformers"] = key(..., "a region parser of transformers")
    weights: Path | None = key(None, "a model's folder (config.json, safetensors), relative to the working directory")
    download: HubDownload | None = key(None, "or which model of the hub to fetch")
    regions: Regions | None = key(None, "the classes that each region unites, ids or labels (null: a region per label)")
    input_px: int | None = key(
        None, "pixels that images are resized to (null: as the model's own processor has it, else none)", ge=16, le=2048
    )


class BisenetParser(_WithWeights):
    """BiSeNet with the names of the face-parsing.PyTorch weights: regions of faces."""

    kind: Literal["bisenet"] = key(..., "a region parser of faces")
    regions: Regions | None = key(
        "celebamask-hq",
        "the classes that each region unites, ids or labels (null: one per class)",
        validate_default=True,
    )
    input_px: int | None = key(512, "pixels that images are resized to (null: not at all)", ge=32, le=2048)


class BrodenHead(Section):
    """Where an object and its parts are in the outputs of a Unified Parsing network."""

    object_class: int = key(..., "the object's class", ge=0)
    first_part: int = key(..., "the first of its channels in the part head, which stands for no part", ge=0)
    parts: tuple[str, ...] = key(..., "its parts, as the channels after that one have them", min_length=1)


class UpernetParser(Section):
    """Unified Parsing (UPerNet, Broden+): the parts of one kind of object, such as a dog, as regions."""

    kind: Literal["upernet"] = key(..., "a region parser of animals")
    weights: Path | None = key(None, "a folder with the two published files, encoder*.pth and decoder*.pth")
    object: str = key(..., "whose parts, in the words of Broden+: dog, cat, ...")
    head: BrodenHead | None = key(None, "where they are in the outputs (null: as published, for animals and persons)")
    regions: Regions | None = key(None, "the parts that each region unites (null: a region per part)")
    short_px: tuple[Annotated[int, Ge(32)], ...] = key(
        (300, 400, 500, 600), "sizes of the shorter side whose predictions are averaged (published: these)"
    )

    @property
    def download(self) -> None:
        """Nothing is fetched: there are two files."""


NetworkJudge = TorchvisionJudge | InceptionJudge | LpipsJudge | OpenClip

RegionParser = TransformersParser | BisenetParser | UpernetParser

Judge = Annotated[
    EmbeddedJudge
    | TorchvisionJudge
    | InceptionJudge
    | LpipsJudge
    | ColourJudge
    | EmbeddedClip
    | OpenClip
    | TransformersParser
    | BisenetParser
    | UpernetParser,
    Field(discriminator="kind"),
]

NUM_FEATURES: dict[str, int] = {
    "embedded": 128,
    "torchvision": 4096,
    "inception": 2048,
    "embedded_clip": 64,
    "open_clip": 1024,
}
"""How many features an image has, at most: what memory is asked for."""

MEASURES: dict[str, frozenset[str]] = {
    "embedded": frozenset({"features", "distance", "attributes", "regions"}),
    "torchvision": frozenset({"features", "distance"}),
    "inception": frozenset({"features"}),
    "lpips": frozenset({"distance"}),
    "colour": frozenset({"attributes"}),
    "transformers": frozenset({"regions"}),
    "bisenet": frozenset({"regions"}),
    "upernet": frozenset({"regions"}),
    "embedded_clip": frozenset({"features", "text"}),
    "open_clip": frozenset({"features", "text"}),
}
