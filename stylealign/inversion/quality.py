"""How well each way of inverting gives images back (StyleAlign, A.5, Figures 16 and 18; table ``inversion_quality``).

The distances were measured when the codes were found; here they are averaged, with an interval over images, and set
beside a control: the distance of the same images to the model's random samples, which a useful inversion is well below.

Legend: N images, R resolution, M methods, m images shown.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import Codes, read_codes
from stylealign.data.image_set import ImageSet
from stylealign.errors import CodesError
from stylealign.images import at_once, to_hwc
from stylealign.intervals import mean_interval
from stylealign.inversion.found import render
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

TABLE = "inversion_quality"
BATCH = 64

Inverted = tuple[str, str, Path]  # image set, method, file of codes
Files = tuple[Path, Path]  # images.zip, index.parquet


def inversion_quality_rows(
    model: str,
    g_ema: Path,
    codes: Sequence[Inverted],
    *,
    sets: Mapping[str, Files],
    judge: "Judge",
    truncation_psi: float,
    seed: int,
    split: str | None,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``inversion_quality`` for one model: one for each of ``codes``.

    ``truncation_psi`` is that of the random samples of the control.

    Raises:
        CodesError: a file is damaged, or its codes are of another model, method, judge or other images.
        ImageSetError, CheckpointError, JudgeError: what is read is damaged, or the judge measures no distance.
    """
    G, card = load_generator(g_ema, device)
    rows, controls = [], {}
    for image_set, method, path in codes:
        images = ImageSet.open(*sets[image_set], split)
        found = _read(path, method, card.digest, judge.name)
        if (image_set, found.image_ids) not in controls:
            purpose = (seed, TABLE, model, image_set)
            controls[image_set, found.image_ids] = _random_distance(G, images, found, judge, truncation_psi, purpose)
        control = controls[image_set, found.image_ids]
        rows.append(_row(model, image_set, found, control, seed, f"{split or 'all'}-{found.num} of {images.num}"))
    return rows


def _read(path: Path, method: str, generator: str, judge: str | None = None) -> Codes:
    """Codes by ``method`` of the model whose digest is ``generator``; :class:`CodesError` when they are not."""
    codes = read_codes(path)
    wanted = {"generator": generator, "method": method} | ({} if judge is None else {"judge": judge})
    for name, value in wanted.items():
        found = getattr(codes.passport, name)
        if found != value:
            raise CodesError(f"{path}: codes of {name} {found}, not {value}; delete the file and invert again")
    if not codes.num:
        raise CodesError(f"{path}: no codes; delete the file and invert again")
    return codes


def _row(model: str, image_set: str, codes: Codes, control: float, seed: int, images: str) -> dict[str, Any]:
    passport, distance = codes.passport, codes.distance.astype(np.float64)
    low, high = mean_interval(distance, seed, TABLE, model, image_set, passport.method)
    known = codes.same_region[~np.isnan(codes.same_region)]
    return {
        "model": model,
        "image_set": image_set,
        "method": passport.method,
        "space": passport.space,
        "distance_mean": float(distance.mean()),
        "distance_low": low,
        "distance_high": high,
        "distance_random": control,
        "pixel": float(codes.pixel.mean(dtype=np.float64)),
        "same_region": float(known.mean(dtype=np.float64)) if len(known) else float("nan"),
        "steps": float(codes.steps.mean()),
        "images_per_sec": codes.num / float(codes.seconds.sum(dtype=np.float64)),
        "num_images": codes.num,
        "truncation_psi": passport.truncation_psi,
        "protocol": f"{images}, {how_found(codes)}",
        "judge": passport.judge,
        "seed": seed,
    }


def how_found(codes: Codes) -> str:
    """How codes were found, in the words of a protocol: "encoder, 50 steps, psi0.7"."""
    key = json.loads(codes.passport.settings)
    optimisation = key.get("optimisation", {})
    words = ["encoder"] if "encoder" in key else []
    words += [f"{optimisation['steps']} steps"] if optimisation else []
    words += [f"{optimisation['restarts']} starts"] if optimisation.get("restarts", 1) > 1 else []
    words += [f"psi{key['truncation_psi']:g}"] if "truncation_psi" in key else []
    return ", ".join(words)


def _pixels(images: ImageSet, codes: Codes, num: int | None = None) -> torch.Tensor:
    """The images of the first ``num`` codes: uint8 [N, 3, R, R]."""
    places = {image_id: place for place, image_id in enumerate(images.image_ids)}
    wanted = codes.image_ids[:num]
    without = [image_id for image_id in wanted if image_id not in places]
    if without:
        raise CodesError(f"{len(without)} codes are of images that are not there, as {without[0][:12]}; invert again")
    return images.read([places[image_id] for image_id in wanted])


def _random_distance(
    G: "Generator", images: ImageSet, codes: Codes, judge: "Judge", psi: float, purpose: tuple[int, str, str, str]
) -> float:
    """Mean distance of each image to a random sample of the model."""
    seed, *name = purpose
    z = sample_z(codes.num, G.z_dim, seed, *name, "random").to(G.mapping.w_avg.device)
    batch = at_once(G.img_resolution, BATCH)
    parts = zip(_pixels(images, codes).split(batch), z.split(batch), strict=True)
    distances = [judge.distance(pixels, render(G, "z", some_z, psi).cpu()) for pixels, some_z in parts]
    return float(np.concatenate(distances).mean(dtype=np.float64))


def inversion_pictures(
    model: str,
    g_ema: Path,
    codes: Sequence[Inverted],
    *,
    sets: Mapping[str, Files],
    num_shown: int,
    split: str | None,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray]:
    """Arrays for the figure ``inversions``: the first ``num_shown`` images, and what each method gives back of them.

    For image set k of ``image_sets`` [K]: ``images_k`` uint8 [m, R, R, 3], ``reconstructed_k`` uint8
    [M, m, R, R, 3], ``methods_k`` [M] and ``distance_k`` float32 [M], the mean over all images. Errors as
    :func:`inversion_quality_rows`.
    """
    G, card = load_generator(g_ema, device)
    names = list(dict.fromkeys(image_set for image_set, _, _ in codes))
    pictures = {"model": np.asarray(model), "image_sets": np.asarray(names, dtype=str)}
    for k, name in enumerate(names):
        found = [_read(path, method, card.digest) for image_set, method, path in codes if image_set == name]
        shown = found[0].image_ids[:num_shown]
        images = _pixels(ImageSet.open(*sets[name], split), found[0], num_shown)
        pictures[f"images_{k}"] = to_hwc(images)
        pictures[f"reconstructed_{k}"] = np.stack([_reconstructed(G, one.of_images(shown)) for one in found])
        pictures[f"methods_{k}"] = np.asarray([one.passport.method for one in found], dtype=str)
        pictures[f"distance_{k}"] = np.asarray([one.distance.mean(dtype=np.float64) for one in found], np.float32)
    return pictures


def _reconstructed(G: "Generator", codes: Codes) -> np.ndarray:
    """What codes give back: uint8 [m, R, R, 3]."""
    code = torch.from_numpy(codes.values).to(G.mapping.w_avg.device)
    return to_hwc(render(G, codes.space, code, codes.passport.truncation_psi))
