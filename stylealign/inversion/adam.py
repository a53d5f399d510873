"""Adam with a row for each image: images do not interact, each has its own learning rate, and any may leave.

``torch.optim.Adam`` has one learning rate for a tensor, and cannot drop rows.

Legend: n images still in the batch; every variable is [n, ...].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

BETAS, EPS = (0.9, 0.999), 1e-8


@dataclass
class RowAdam:
    """First and second moments of some variables; :meth:`update` moves the variables in place."""

    first: list[Tensor]
    second: list[Tensor]
    num_updates: int = 0

    @classmethod
    def of(cls, variables: Sequence[Tensor]) -> "RowAdam":
        """Before the first update."""
        first = [torch.zeros_like(variable, requires_grad=False) for variable in variables]
        return cls(first, [moment.clone() for moment in first])

    def part(self, index: Tensor) -> "RowAdam":
        """That of some of the rows."""
        first, second = [moment[index] for moment in self.first], [moment[index] for moment in self.second]
        return RowAdam(first, second, self.num_updates)

    @torch.no_grad()
    def update(self, variables: Sequence[Tensor], gradients: Sequence[Tensor], lr: Tensor) -> None:
        """One step of every variable, with learning rates ``lr`` [n]."""
        self.num_updates += 1
        corrections = [1 - beta**self.num_updates for beta in BETAS]
        for variable, gradient, first, second in zip(variables, gradients, self.first, self.second, strict=True):
            first.lerp_(gradient, 1 - BETAS[0])
            second.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
            size = (second / corrections[1]).sqrt_().add_(EPS)
            rate = (lr / corrections[0]).reshape([-1] + [1] * (variable.ndim - 1))
            variable.sub_(first * rate / size)
