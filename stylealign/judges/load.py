"""One door to every judge: its section of the config, and where its weights lie."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.errors import JudgeError
from stylealign.judges.judge import Judge
from stylealign.judges.weights import fetch_weights

if TYPE_CHECKING:
    from stylealign.config import judges as config
    from stylealign.config.section import Download


def load_judge(name: str, spec: "config.Judge", weights: Path | None = None, device: str = "cpu") -> Judge:
    """The judge ``name`` as the config's section ``spec`` describes it.

    ``weights`` is the file to read (for a parser of kind transformers or upernet a folder): for an embedded judge or
    CLIP the one that the rule ``judge`` or ``clip`` wrote, for another ``spec.weights`` when not given. With
    ``spec.download`` it is where the download is kept.

    Raises:
        JudgeError: weights absent, damaged or of another network; a download whose checksum is another; regions that
            unite classes which the parser does not have.
    """
    if spec.kind == "colour":
        from stylealign.judges.colour import ColourJudge

        return ColourJudge(name, device)
    if spec.kind == "embedded":
        from stylealign.judges.embedded import load_embedded

        return load_embedded(name, weights, device)
    if spec.kind == "embedded_clip":
        from stylealign.judges.embedded_clip import load_embedded_clip

        return load_embedded_clip(name, weights, device)
    return _load_from_weights(name, spec, _weights_of(name, spec, weights), device)


def load_described(
    name: str | None, described: "Mapping[str, Any] | None", weights: Path | None, device: str
) -> Judge | None:
    """:func:`load_judge` from the config's section as plain data; none where nobody is named."""
    from pydantic import TypeAdapter

    from stylealign.config import judges as config

    if name is None:
        return None
    return load_judge(name, TypeAdapter(config.Judge).validate_python(described), weights, device)


def fetch(name: str, download: "Download | config.HubDownload", target: Path) -> Path:
    """What ``download`` names, in the file ``target``; :class:`JudgeError` where it cannot be had or is another."""
    if hasattr(download, "url"):
        return fetch_weights(name, download.url, download.sha256, target)
    from stylealign.judges.transformers_parser import fetch_model

    return fetch_model(name, download.repo, download.revision, target)


def _weights_of(name: str, spec: "config.NetworkJudge | config.RegionParser", weights: Path | None) -> Path | None:
    if spec.download is None:
        return weights if weights is not None else spec.weights
    if weights is None:
        raise JudgeError(f"judges.{name}.download: the caller says with `weights` where the download is kept")
    return fetch(name, spec.download, weights)


def _load_from_weights(
    name: str, spec: "config.NetworkJudge | config.RegionParser", weights: Path | None, device: str
) -> Judge:
    match spec.kind:
        case "inception":
            from stylealign.judges.inception import InceptionJudge

            return InceptionJudge(name, weights, device)
        case "lpips":
            from stylealign.judges.lpips import LpipsJudge

            return LpipsJudge(name, spec.network, weights, device)
        case "torchvision":
            from stylealign.judges.torchvision import TorchvisionJudge

            options = {"scale": spec.scale, "layers": spec.layers, "input_px": spec.input_px}
            return TorchvisionJudge(name, spec.network, weights, device=device, **options)
        case "open_clip":
            from stylealign.judges.published_clip import open_published_clip

            return open_published_clip(name, spec.architecture, weights, scale=spec.scale, device=device)
        case "transformers":
            from stylealign.judges.transformers_parser import TransformersParser

            return TransformersParser(name, weights, spec.regions, input_px=spec.input_px, device=device)
        case "bisenet":
            from stylealign.judges.bisenet import BisenetParser

            return BisenetParser(name, weights, spec.regions, input_px=spec.input_px, device=device)
        case "upernet":
            from stylealign.judges.upernet import UpernetParser

            options = {"head": spec.head, "short_px": spec.short_px}
            return UpernetParser(name, weights, spec.object, spec.regions, device=device, **options)
    raise JudgeError(f"judges.{name}.kind: unknown kind {spec.kind!r}")
