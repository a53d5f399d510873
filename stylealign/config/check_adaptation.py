"""Mistakes in adapted models and in the studies of them, found before any job starts."""

import os
from collections.abc import Iterator

from stylealign.config.adaptation import MAX_IMAGES, Adaptation, AdaptationStudy, image_files
from stylealign.config.check_ablation import check_ablation
from stylealign.config.check_adapted_region import check_measured_region, check_region
from stylealign.config.check_adapted_studies import check_adapted_studies
from stylealign.config.check_path import check_path
from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Model
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch


def check_adaptation(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in these."""
    for name, model in sketch.models.items():
        if model is not None and model.adapt is not None:
            yield from _check_place(sketch, f"models.{name}", model)
            yield from _check_clips(sketch, f"models.{name}.adapt", model, model.adapt)
            yield from _check_target(sketch, f"models.{name}.adapt", model.adapt)
            yield from _check_course(sketch, f"models.{name}.adapt", model.adapt)
            yield from check_region(sketch, f"models.{name}.adapt.region", model)
    if sketch.studies is not None and sketch.studies.adaptation is not None:
        yield from _check_study(sketch, sketch.studies.adaptation)
    yield from check_adapted_studies(sketch)
    yield from check_ablation(sketch)


def _check_place(sketch: Sketch, key: str, model: Model) -> Iterator[Problem]:
    """An adapted model is its parent with other weights: nothing of a training, nor another size."""
    if model.parent is None:
        yield Problem(f"{key}.parent", "is missing; `adapt` moves a parent's weights, name it")
    elif model.parent in sketch.models and model.parent not in sketch.full_size():
        cure = "is of a lower resolution than the study; adapt a model of the study's own"
        yield Problem(f"{key}.parent", cure, model.parent)
    for name in ("total_kimg", "training", "resolution"):
        if name in model.model_fields_set and getattr(model, name) is not None:
            yield Problem(f"{key}.{name}", "means nothing beside `adapt`, which trains on no images; drop it")
    if model.checkpoint is not None:
        yield Problem(f"{key}.from", "is a finished model, and `adapt` makes one; drop one of them")


def _check_clips(sketch: Sketch, key: str, model: Model, adapt: Adaptation) -> Iterator[Problem]:
    shown = [name for name in sketch.domains if name == model.domain]
    for clip in adapt.clips:
        yield from check_judge_of(sketch, f"{key}.clips", "text", clip, shown)


def _check_target(sketch: Sketch, key: str, adapt: Adaptation) -> Iterator[Problem]:
    asked = [name for name in ("target_text", "images", "image_domain") if getattr(adapt, name) is not None]
    if len(asked) > 1 or not (asked or adapt.num_images):
        found = "names no target" if not asked else f"names {len(asked)} targets ({', '.join(asked)})"
        yield Problem(key, f"{found}; give one of target_text, images, image_domain")
    if not any(adapt.loss.values()):
        yield Problem(f"{key}.loss", "leaves nothing to train by; give directional or global a weight above 0")
    needs_source = adapt.target_text is not None and adapt.weight_of("directional") > 0
    if needs_source and adapt.source_text is None:
        yield Problem(f"{key}.source_text", "is missing; a direction needs both texts, say what the parent shows")
    if len(asked) == 1 and adapt.is_by_images and adapt.source_text is not None:
        yield Problem(f"{key}.source_text", "means nothing beside images, whose source is the parent's own; drop it")
    yield from _check_released(key, adapt)
    yield from _check_images(sketch, key, adapt)


def _check_released(key: str, adapt: Adaptation) -> Iterator[Problem]:
    """Where images tell the target, the released code still asks for a text in two places."""
    if adapt.rules == "released" and adapt.is_by_images:
        cure = "would ask for a text by the released code, and images tell the target; drop it, or take rules: paper"
        if adapt.num_layers is not None:
            yield Problem(f"{key}.num_layers", cure, adapt.num_layers)
        if adapt.weight_of("global"):
            yield Problem(f"{key}.loss.global", cure, adapt.weight_of("global"))


def _check_images(sketch: Sketch, key: str, adapt: Adaptation) -> Iterator[Problem]:
    if (adapt.image_domain is None) != (adapt.num_images is None):
        missing = "num_images" if adapt.num_images is None else "image_domain"
        yield Problem(f"{key}.{missing}", "is missing; image_domain and num_images go together")
    domain = sketch.domains.get(adapt.image_domain or "")
    if adapt.image_domain is not None and adapt.image_domain not in sketch.domains:
        cure = f"there is no such domain; {nearest(adapt.image_domain, sketch.domains)}"
        yield Problem(f"{key}.image_domain", cure, adapt.image_domain)
    if isinstance(domain, WorldDomain) and (adapt.num_images or 0) > domain.num_train:
        cure = f"domains.{adapt.image_domain} has only {domain.num_train} training images; lower it"
        yield Problem(f"{key}.num_images", cure, adapt.num_images)
    yield from check_path(sketch, f"{key}.images", adapt.images, "folder")
    if adapt.images is not None and os.path.isdir(sketch.root / adapt.images):
        num = len(image_files(sketch.root / adapt.images))
        if not 1 <= num <= MAX_IMAGES:
            yield Problem(f"{key}.images", f"holds {num} images; give 1 to {MAX_IMAGES}", str(adapt.images))


def _check_study(sketch: Sketch, asked: AdaptationStudy) -> Iterator[Problem]:
    key = "studies.adaptation"
    adapted = [model for model in sketch.models.values() if model is not None and model.adapt is not None]
    if not adapted and None not in sketch.models.values():
        yield Problem(key, "measures adapted models, and no model has `adapt`; declare one, or drop the study")
    shown = {model.domain for model in adapted}
    known = [name for name in sketch.domains if name in shown]
    for need in ("distance", "attributes"):
        yield from check_judge_of(sketch, f"{key}.judge", need, asked.judge, known)
    yield from check_judge_of(sketch, f"{key}.clip", "text", asked.clip, known)
    if asked.num_diversity > asked.num_images:
        cure = f"is more than num_images ({asked.num_images}); lower this or raise that"
        yield Problem(f"{key}.num_diversity", cure, asked.num_diversity)
    if asked.region is not None:
        yield from check_measured_region(sketch, f"{key}.region", asked.region)


def _check_course(sketch: Sketch, key: str, adapt: Adaptation) -> Iterator[Problem]:
    late = [number for number in adapt.snapshot_iterations if number >= adapt.iterations]
    if late:
        cure = f"lies at or beyond the last iteration ({adapt.iterations}), which is kept anyway; leave it out"
        yield Problem(f"{key}.snapshot_iterations", cure, late[0])
    if sketch.resolution is None or adapt.num_layers is None:
        return
    num_ws = 2 * sketch.resolution.bit_length() - 4
    if adapt.num_layers > num_ws:
        cure = f"at {sketch.resolution} px there are {num_ws} layers; lower it, or leave it out for all"
        yield Problem(f"{key}.num_layers", cure, adapt.num_layers)
