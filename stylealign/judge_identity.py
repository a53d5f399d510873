"""What tells one judge of distances from another, for what is kept: codes in a cache, an encoder half trained."""

from typing import TYPE_CHECKING

from stylealign.checkpoint import state_digest

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

_NOT_OF_DISTANCE = {"device", "batch_size", "domains", "attribute_names", "region_names"}


def judge_identity(judge: "Judge") -> dict[str, str]:
    """Name, kind and plain settings of a judge, and a digest of the weights it holds."""
    from torch import nn

    own = {name: value for name, value in vars(judge).items() if name[0] != "_" and name not in _NOT_OF_DISTANCE}
    plain = {name: str(value) for name, value in own.items() if isinstance(value, str | int | float | tuple)}
    modules = {name: module for name, module in own.items() if isinstance(module, nn.Module)}
    weights = {f"{name}.{key}": value for name, module in modules.items() for key, value in module.state_dict().items()}
    return {"kind": judge.kind, **plain, "weights": state_digest(weights)}
