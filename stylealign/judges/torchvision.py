"""The torchvision judge: any torchvision classification network, from a local state dict.

Features are the penultimate activations (what the last classifying layer takes), averaged over positions where they
have positions. The perceptual distance is the LPIPS recipe without learned heads (see
:mod:`stylealign.judges.perceptual`) over ``layers``; by default these are the outputs of the outermost block before
each down-sampling. A number made here names this judge; it is neither the Inception FID nor LPIPS.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch.nn import functional as F

from stylealign.errors import JudgeError
from stylealign.judges.judge import DISTANCE, FEATURES, Judge
from stylealign.judges.perceptual import flat_units, unit_distance, unit_normalise
from stylealign.judges.weights import fit_state_dict, load_state_dict, require_weights

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CURE = "name a state dict of this network there, or its url and sha256 under download"


@dataclass(frozen=True)
class Completion:
    """A module that has just run: its dotted name and the shape of its output."""

    name: str
    shape: tuple[int, ...]


class TorchvisionJudge(Judge):
    """Pooled penultimate features [N, F] and an LPIPS-like distance of a torchvision network."""

    kind: ClassVar[str] = "torchvision"
    measures: ClassVar[frozenset[str]] = frozenset({FEATURES, DISTANCE})

    def __init__(
        self,
        name: str,
        network: str,
        weights: Path | None,
        *,
        scale: str = "imagenet",
        layers: Sequence[str] | None = None,
        input_px: int = 224,
        device: torch.device | str = "cpu",
        batch_size: int = 32,
    ):
        super().__init__(name, device, batch_size)
        self.network = _build(name, network, load_state_dict(name, require_weights(name, weights, CURE)))
        self.network.to(self.device, memory_format=torch.channels_last)
        self.scale, self.input_px = scale, input_px
        trace = _trace(self.network, torch.zeros([1, 3, input_px, input_px], device=self.device))
        self.head = _head(name, self.network, trace)
        self.layers = _check_layers(name, self.network, layers) if layers else automatic_layers(name, trace, self.head)

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        with _recording(self.network, inputs=[self.head]) as seen:
            self.network(self._prepare(pixels.float().div(255)))
        return pooled(seen[self.head])

    def _look(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        return self._units(pixels.float().div(255))

    def _see(self, x: torch.Tensor) -> list[torch.Tensor]:
        return self._units(x.add(1).div(2))

    def _compare(self, seen: list[torch.Tensor], other: list[torch.Tensor]) -> torch.Tensor:
        return unit_distance(seen, other)

    def _flat(self, seen: list[torch.Tensor]) -> torch.Tensor:
        return flat_units(seen)

    def _units(self, x: torch.Tensor) -> list[torch.Tensor]:
        with _recording(self.network, outputs=self.layers) as seen:
            self.network(self._prepare(x))
        return [unit_normalise(spatial(seen[layer])) for layer in self.layers]

    def _prepare(self, x: torch.Tensor) -> torch.Tensor:
        """[N, 3, H, W] in 0..1 to what the network wants."""
        if x.shape[2:] != (self.input_px, self.input_px) and len(x):
            x = F.interpolate(x, [self.input_px, self.input_px], mode="bicubic", antialias=True).clamp(0, 1)
        if self.scale == "imagenet":
            x = (x - x.new_tensor(IMAGENET_MEAN).view(3, 1, 1)) / x.new_tensor(IMAGENET_STD).view(3, 1, 1)
        return x.contiguous(memory_format=torch.channels_last)


def pooled(activation: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] or tokens [N, T, C] averaged over positions, [N, C] as it is: [N, C]."""
    return spatial(activation).mean([2, 3]).float() if activation.ndim > 2 else activation.float()


def spatial(activation: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] as it is; tokens [N, T, C] as [N, C, T, 1]."""
    return activation.movedim(1, 2)[..., None] if activation.ndim == 3 else activation


def automatic_layers(name: str, trace: Sequence[Completion], head: str) -> tuple[str, ...]:
    """For each resolution up to the head, the last and outermost module with an output of that resolution."""
    ends: dict[int, Completion] = {}
    for completion in trace[: [step.name for step in trace].index(head)]:
        if len(completion.shape) == 4 and completion.shape[2] > 1:
            best = ends.get(completion.shape[2])
            if best is None or completion.name.count(".") <= best.name.count("."):
                ends[completion.shape[2]] = completion
    if not ends:
        raise JudgeError(f"judges.{name}.layers: this network has no convolutional stages; name the layers to compare")
    return tuple(ends[side].name for side in sorted(ends, reverse=True))


def _build(name: str, network: str, state: dict[str, torch.Tensor]) -> torch.nn.Module:
    import torchvision

    classifiers = torchvision.models.list_models(module=torchvision.models)
    if network not in classifiers:
        from difflib import get_close_matches

        near = ", ".join(get_close_matches(network, classifiers)) or "see torchvision.models"
        raise JudgeError(f"judges.{name}.network: torchvision has no {network!r}; nearest: {near}")
    module = torchvision.models.get_model(network, weights=None)
    fit_state_dict(name, module, state, f"torchvision's {network}")
    return module.eval().requires_grad_(False)


def _trace(network: torch.nn.Module, x: torch.Tensor) -> list[Completion]:
    """The modules of ``network`` in the order in which they complete on ``x``."""
    trace: list[Completion] = []

    def note(name: str):
        def hook(_module, _inputs, output):
            if isinstance(output, torch.Tensor):
                trace.append(Completion(name, tuple(output.shape)))

        return hook

    handles = [module.register_forward_hook(note(name)) for name, module in network.named_modules() if name]
    try:
        with torch.inference_mode():
            network(x)
    finally:
        for handle in handles:
            handle.remove()
    return trace


def _head(name: str, network: torch.nn.Module, trace: Sequence[Completion]) -> str:
    """The last layer with weights that runs: the classifier."""
    modules = dict(network.named_modules())
    for completion in reversed(trace):
        if isinstance(modules[completion.name], (torch.nn.Linear, torch.nn.Conv2d)):
            return completion.name
    raise JudgeError(f"judges.{name}.network: no classifying layer found; choose another network")


def _check_layers(name: str, network: torch.nn.Module, layers: Sequence[str]) -> tuple[str, ...]:
    modules = dict(network.named_modules())
    unknown = [layer for layer in layers if layer not in modules]
    if unknown:
        known = ", ".join([key for key in modules if key][:12])
        raise JudgeError(f"judges.{name}.layers: no layers {unknown} in this network; it has {known}, ...")
    return tuple(layers)


@contextmanager
def _recording(
    network: torch.nn.Module, *, inputs: Sequence[str] = (), outputs: Sequence[str] = ()
) -> Iterator[dict[str, torch.Tensor]]:
    """A dict that holds, after a pass, the input or the output of the modules named."""
    seen: dict[str, torch.Tensor] = {}

    def keep_input(name: str):
        return lambda _module, args: seen.__setitem__(name, args[0])

    def keep_output(name: str):
        return lambda _module, _args, output: seen.__setitem__(name, output)

    modules = dict(network.named_modules())
    handles = [modules[name].register_forward_pre_hook(keep_input(name)) for name in inputs]
    handles += [modules[name].register_forward_hook(keep_output(name)) for name in outputs]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
