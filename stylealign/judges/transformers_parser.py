"""The transformers parser: any semantic segmentation model of the library, from a folder, its labels merged into ours.

Read from safetensors only, and no code of the model's author is run. Nothing is fetched here: a model of the hub is
fetched once, by :func:`fetch_model`, when the config names it with its commit under ``download``.
"""

import logging
import os
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import torch

from stylealign.config.regions import Regions
from stylealign.errors import JudgeError
from stylealign.judges.regions import RegionParser, imagenet_normalised, resized

log = logging.getLogger(__name__)

CURE = (
    "name a folder with config.json and model.safetensors, as save_pretrained writes it, or a model of the hub and its "
    "commit under download"
)
FETCHED = ("*.json", "*.safetensors")
PROCESSOR = "preprocessor_config.json"


class TransformersParser(RegionParser):
    """Regions by ``AutoModelForSemanticSegmentation``; images are prepared as the model's own processor has it.

    Without one (no preprocessor_config.json) they are normalised as ImageNet, at their own size. ``input_px`` sets the
    size in either case.
    """

    kind: ClassVar[str] = "transformers"

    def __init__(
        self,
        name: str,
        weights: Path | None,
        regions: Regions | None,
        *,
        input_px: int | None = None,
        device: torch.device | str = "cpu",
        batch_size: int = 8,
    ):
        with _folder(name, weights) as folder, _offline():
            model = _load_model(name, folder)
            self.processor = _load_processor(name, folder)
        super().__init__(name, _labels(name, model.config), regions, device, batch_size)
        self.network = model.eval().requires_grad_(False).to(self.device)
        self.input_px = input_px

    def _logits(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network(pixel_values=self._prepare(pixels)).logits  # [N, K, h, w]

    def _prepare(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.processor is None:
            return imagenet_normalised(resized(pixels, self.input_px))
        whole = {"do_center_crop": False, "do_pad": False}  # logits are of the whole image, and of nothing else
        if self.input_px is not None:
            pixels = resized(pixels, self.input_px).mul(255).round().to(torch.uint8)
            whole["do_resize"] = False
        prepared = self.processor(images=pixels, return_tensors="pt", input_data_format="channels_first", **whole)
        return prepared["pixel_values"].to(self.device)


def fetch_model(name: str, repo: str, revision: str, target: Path) -> Path:
    """Fetch a model of the hub, in one version, into ``target``: a zip of its JSON and safetensors files.

    Nothing is asked of the network when that very version is there. :class:`JudgeError` when it cannot be had.
    """
    from huggingface_hub import snapshot_download

    target, origin = Path(target), f"{repo} at {revision}"
    if origin_of(target) == origin:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    log.info("judge %s: fetching %s", name, origin)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        try:
            snapshot_download(repo, revision=revision, local_dir=folder, allow_patterns=list(FETCHED))
        except Exception as error:  # the hub's client raises errors of four libraries
            raise JudgeError(
                f"judges.{name}.download: cannot fetch {origin} ({error}); fetch it elsewhere and name its "
                f"folder in judges.{name}.weights"
            ) from error
        pack(Path(folder), target, origin)
    return target


def origin_of(packed: Path) -> str:
    """Where the model in a zip that :func:`pack` wrote came from; nothing if it is no such file."""
    if not zipfile.is_zipfile(packed):
        return ""
    with zipfile.ZipFile(packed) as archive:
        return archive.comment.decode("utf-8", "replace")


def pack(folder: Path, target: Path, origin: str = "") -> None:
    """The model in ``folder`` as one zip, equal for equal files, written beside ``target`` and renamed.

    ``origin`` is kept in the zip's comment.
    """
    partial = Path(f"{target}.{os.getpid()}.partial")
    files = sorted(path for pattern in FETCHED for path in folder.glob(pattern))
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = origin.encode()
            for path in files:
                with archive.open(zipfile.ZipInfo(path.name), "w", force_zip64=True) as entry, open(path, "rb") as file:
                    while chunk := file.read(1 << 20):
                        entry.write(chunk)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _folder(name: str, weights: Path | None) -> Iterator[Path]:
    """The model's folder; what was fetched is unpacked for as long as it is read."""
    key = f"judges.{name}.weights"
    if weights is None:
        raise JudgeError(f"{key}: not given; {CURE}")
    weights = Path(weights)
    if weights.is_dir():
        yield weights
    elif weights.is_file() and zipfile.is_zipfile(weights):
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(weights) as archive:
            archive.extractall(folder)
            yield Path(folder)
    else:
        raise JudgeError(f"{key}: no model folder {weights}; {CURE}")


@contextmanager
def _offline() -> Iterator[None]:
    """The hub's client refuses every connection: some old config.json name a backbone, which would be looked up."""
    from huggingface_hub import constants

    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _load_model(name: str, folder: Path) -> Any:
    transformers = _library(name)
    if not list(folder.glob("*.safetensors")):
        raise JudgeError(f"judges.{name}.weights: {folder} holds no safetensors; {CURE}")
    try:
        model, found = transformers.AutoModelForSemanticSegmentation.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # of transformers, safetensors or the file system, and of no common kind
        raise JudgeError(
            f"judges.{name}.weights: {folder} is no semantic segmentation model that transformers reads without "
            f"running code ({error}); {CURE}"
        ) from error
    if found["missing_keys"] or found["mismatched_keys"]:
        lacking = sorted(str(key) for key in [*found["missing_keys"], *found["mismatched_keys"]])
        raise JudgeError(f"judges.{name}.weights: {folder} does not hold all weights: {lacking[:3]}; {CURE}")
    return model.float()


def _load_processor(name: str, folder: Path) -> Any:
    if not (folder / PROCESSOR).is_file():
        return None
    try:
        return _library(name).AutoImageProcessor.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, backend="torchvision"
        )
    except Exception as error:
        raise JudgeError(
            f"judges.{name}.weights: {folder / PROCESSOR} cannot be read ({error}); remove it, and images are "
            "normalised as ImageNet"
        ) from error


def _labels(name: str, config: Any) -> list[str]:
    labels = {int(number): str(label) for number, label in config.id2label.items()}
    if sorted(labels) != list(range(config.num_labels)):
        raise JudgeError(f"judges.{name}.weights: config.json's id2label does not name the classes 0 to its last")
    return [labels[number] for number in range(config.num_labels)]


def _library(name: str) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise JudgeError(
            f"judges.{name}: a judge of kind transformers needs that library: pip install transformers"
        ) from error
    transformers.utils.logging.disable_progress_bar()  # a job's log is no terminal
    return transformers
