"""The course of a training: its schedule in steps, a row per tick, images of the same z, and when to give up."""

import logging
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stylealign.config.models import ResolvedModel
from stylealign.errors import TrainingError
from stylealign.training.losses import is_catching_up
from stylealign.training.state import TICK_METERS, TrainState

log = logging.getLogger(__name__)

COLLAPSED_LOSS_D, COLLAPSED_TICKS = 1e-4, 3
_SNAPSHOTS = "snapshots/"


@dataclass
class Course:
    """What a training has shown so far: a row per tick, and images of the same z at chosen kimg.

    ``processes`` is the most that have shared its batches, in this job or one that it resumes.
    """

    ticks: list[dict[str, float]] = field(default_factory=list)
    sample_kimg: list[float] = field(default_factory=list)
    sample_pixels: list[Tensor] = field(default_factory=list)  # each uint8 [n, 3, R, R]
    processes: int = 1
    snapshot_kimg: list[float] = field(default_factory=list)
    snapshots: list[dict[str, Tensor]] = field(default_factory=list)  # of the averaged generator
    start: dict[str, Any] = field(default_factory=dict)  # what was copied from a parent of a higher resolution

    def tensors(self) -> dict[str, Tensor]:
        found = {f"samples/{index:03d}": pixels for index, pixels in enumerate(self.sample_pixels)}
        for index, state in enumerate(self.snapshots):
            found |= {f"{_SNAPSHOTS}{index:03d}/{name}": value for name, value in state.items()}
        return found

    def meta(self) -> dict[str, Any]:
        shown = {"ticks": self.ticks, "sample_kimg": self.sample_kimg, "processes": self.processes}
        return {**shown, "snapshot_kimg": self.snapshot_kimg, "start": self.start}

    def load(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        self.ticks, self.sample_kimg = list(meta["ticks"]), list(meta["sample_kimg"])
        self.processes = max(self.processes, meta.get("processes", 1))
        self.sample_pixels = [tensors[name] for name in sorted(tensors) if name.startswith("samples/")]
        self.snapshot_kimg, self.start = list(meta.get("snapshot_kimg", ())), dict(meta.get("start", {}))
        self.snapshots = [_part(tensors, f"{_SNAPSHOTS}{index:03d}/") for index in range(len(self.snapshot_kimg))]

    def keep_snapshot(self, kimg: float, G: nn.Module) -> None:
        """Remember the weights of ``G`` as they are now."""
        self.snapshot_kimg.append(kimg)
        self.snapshots.append({name: value.detach().cpu().clone() for name, value in G.state_dict().items()})

    def said_of_processes(self) -> dict[str, int]:
        """For the card and the tables: a model that several processes trained differs in its last bits."""
        return {"processes": self.processes} if self.processes > 1 else {}


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Schedule:
    """Kimg of the config as steps."""

    batch_size: int
    num_steps: int
    tick: int
    checkpoint: int
    samples: frozenset[int]
    snapshots: frozenset[int]  # the last step is none: it is the model itself

    @classmethod
    def of(cls, spec: ResolvedModel) -> "Schedule":
        batch = spec.training.batch_size

        def steps(kimg: float) -> int:
            return max(round(kimg * 1000 / batch), 1)

        last = steps(spec.total_kimg)
        marks = {0 if kimg == 0 else steps(kimg) for kimg in spec.training.sample_kimg}
        return cls(
            batch_size=batch,
            num_steps=last,
            tick=steps(spec.training.tick_kimg),
            checkpoint=steps(spec.training.checkpoint_kimg),
            samples=frozenset({mark for mark in marks if mark < last} | {last}),
            snapshots=frozenset(mark for mark in map(steps, spec.training.snapshot_kimg) if mark < last),
        )

    def kimg(self, step: int) -> float:
        return step * self.batch_size / 1000


class Clock:
    """Turns meters into tick rows, and says how fast and how long still."""

    def __init__(self, name: str, schedule: Schedule, step: int):
        self.name, self.schedule = name, schedule
        self.step, self.time = step, time.perf_counter()

    def tick(self, run: TrainState) -> dict[str, float]:
        now = time.perf_counter()
        kimg = max(self.schedule.kimg(run.step) - self.schedule.kimg(self.step), 1e-9)
        sec_per_kimg = (now - self.time) / kimg
        self.step, self.time = run.step, now
        totals, counts = run.meters.cpu().unbind(dim=1)
        means = (totals / counts).tolist()  # NaN where a phase did not run
        run.meters.zero_()
        row = {name: value for name, value in zip(TICK_METERS, means, strict=True) if name != "sign_real"}
        row |= {"kimg": self.schedule.kimg(run.step), "r_t": means[TICK_METERS.index("sign_real")]}
        row |= {"augment_p": float(run.augment.p) if run.augment is not None else 0.0, "sec_per_kimg": sec_per_kimg}
        row |= {"peak_rss_mb": _peak_rss_mb(), "peak_gpu_mb": _peak_gpu_mb(run.pl_mean.device)}
        self._report(row)
        return row

    def _report(self, row: Mapping[str, float]) -> None:
        total = self.schedule.kimg(self.schedule.num_steps)
        left = (total - row["kimg"]) * row["sec_per_kimg"]
        log.info(
            "%s: %.1f / %.1f kimg, %.0f images/s, %d:%02d left, loss G %.3f D %.3f, r_t %+.2f, augment_p %.3f",
            self.name,
            row["kimg"],
            total,
            1000 / row["sec_per_kimg"],
            left // 60,
            left % 60,
            row["loss_g"],
            row["loss_d"],
            row["r_t"],
            row["augment_p"],
        )


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _peak_gpu_mb(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else 0.0


def _advice(spec: ResolvedModel) -> str:
    settings = spec.training
    return f"models.{spec.name}.training: lower lr (now {settings.lr}) or raise r1_gamma (now {settings.r1_gamma})"


def refuse_infinities(spec: ResolvedModel, run: TrainState, kimg: float) -> None:
    """:class:`TrainingError` when a weight is not finite; asked before each checkpoint, so all of them are good."""
    for network in (run.G, run.D, run.g_ema):
        if not all(bool(parameter.isfinite().all()) for parameter in network.parameters()):
            raise TrainingError(f"{spec.name}: NaN or infinity in the weights at {kimg:.1f} kimg; {_advice(spec)}")


def refuse_divergence(spec: ResolvedModel, run: TrainState, ticks: list[dict[str, float]]) -> None:
    """:class:`TrainingError`, with what to change, when losses or weights are not finite or D has won for good."""
    kimg = ticks[-1]["kimg"]
    refuse_infinities(spec, run, kimg)
    is_idle = is_catching_up(spec, max(run.step - 1, 0))  # G has learned nothing yet, so that it has no loss
    if not np.isfinite([0.0 if is_idle else ticks[-1]["loss_g"], ticks[-1]["loss_d"]]).all():
        raise TrainingError(f"{spec.name}: NaN or infinity in the losses at {kimg:.1f} kimg; {_advice(spec)}")
    recent = [tick["loss_d"] for tick in ticks[-COLLAPSED_TICKS:]]
    if len(recent) == COLLAPSED_TICKS and max(recent) < COLLAPSED_LOSS_D:
        raise TrainingError(
            f"{spec.name}: the discriminator has won at {kimg:.1f} kimg (loss_d < {COLLAPSED_LOSS_D} for "
            f"{COLLAPSED_TICKS} ticks); {_advice(spec)}, or switch augment on when images are few"
        )
