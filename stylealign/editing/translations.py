"""A direction's translations, beside baselines and controls (StyleAlign, 4.1; Figures 5, 17, 19 to 21; Table 5).

Three controls say what a score means: the source images themselves (nothing done), the target's random samples (style
without a source), and the same codes rendered by a model without a common ancestor (a code without a meaning).

Legend: N source images, M methods, m images shown, R pixels a side.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from stylealign.checkpoint import ModelCard, load_generator
from stylealign.codes import Codes, read_codes
from stylealign.config.inversion import space_of
from stylealign.editing.baseline_images import read_baseline
from stylealign.editing.source_images import read_images, read_origins
from stylealign.editing.translate import Model, open_crossing, related, render, render_ws, translate
from stylealign.images import at_once
from stylealign.latents import sample_z
from stylealign.networks.spaces import code_shape
from stylealign.translated_images import BASELINE, CONTROL, INVERSION, SourceSet, Translated

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

SOURCE, SAMPLES, UNRELATED = "source", "samples", "unrelated"
BATCH = 64
BLANK = 255  # where a method has no image of a source


def translate_direction(
    source: Path,
    target: Path,
    sets: Sequence[SourceSet],
    *,
    unrelated: Path | None,
    baselines: Mapping[str, Path],
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[Translated]:
    """Every method's translations of ``sets`` from the checkpoint ``source`` to ``target``, then the controls.

    ``baselines`` are folders of other methods' images, by method, of the first set. ``truncation_psi`` is that of the
    target's random samples; codes keep that of their passports. Without an ``unrelated`` model, or where it is a
    relative after all (of finished checkpoints only their cards know), that control is missing.

    Raises:
        LineageError: source and target have no common ancestor.
        CodesError: codes are damaged, another model's, or of images that are not in the image set.
        ImageSetError: an image set is damaged, or a baseline's folder cannot be used.
    """
    card, model = open_crossing(source, target, device)
    stranger = _stranger(unrelated, card, device)
    found: list[Translated] = []
    for place, sources in enumerate(sets):
        codes = {method: read_codes(path) for method, path in sources.codes.items()}
        found += _inversions(card, model, sources, codes)
        found += _controls(model[0], sources, codes, stranger, truncation_psi, seed)
        if place == 0:
            image_ids = next(iter(codes.values())).image_ids
            found += _baselines(sources, image_ids, baselines, model[0].img_resolution)
    return found


def _stranger(unrelated: Path | None, source: ModelCard, device: torch.device | str) -> "Generator | None":
    """The model in the file ``unrelated``; none where it has an ancestor in common with ``source``."""
    if unrelated is None:
        return None
    G, card = load_generator(unrelated, device)
    if not related(source, card):
        return G
    log.warning(
        "%s descends from what %s descends from, so the control %s is left out", unrelated, source.model, UNRELATED
    )
    return None


def _inversions(card: ModelCard, target: Model, sources: SourceSet, codes: Mapping[str, Codes]) -> list[Translated]:
    found = []
    for method, own in codes.items():
        pixels = translate(card, target, own)
        found.append(
            Translated(sources.image_set, method, INVERSION, pixels, own.image_ids, own.passport.truncation_psi)
        )
        log.info("%s to %s: %d images by %s", sources.image_set, target[1].model, own.num, method)
    return found


def _controls(
    G: "Generator",
    sources: SourceSet,
    codes: Mapping[str, Codes],
    stranger: "Generator | None",
    truncation_psi: float,
    seed: int,
) -> list[Translated]:
    """The source images, the target's samples, and codes without a meaning, as many of each as there are codes."""
    image_ids = next(iter(codes.values())).image_ids
    samples = random_samples(G, len(image_ids), truncation_psi, seed)
    nobody = ("",) * len(image_ids)
    found = [
        Translated(sources.image_set, SOURCE, CONTROL, read_images(sources, image_ids), image_ids, None),
        Translated(sources.image_set, SAMPLES, CONTROL, samples, nobody, truncation_psi),
    ]
    if stranger is not None:
        found += _meaningless(stranger, sources.image_set, codes)
    return found


def random_samples(G: "Generator", num: int, truncation_psi: float, seed: int) -> np.ndarray:
    """``num`` random images of ``G``, the same z in every model: uint8 [num, R, R, 3]."""
    z = sample_z(num, G.z_dim, seed, "translation", SAMPLES).to(G.mapping.w_avg.device)
    return render_ws(
        G, (G.mapping(some, truncation_psi=truncation_psi) for some in z.split(at_once(G.img_resolution, BATCH)))
    )


def _meaningless(stranger: "Generator", image_set: str, codes: Mapping[str, Codes]) -> list[Translated]:
    """The first codes in Z, or the first of all, rendered by a model that knows nothing of them."""
    method = next((name for name in codes if space_of(name) == "z"), next(iter(codes)))
    own = codes[method]
    if own.passport.shape != code_shape(stranger, own.space):
        log.warning("the unrelated model is of another architecture, so the control %s is left out", UNRELATED)
        return []
    return [
        Translated(image_set, UNRELATED, CONTROL, render(stranger, own), own.image_ids, own.passport.truncation_psi)
    ]


def _baselines(
    sources: SourceSet, image_ids: Sequence[str], baselines: Mapping[str, Path], resolution: int
) -> list[Translated]:
    origins = read_origins(sources, image_ids) if baselines else []
    found = []
    for method, folder in baselines.items():
        images = read_baseline(method, folder, resolution, image_ids, origins)
        found.append(Translated(sources.image_set, method, BASELINE, images.pixels, images.source_ids, None))
    return found


# -- pictures ---------------------------------------------------------------------------------------------------------


def translation_pictures(
    translated: Sequence[Translated], *, direction: str, source_model: str, target_model: str, num_shown: int
) -> dict[str, np.ndarray]:
    """What the figure ``translations`` shows of one direction: the first ``num_shown`` sources of every image set.

    For image set k: ``sources_k`` uint8 [m, R, R, 3], ``translated_k`` uint8 [M, m, R, R, 3] (white where a baseline
    has no image of a source), ``methods_k`` and ``kinds_k`` [M]. Baselines without any image of these are left out.
    """
    image_sets = list(dict.fromkeys(one.image_set for one in translated))
    pictures = {
        "direction": np.array(direction),
        "source_model": np.array(source_model),
        "target_model": np.array(target_model),
        "image_sets": np.array(image_sets, dtype=str),
    }
    for place, image_set in enumerate(image_sets):
        of_set = [one for one in translated if one.image_set == image_set]
        pictures |= {f"{name}_{place}": array for name, array in _set_pictures(of_set, num_shown).items()}
    return pictures


def _set_pictures(translated: Sequence[Translated], num_shown: int) -> dict[str, np.ndarray]:
    sources = next(one for one in translated if (one.kind, one.method) == (CONTROL, SOURCE))
    image_ids = sources.source_ids[:num_shown]
    shown = [
        one
        for one in translated
        if (one.kind, one.method) != (CONTROL, SOURCE) and not set(image_ids).isdisjoint(one.source_ids)
    ]
    rows = [_images_of(one, image_ids) for one in shown]
    return {
        "sources": sources.pixels[: len(image_ids)],
        "translated": np.stack(rows) if rows else np.zeros([0, *sources.pixels[: len(image_ids)].shape], np.uint8),
        "methods": np.array([one.method for one in shown], dtype=str),
        "kinds": np.array([one.kind for one in shown], dtype=str),
    }


def _images_of(translated: Translated, image_ids: Sequence[str]) -> np.ndarray:
    """The first image of each source: uint8 [m, R, R, 3]."""
    place = {image_id: row for row, image_id in reversed(list(enumerate(translated.source_ids)))}
    blank = np.full_like(translated.pixels[0], BLANK)
    return np.stack([translated.pixels[place[one]] if one in place else blank for one in image_ids])
