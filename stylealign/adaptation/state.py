"""Everything one adaptation holds: the frozen and the trained network, the optimiser, and its course so far."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from stylealign.adaptation.rules import Rules
from stylealign.adaptation.selection import candidate_rows
from stylealign.adaptation.trained_layers import trained_with_rows, trained_without_choice
from stylealign.config.adaptation import Adaptation
from stylealign.networks.generator import Generator
from stylealign.optim import lazy_adam

_SNAPSHOTS = "snapshots/"


@dataclass
class AdaptationState:
    """One adaptation in progress; ``step`` counts finished iterations. ``G`` is trained; it has no average."""

    G: Generator
    frozen: Generator
    optimiser: torch.optim.Adam
    optimised: list[str]  # names of its parameters, in its order
    step: int = 0
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)  # of the log
    sampled: list[int] = field(default_factory=list)  # iterations
    pixels: list[Tensor] = field(default_factory=list)  # each uint8 [n, 3, R, R]
    kept: list[int] = field(default_factory=list)  # iterations of the snapshots
    snapshots: list[dict[str, Tensor]] = field(default_factory=list)

    def keep_snapshot(self) -> None:
        """Remember the weights as they are now."""
        self.kept.append(self.step)
        self.snapshots.append({name: value.detach().cpu().clone() for name, value in self.G.state_dict().items()})

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by a unique name; of the optimiser what has been trained so far."""
        found = {f"G/{name}": value for name, value in self.G.state_dict().items()}
        parameters = dict(self.G.named_parameters())
        for name in self.optimised:
            moments = self.optimiser.state.get(parameters[name], {})
            found |= {f"optimiser/{name}/{what}": value for what, value in moments.items()}
        found |= {f"samples/{place:03d}": pixels for place, pixels in enumerate(self.pixels)}
        for place, state in enumerate(self.snapshots):
            found |= {f"{_SNAPSHOTS}{place:03d}/{name}": value for name, value in state.items()}
        return found

    def meta(self) -> dict[str, Any]:
        """The rest, ready for JSON."""
        return {"rows": self.rows, "sampled": self.sampled, "kept": self.kept, "seconds": self.seconds}

    def load(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Continue from what :meth:`tensors` and :meth:`meta` gave."""
        self.G.load_state_dict(_part(tensors, "G/"))
        for name, parameter in self.G.named_parameters():
            moments = _part(tensors, f"optimiser/{name}/")
            if moments:
                self.optimiser.state[parameter] = {what: value.to(parameter.device) for what, value in moments.items()}
        self.step, self.seconds = int(meta["step"]), float(meta["seconds"])
        self.rows, self.sampled, self.kept = list(meta["rows"]), list(meta["sampled"]), list(meta["kept"])
        self.pixels = [tensors[f"samples/{place:03d}"] for place in range(len(self.sampled))]
        self.snapshots = [_part(tensors, f"{_SNAPSHOTS}{place:03d}/") for place in range(len(self.kept))]


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def trained_parameters(G: Generator, adapt: Adaptation, rules: Rules) -> list[str]:
    """The names of all that an adaptation may train, in the network's order."""
    if adapt.num_layers is None:
        return trained_without_choice(G, rules)
    return trained_with_rows(G, candidate_rows(G, rules), rules)


def begin(parent: Generator, adapt: Adaptation, rules: Rules) -> AdaptationState:
    """An adaptation at iteration 0: two copies of ``parent``, one of which never changes."""
    G, frozen = copy.deepcopy(parent), copy.deepcopy(parent)
    frozen.eval().requires_grad_(False)
    optimised = trained_parameters(G, adapt, rules)
    parameters = dict(G.named_parameters())
    optimiser = lazy_adam([parameters[name] for name in optimised], lr=adapt.lr, interval=rules.lazy_interval)
    return AdaptationState(G.eval(), frozen, optimiser, optimised)
