"""Codes by gradient descent, a batch of images at once (StyleAlign, A.5; StyleGAN2's projector, appendix D).

The loss is a sum over images, Adam is element-wise and every draw is named by the image: what is found for an image
does not depend on the images beside it. An image that has finished leaves the batch and costs nothing more.

Legend: N images, n of them still in the batch, R resolution; a code is [N, *shape].
"""

import dataclasses
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.errors import CodesError
from stylealign.images import to_net
from stylealign.inversion.adam import RowAdam
from stylealign.inversion.found import Found, best_of, measure
from stylealign.inversion.jitter import Jitter
from stylealign.inversion.noise_maps import autocorrelation, draw_noise_maps, normalised, synthesise
from stylealign.inversion.patience import Clocks, tick
from stylealign.inversion.schedule import jitter_amount, learning_rate
from stylealign.inversion.start import deviation, find_starts, unit_length
from stylealign.judges.judge import Judge, select_seen
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import code_shape, styles_of

if TYPE_CHECKING:
    from stylealign.config.inversion import Optimisation

LOGGER = logging.getLogger(__name__)
LOG_EVERY_SEC = 30.0
LOOKED_AT_EVERY = 8  # steps between looks at who has finished


@dataclass(frozen=True)
class Task:
    """What does not change while a batch is inverted."""

    G: Generator
    judge: Judge
    space: str
    settings: "Optimisation"
    truncation_psi: float
    seed: int


@dataclass
class Batch:
    """The images that are still in the batch: everything has a row for each."""

    rows: Tensor  # int64 [n], their places among the N
    x: Tensor  # float32 [n, 3, R, R], the targets
    seen: list[Tensor]  # what the judge perceived of them
    code: Tensor  # [n, *shape]
    maps: dict[str, Tensor]  # noise maps [n, 1, r, r] by layer; none unless they are optimised
    clocks: Clocks
    jitter: Jitter
    adam: RowAdam

    @property
    def variables(self) -> list[Tensor]:
        return [self.code, *self.maps.values()]

    def part(self, index: Tensor) -> "Batch":
        """Some of the images, each in the state it is in."""
        return Batch(
            rows=self.rows[index],
            x=self.x[index],
            seen=select_seen(self.seen, index),
            code=self.code.detach()[index].requires_grad_(),
            maps={name: noise.detach()[index].requires_grad_() for name, noise in self.maps.items()},
            clocks=self.clocks.part(index),
            jitter=self.jitter.part(index),
            adam=self.adam.part(index),
        )


def optimise(
    G: Generator,
    judge: Judge,
    pixels: Tensor,
    *,
    space: str,
    settings: "Optimisation",
    truncation_psi: float,
    image_ids: Sequence[str],
    seed: int,
    start: Tensor | None = None,
) -> Found:
    """Codes in ``space`` (z, zplus, w, wplus) of uint8 ``pixels`` [N, 3, R, R], N at least 1.

    ``start`` [N, *shape], an encoder's codes for instance, is refined with ``settings.steps`` steps; without it the
    best of ``settings.restarts`` starts is kept for each image. Codes in Z and Z+ are truncated by ``truncation_psi``.
    ``G`` is frozen, as ``load_generator`` gives it. ``seconds`` are wall time, ``steps`` those of all restarts.

    Raises:
        CodesError: a start of another shape; images of another resolution than the model's; nothing to minimise.
        JudgeError: ``judge`` measures no distance, or cannot judge images of this size.
    """
    began = time.perf_counter()
    task = Task(G, judge, space, settings, truncation_psi, seed)
    _check(task, pixels, start)
    pixels = pixels.to(G.mapping.w_avg.device)
    seen = judge.perceive(pixels)
    found: Found | None = None
    for restart, code in enumerate(_starts(task, seen, start)):
        code, taken = _descend(task, _first_batch(task, pixels, seen, code, image_ids, restart))
        result = measure(G, judge, pixels, space, code, truncation_psi=truncation_psi, steps=taken)
        found = result if found is None else best_of(found, result)
    assert found is not None
    seconds = time.perf_counter() - began
    LOGGER.info("%s: %d images in %.1f s, mean distance %.4f", space, len(pixels), seconds, found.distance.mean())
    return dataclasses.replace(found, seconds=np.full([len(pixels)], seconds / len(pixels), np.float32))


def _check(task: Task, pixels: Tensor, start: Tensor | None) -> None:
    resolution, shape = task.G.img_resolution, (len(pixels), *code_shape(task.G, task.space))
    if tuple(pixels.shape[2:]) != (resolution, resolution):
        raise CodesError(f"the model makes {resolution} px images and cannot invert {list(pixels.shape[2:])} px ones")
    if start is not None and tuple(start.shape) != shape:
        raise CodesError(f"optimisation starts from codes {list(start.shape)}, but {task.space} wants {list(shape)}")
    if not (task.settings.perceptual_weight or task.settings.pixel_weight):
        raise CodesError(
            "inversion.optimisation: perceptual_weight and pixel_weight are both 0; give one of them weight"
        )


def _starts(task: Task, seen: list[Tensor], start: Tensor | None) -> list[Tensor]:
    if start is not None:
        return [start.to(task.G.mapping.w_avg.device, torch.float32).clone()]
    return find_starts(
        task.G, task.judge, seen, task.space, task.settings, truncation_psi=task.truncation_psi, seed=task.seed
    )


def _first_batch(
    task: Task, pixels: Tensor, seen: list[Tensor], code: Tensor, image_ids: Sequence[str], restart: int
) -> Batch:
    """All N images before their first step."""
    maps = draw_noise_maps(task.G, image_ids, task.seed, task.space, restart) if task.settings.noise_maps else {}
    code = _on_sphere(task, code).requires_grad_()
    maps = {name: noise.requires_grad_() for name, noise in maps.items()}
    size = deviation(task.G, task.space, task.seed) if task.settings.jitter else 0.0
    return Batch(
        rows=torch.arange(len(pixels), device=pixels.device),
        x=to_net(pixels),
        seen=seen,
        code=code,
        maps=maps,
        clocks=Clocks.start(len(pixels), pixels.device),
        jitter=Jitter.of_images(image_ids, code, size, task.seed, task.space, restart),
        adam=RowAdam.of([code, *maps.values()]),
    )


def _descend(task: Task, batch: Batch) -> tuple[Tensor, np.ndarray]:
    """The codes [N, *shape] after every image's steps, and how many [N] each took."""
    codes, taken = batch.code.detach().clone(), batch.clocks.taken.clone()
    logged = time.perf_counter()
    for step in range(task.settings.steps):
        loss = _step(task, batch, step)
        if task.settings.patience is not None and (step + 1) % LOOKED_AT_EVERY == 0:
            codes[batch.rows], taken[batch.rows] = batch.code.detach(), batch.clocks.taken
            batch = batch.part((batch.clocks.step < task.settings.steps).nonzero()[:, 0])
            if not len(batch.rows):
                break
        if time.perf_counter() - logged > LOG_EVERY_SEC:
            logged = time.perf_counter()
            LOGGER.info("%s: step %d of %d, mean loss %.4f", task.space, step + 1, task.settings.steps, loss.mean())
    codes[batch.rows], taken[batch.rows] = batch.code.detach(), batch.clocks.taken
    return codes, taken.cpu().numpy()


def _step(task: Task, batch: Batch, step: int) -> Tensor:
    """One step of every image in the batch, in place; the losses [n] before it."""
    t = batch.clocks.step / task.settings.steps  # [n]
    code = batch.code
    if step / task.settings.steps < task.settings.jitter_until:  # clocks never lag behind
        code = code + batch.jitter.at(step, jitter_amount(t, task.settings))
    loss = _losses(task, batch, code)
    gradients = torch.autograd.grad(loss.sum(), batch.variables)
    batch.adam.update(batch.variables, gradients, learning_rate(t, task.settings))
    _renormalise(task, batch)
    batch.clocks = tick(batch.clocks, loss.detach(), task.settings)
    return loss.detach()


def _losses(task: Task, batch: Batch, code: Tensor) -> Tensor:
    """[n], each of its image alone."""
    settings = task.settings
    x = synthesise(task.G, styles_of(task.G, task.space, code, task.truncation_psi), batch.maps)  # [n, 3, R, R]
    loss = x.new_zeros([len(x)])
    if settings.perceptual_weight:
        loss = loss + settings.perceptual_weight * task.judge.perceptual_loss(batch.seen, x)
    if settings.pixel_weight:
        loss = loss + settings.pixel_weight * (x - batch.x).square().mean([1, 2, 3])
    if batch.maps:
        loss = loss + settings.noise_weight * autocorrelation(batch.maps)
    return loss


@torch.no_grad()
def _renormalise(task: Task, batch: Batch) -> None:
    batch.code.copy_(_on_sphere(task, batch.code))
    for name, noise in normalised(batch.maps).items():
        batch.maps[name].copy_(noise)


def _on_sphere(task: Task, code: Tensor) -> Tensor:
    """Codes of Z and Z+ at the length of a random z; those of W and W+ as they are."""
    return unit_length(code) if task.space in ("z", "zplus") else code
