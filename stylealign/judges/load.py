"""One door to every judge: its section of the config, and where its weights lie."""

from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.errors import JudgeError
from stylealign.judges.judge import Judge
from stylealign.judges.weights import fetch_weights

if TYPE_CHECKING:
    from stylealign.config import judges as config


def load_judge(name: str, spec: "config.Judge", weights: Path | None = None, device: str = "cpu") -> Judge:
    """The judge ``name`` as the config's section ``spec`` describes it.

    ``weights`` is the file to read: for an embedded judge the one that the rule ``judge`` wrote, for another
    ``spec.weights`` when not given. With ``spec.download`` it is where the checked download is kept.

    Raises:
        JudgeError: weights absent, damaged or of another network; a download whose checksum is another.
    """
    if spec.kind == "colour":
        from stylealign.judges.colour import ColourJudge

        return ColourJudge(name, device)
    if spec.kind == "embedded":
        from stylealign.judges.embedded import load_embedded

        return load_embedded(name, weights, device)
    return _load_from_weights(name, spec, _weights_of(name, spec, weights), device)


def _weights_of(name: str, spec: "config.NetworkJudge", weights: Path | None) -> Path | None:
    if spec.download is None:
        return weights if weights is not None else spec.weights
    if weights is None:
        raise JudgeError(f"judges.{name}.download: the caller says with `weights` where the download is kept")
    return fetch_weights(name, spec.download.url, spec.download.sha256, weights)


def _load_from_weights(name: str, spec: "config.NetworkJudge", weights: Path | None, device: str) -> Judge:
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
    raise JudgeError(f"judges.{name}.kind: unknown kind {spec.kind!r}")
