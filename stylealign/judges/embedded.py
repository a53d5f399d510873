"""The embedded judge: the study's own network, rebuilt from one safetensors file (``results/judges/{judge}``).

The file's metadata hold everything else that is needed: resolution, width, vocabulary, recipe, seed.
"""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import torch

from stylealign.errors import JudgeError
from stylealign.images import to_net
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.judges.judge import ATTRIBUTES, DISTANCE, FEATURES, REGIONS, Judge
from stylealign.judges.perceptual import flat_units, unit_distance, unit_normalise
from stylealign.judges.weights import require_weights
from stylealign.sealed import UNREADABLE, described, read_sealed, write_sealed

KIND = "judge"
CURE = "it is made by the rule judge: run the workflow, or name the file it wrote"


class EmbeddedJudge(Judge):
    """Features, perceptual distance, attributes and regions on the kind of images it was trained on."""

    kind: ClassVar[str] = "embedded"

    def __init__(self, name: str, network: EmbeddedNetwork, device: torch.device | str = "cpu", batch_size: int = 64):
        super().__init__(name, device, batch_size)
        self.network = network.eval().requires_grad_(False).to(self.device, memory_format=torch.channels_last)
        self.vocabulary = network.vocabulary
        self.resolution = network.resolution
        self.domains = self.vocabulary.domains
        self.attribute_names = tuple(attribute.name for attribute in self.vocabulary.attributes)
        self.region_names = self.vocabulary.region_names
        able = {FEATURES: True, DISTANCE: True, ATTRIBUTES: self.attribute_names, REGIONS: self.region_names}
        self.measures = frozenset(measure for measure, known in able.items() if known)

    def judged_domains(self, pixels: torch.Tensor) -> list[str]:
        """The domain that each image of uint8 ``pixels`` [N, 3, R, R] looks most like."""
        numbers = self._batched(lambda batch: self._read(batch)[1][:, : len(self.domains)].argmax(1), pixels)
        return [self.domains[number] for number in numbers.tolist()]

    def _check(self, pixels: torch.Tensor) -> None:
        super()._check(pixels)
        if tuple(pixels.shape[2:]) != (self.resolution, self.resolution):
            raise JudgeError(
                f"judge {self.name} was trained at {self.resolution} px and is asked to judge {pixels.shape[2]} x "
                f"{pixels.shape[3]} images; judge images of the study's resolution"
            )

    def _trunk(self, x: torch.Tensor) -> list[torch.Tensor]:
        return self.network.trunk(x.contiguous(memory_format=torch.channels_last))

    def _read(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.network.read(self._trunk(to_net(pixels)))

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network.features(self._read(pixels)[0])

    def _see(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [unit_normalise(level) for level in self._trunk(x)]

    def _compare(self, seen: list[torch.Tensor], other: list[torch.Tensor]) -> torch.Tensor:
        return unit_distance(seen, other)

    def _flat(self, seen: list[torch.Tensor]) -> torch.Tensor:
        return flat_units(seen)

    def _attributes(self, pixels: torch.Tensor) -> torch.Tensor:
        return attribute_values(self.vocabulary, self._read(pixels)[1])

    def _regions(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.network.parse(self._trunk(to_net(pixels))).argmax(1).to(torch.uint8)

    def _features_and_attributes(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        embedding, outputs = self._read(pixels)
        return self.network.features(embedding), attribute_values(self.vocabulary, outputs)


def attribute_values(vocabulary: Vocabulary, outputs: torch.Tensor) -> torch.Tensor:
    """Head outputs to values [N, A]: numbers in their own unit (not clamped to their range), classes as codes."""
    slices = vocabulary.outputs()
    values = outputs.new_zeros([len(outputs), len(vocabulary.attributes)])
    for column, attribute in enumerate(vocabulary.attributes):
        output = outputs[:, slices[attribute.name]]
        is_class = attribute.kind == "class"
        values[:, column] = output.argmax(1) if is_class else output[:, 0] * attribute.std + attribute.mean
    return values


def save_embedded(path: str | os.PathLike[str], network: EmbeddedNetwork, passport: Mapping[str, Any]) -> None:
    """Write the judge beside ``path``, then rename. ``passport`` (recipe, seed, kimg, ...) goes into its metadata."""
    vocabulary = asdict(network.vocabulary)
    description = {"resolution": network.resolution, "width": network.width, "vocabulary": vocabulary}
    write_sealed(path, network.state_dict(), {"kind": KIND, "network": description, "passport": dict(passport)})


def load_embedded(
    name: str,
    path: Path | None,
    device: torch.device | str = "cpu",
    batch_size: int = 64,
    *,
    key: str | None = None,
    cure: str = CURE,
) -> EmbeddedJudge:
    """The judge in ``path``; :class:`JudgeError` when it is absent or not such a file.

    ``key`` and ``cure`` are those of a network of this kind that no key of ``judges`` declares.
    """
    path = require_weights(name, path, cure, key)
    key = key or f"judges.{name}"
    try:
        state, meta = read_sealed(path)
    except UNREADABLE as error:
        raise JudgeError(f"{key}: {path} is not a file of this package, or damaged ({error}); {cure}") from error
    if meta.get("kind") != KIND:
        raise JudgeError(f"{key}: {path} holds a {meta.get('kind')}, not a judge; {cure}")
    try:
        network = _with_weights(meta["network"], state)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JudgeError(f"{key}: {path} describes no judge of this version ({error}); {cure}") from error
    return EmbeddedJudge(name, network, device, batch_size)


def _with_weights(description: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> EmbeddedNetwork:
    """The network described, its shapes compared with the weights before any memory is taken."""
    sizes = {name: description[name] for name in ("resolution", "width")}
    planned = described(lambda **sizes: build_network({**description, **sizes}), sizes, state).state_dict()
    if {name: value.shape for name, value in planned.items()} != {name: value.shape for name, value in state.items()}:
        raise ValueError("its weights are another network's")
    network = build_network(description)
    network.load_state_dict(state)
    return network


def build_network(description: Mapping[str, Any]) -> EmbeddedNetwork:
    """A network without weights from what :func:`save_embedded` wrote of it."""
    words = description["vocabulary"]
    attributes = [Attribute(**{**attribute, "values": tuple(attribute["values"])}) for attribute in words["attributes"]]
    vocabulary = Vocabulary(tuple(words["domains"]), tuple(attributes), tuple(words["region_names"]))
    return EmbeddedNetwork(description["resolution"], description["width"], vocabulary)
