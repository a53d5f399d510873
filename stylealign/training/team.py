"""Processes that train one model together: each takes its rows of every batch, and what they add up is the whole.

    N images in a batch      n = N / num images of this process

Random draws are made for the whole batch in every process, and each keeps its rows (:class:`stylealign.latents.Rows`);
gradients are averaged, statistics of a batch are of the whole batch, and everything else is computed alike in all. So
the processes hold the same state at every step, that of one process up to the rounding of sums. A team of one (`ALONE`)
communicates nothing and computes nothing of its own.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor

from stylealign.errors import DeviceError, TrainingError

PATIENCE = timedelta(minutes=15)  # one process may draw samples and save, while the others wait


class LostTeam(Exception):
    """Another process of the team ended, or was not heard of for too long; never the cause itself."""


@dataclass(frozen=True)
class Team:
    """Process ``rank`` of ``num``; rank 0 leads: it alone writes."""

    rank: int = 0
    num: int = 1
    mbstd_group_size: int = 1

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def rows(self, num_images: int) -> Tensor:
        """Which of a batch of ``num_images`` [N] are this process's, int64 [n]; in whole groups of minibatch_std.

        Group g of that layer holds every (N / group)-th image from g on, so the rows are columns of [group, N / group].
        A batch that does not split into such groups (none is seen by the discriminator) is cut into runs.
        """
        assert num_images % self.num == 0, (num_images, self.num)
        is_whole = num_images % (self.mbstd_group_size * self.num) == 0
        groups = torch.arange(num_images).reshape(self.mbstd_group_size if is_whole else 1, -1)
        return groups.chunk(self.num, dim=1)[self.rank].flatten()

    def sum_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over the team, in one message."""
        if self.num == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        with _together():
            dist.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def gathered(self, x: Tensor) -> Tensor:
        """``x`` [n, ...] of every process, [N, ...] rank by rank; a gradient flows through this process's own."""
        if self.num == 1:
            return x
        parts = [torch.empty_like(x) for _ in range(self.num)]
        with _together():
            dist.all_gather(parts, x.detach().contiguous())
        parts[self.rank] = x
        return torch.cat(parts)

    def largest(self, number: int) -> int:
        """The largest of the processes' numbers: how they agree that one was asked to stop."""
        if self.num == 1:
            return number
        found = torch.tensor(number)
        with _together():
            dist.all_reduce(found, op=dist.ReduceOp.MAX)
        return int(found)

    def told(self, message: bytes | None) -> bytes:
        """The leader's ``message``, in every process."""
        if self.num == 1:
            assert message is not None
            return message
        size = self.largest(len(message) if message is not None else 0)
        text = torch.zeros(size, dtype=torch.uint8)
        if message is not None:
            text.copy_(torch.frombuffer(bytearray(message), dtype=torch.uint8))
        with _together():
            dist.broadcast(text, src=0)
        return text.numpy().tobytes()

    def pids(self) -> list[int]:
        """The processes, rank by rank."""
        return self.gathered(torch.tensor([os.getpid()])).tolist()

    def refuse_difference(self, digest: str, when: str) -> None:
        """:class:`TrainingError` when the processes' states are not the same bytes."""
        ours = torch.tensor(list(bytes.fromhex(digest)[:8]), dtype=torch.uint8)
        found = {bytes(row.tolist()).hex() for row in self.gathered(ours[None])}
        if len(found) > 1:
            raise TrainingError(
                f"{when}: the {self.num} processes of this training no longer hold the same weights; give the same "
                "command again to go on from the last checkpoint, with processes=1 if it comes back, and test the "
                "machine's memory"
            )


ALONE = Team()


def backends(device: torch.device) -> str:
    """What carries the messages: gloo between CPUs; between GPUs NCCL, with gloo beside it for what lies on the CPU.

    Raises :class:`DeviceError` where torch was built without it.
    """
    wanted = {"cpu": "gloo", "cuda": "nccl"}
    if device.type not in wanted:
        raise DeviceError(f"device: {device.type}: several processes train on cpu or cuda only; set processes to 1")
    needed = dict.fromkeys(("gloo", wanted[device.type]))
    missing = [name for name in needed if not dist.is_backend_available(name)]
    if missing:
        raise DeviceError(f"processes: this torch has no {' or '.join(missing)}; set processes to 1")
    return "gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl"


def join_team(device: torch.device, mbstd_group_size: int, patience: timedelta = PATIENCE) -> Team:
    """Meet the others, as the launcher's environment variables say."""
    with _together():
        dist.init_process_group(backends(device), timeout=patience, device_id=device if device.type == "cuda" else None)
    return Team(dist.get_rank(), dist.get_world_size(), mbstd_group_size)


def leave_team() -> None:
    dist.destroy_process_group()


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Turn a failed message into :class:`LostTeam`."""
    try:
        yield
    except RuntimeError as error:
        raise LostTeam(str(error).splitlines()[0].rpartition("] ")[2]) from error  # gloo names its source file first
