"""What no single key can show: names that must exist, descent, paths on disk, judges that fit what they judge.

Checks look at a :class:`Sketch`, in which a part that is itself wrong is ``None``: so that every mistake is found at
once, and none is reported twice.
"""

import os
from collections.abc import Iterator, Mapping

from stylealign.config.check_adaptation import check_adaptation
from stylealign.config.check_applications import check_applications
from stylealign.config.check_clips import check_clip_accuracy, check_clips
from stylealign.config.check_few_shot import check_few_shot
from stylealign.config.check_inversion import check_inversion
from stylealign.config.check_judges import check_judges
from stylealign.config.check_path import check_path
from stylealign.config.check_resolution import check_resolution
from stylealign.config.check_selection import check_selection
from stylealign.config.check_studies import check_studies
from stylealign.config.check_translation import check_translation
from stylealign.config.checkpoint_header import read_shape
from stylealign.config.checkpoint_kind import kind_of
from stylealign.config.domains import (
    FolderDomain,
    Photographs,
    Transform,
    WorldDomain,
    is_selective,
    show_the_same,
)
from stylealign.config.models import Architecture, Model, Training
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.errors import CheckpointError
from stylealign.lineage import circles

MAX_WORLD_RESOLUTION = 256
MAX_REGIONS, MAX_LABEL = 256, 65535


def find_problems(sketch: Sketch) -> list[Problem]:
    """Every mistake that only the whole shows."""
    checks = (_check_domains, _check_architecture, _check_models, check_resolution, check_judges, check_studies)
    of_codes = (
        check_inversion,
        check_translation,
        check_applications,
        check_adaptation,
        check_few_shot,
        check_clips,
        check_clip_accuracy,
    )
    return [problem for check in (*checks, *of_codes) for problem in check(sketch)]


def _check_domains(sketch: Sketch) -> Iterator[Problem]:
    for name, domain in sketch.domains.items():
        if isinstance(domain, WorldDomain):
            if sketch.resolution is not None and sketch.resolution > MAX_WORLD_RESOLUTION:
                cure = f"worlds are drawn up to {MAX_WORLD_RESOLUTION} px, and the study has {sketch.resolution}"
                yield Problem(f"domains.{name}.world", cure, domain.world)
            yield from _check_mirrored_world(f"domains.{name}.transform", domain)
            yield from check_selection(f"domains.{name}.only", domain)
        elif domain is not None:
            yield from _check_photographs(sketch, f"domains.{name}", domain)
        if domain is not None and domain.transform is not None:
            yield from _check_transform(f"domains.{name}.transform", domain.transform, sketch.resolution)
        if domain is not None and (domain.transform is not None or is_selective(domain)):
            yield from _check_held_out(sketch, name, domain)


def _check_held_out(sketch: Sketch, name: str, domain: WorldDomain | Photographs) -> Iterator[Problem]:
    """Who shows the same pictures holds out the same: else judges and models would train on what others hold out."""
    key = "num_train" if isinstance(domain, WorldDomain) else "test_fraction"
    own = getattr(domain, key)
    for other, its in sketch.domains.items():
        if its is not None and other != name and show_the_same(domain, its) and getattr(its, key) != own:
            cure = f"holds out other pictures than domains.{other}, which shows the same ones; give both the same"
            yield Problem(f"domains.{name}.{key}", f"{cure} ({getattr(its, key)})", own)
            return


def _check_mirrored_world(key: str, domain: WorldDomain) -> Iterator[Problem]:
    """A mirror image looks the other way: what a world says of its yaw, gaze and light would be wrong."""
    if domain.transform is not None and domain.transform.flip == "horizontal":
        cure = "a world's labels of pose and light would be those of the other side; flip it vertically, or shift it"
        yield Problem(f"{key}.flip", cure, "horizontal")


def _check_transform(key: str, transform: Transform, resolution: int | None) -> Iterator[Problem]:
    """A transform must move something, by a pixel at least."""
    if transform.flip is None and not any(transform.shift):
        yield Problem(key, "moves nothing; name `shift` or `flip`, or drop it")
    if resolution is None:
        return
    for part, shift_px in zip(transform.shift, transform.shift_px(resolution), strict=True):
        if part and not shift_px:
            yield Problem(f"{key}.shift", f"is no whole pixel at {resolution} px; {1 / resolution:g} is one", part)


def _check_photographs(sketch: Sketch, key: str, domain: Photographs) -> Iterator[Problem]:
    yield from check_path(sketch, f"{key}.path", domain.path, "folder" if isinstance(domain, FolderDomain) else "file")
    yield from check_path(sketch, f"{key}.regions", domain.regions, "folder")
    yield from _check_labels(f"{key}.labels", domain.labels)
    if domain.regions is not None and domain.labels is None:
        yield Problem(f"{key}.labels", "is missing; say which class ids of the masks in `regions` are which region")
    if domain.labels is not None and domain.regions is None:
        yield Problem(f"{key}.regions", "is missing; `labels` names the class ids of its masks")
    if domain.max_images is not None and domain.max_images < domain.min_images:
        cure = f"is below min_images ({domain.min_images}): no import could succeed"
        yield Problem(f"{key}.max_images", cure, domain.max_images)


def _check_labels(key: str, labels: Mapping[str, tuple[int, ...]] | None) -> Iterator[Problem]:
    if labels is not None and not 1 <= len(labels) <= MAX_REGIONS:
        yield Problem(key, f"names {len(labels)} regions; name 1 to {MAX_REGIONS}")
    owner: dict[int, str] = {}
    for region, numbers in (labels or {}).items():
        for number in numbers:
            if not 0 <= number <= MAX_LABEL:
                yield Problem(f"{key}.{region}", f"class ids are from 0 to {MAX_LABEL}", number)
            elif number in owner:
                yield Problem(f"{key}.{region}", f"belongs to {owner[number]} already; list it once", number)
            owner.setdefault(number, region)


def _check_architecture(sketch: Sketch) -> Iterator[Problem]:
    if sketch.architecture is None:
        return
    if sketch.resolution is not None and sketch.architecture.channel_base < sketch.resolution:
        cure = f"leaves no channel at {sketch.resolution} px; at least {sketch.resolution}, better 32 times that"
        yield Problem("architecture.channel_base", cure, sketch.architecture.channel_base)
    if sketch.training is not None:
        yield from _check_batch(sketch.architecture, "training.batch_size", sketch.training.batch_size)
        yield from _check_half_precision(sketch, sketch.architecture, sketch.training)


def _check_half_precision(sketch: Sketch, architecture: Architecture, training: Training) -> Iterator[Problem]:
    models = {f"models.{name}.": model.training for name, model in sketch.models.items() if model is not None}
    asked = [key for key, one in {"": training, **models}.items() if one.mixed_precision == "on"]
    if asked and architecture.conv_clamp is None and sketch.device != "cpu":
        cure = "half precision overflows without it; set architecture.conv_clamp: 256"
        yield Problem("architecture.conv_clamp", f"{cure} (or leave {asked[0]}training.mixed_precision off)", None)


def _check_batch(architecture: Architecture, key: str, batch_size: int) -> Iterator[Problem]:
    group = architecture.mbstd_group_size
    if batch_size % group:
        yield Problem(key, f"must be a multiple of architecture.mbstd_group_size ({group})", batch_size)


def _check_models(sketch: Sketch) -> Iterator[Problem]:
    for name, model in sketch.models.items():
        if model is not None:
            yield from _check_model(sketch, name, model)
    for circle in circles(sketch.parents()):
        cure = f"the lineage is a circle ({' -> '.join(circle)}); one must be a root"
        yield Problem(f"models.{circle[0]}.parent", cure, circle[1])
    yield from _check_seeds(sketch)


def _check_seeds(sketch: Sketch) -> Iterator[Problem]:
    """Roots of one seed would start from identical weights, and be no strangers."""
    first: dict[int, str] = {}
    for name, model in sketch.models.items():
        if model is None or model.parent is not None or model.checkpoint is not None or name in sketch.adapted:
            continue
        if model.seed in first:
            cure = f"the root {first[model.seed]} (models.{first[model.seed]}.seed) has the same and would start from"
            yield Problem(f"models.{name}.seed", f"{cure} identical weights; give one another seed", model.seed)
        first.setdefault(model.seed, name)


def _check_model(sketch: Sketch, name: str, model: Model) -> Iterator[Problem]:
    key = f"models.{name}"
    if model.domain not in sketch.domains:
        yield Problem(
            f"{key}.domain", f"there is no such domain; {nearest(model.domain, sketch.domains)}", model.domain
        )
    domain = sketch.domains.get(model.domain)
    is_trained = model.checkpoint is None and name not in sketch.adapted
    if isinstance(domain, Photographs) and domain.test_fraction == 1 and is_trained:
        cure = f"{key} is trained on its images, and all are held out; set it below 1"
        yield Problem(f"domains.{model.domain}.test_fraction", cure, domain.test_fraction)
    if model.parent is not None and model.parent not in sketch.models:
        others = [other for other in sketch.models if other != name]
        yield Problem(f"{key}.parent", f"there is no such model; {nearest(model.parent, others)}", model.parent)
    if model.checkpoint is not None:
        yield from _check_adopted(sketch, key, model)
    elif model.total_kimg is None and is_trained:
        kind = "a root" if model.parent is None else "a child"
        yield Problem(f"{key}.total_kimg", f"is missing; {kind} needs it: thousands of images of training")
    if is_trained and model.parent is None and "freeze_d" in model.training.model_fields_set:
        cure = "a root has no discriminator to keep; freeze_d is for children, drop it here"
        yield Problem(f"{key}.training.freeze_d", cure, model.training.freeze_d)
    if sketch.architecture is not None and "batch_size" in model.training.model_fields_set:
        yield from _check_batch(sketch.architecture, f"{key}.training.batch_size", model.training.batch_size)


def _check_adopted(sketch: Sketch, key: str, model: Model) -> Iterator[Problem]:
    for name in ("total_kimg", "training"):
        if name in model.model_fields_set and getattr(model, name) is not None:
            yield Problem(f"{key}.{name}", "means nothing beside `from`, which is never trained here; drop one of them")
    yield from check_path(sketch, f"{key}.from", model.checkpoint, "file")
    assert model.checkpoint is not None
    if os.path.isfile(sketch.root / model.checkpoint):
        yield from _check_checkpoint(sketch, f"{key}.from", model)


def _check_checkpoint(sketch: Sketch, key: str, model: Model) -> Iterator[Problem]:
    """Of other projects' files only the kind is looked at here: their shape is read, and checked, by the job."""
    path, own = model.checkpoint, model.resolution or sketch.resolution
    assert path is not None
    try:
        if kind_of(sketch.root / path) != "safetensors":
            return
        resolution, architecture = read_shape(sketch.root / path)
    except CheckpointError as error:
        yield Problem(key, str(error), str(path))
        return
    if own is not None and resolution not in (None, own):
        whose = "the study has" if model.resolution is None else "the model's own is"
        cure = f"is a checkpoint of {resolution} px and {whose} {own}; change one of them"
        yield Problem(key, cure, str(path))
    wanted = {} if sketch.architecture is None else sketch.architecture.model_dump()
    differing = [name for name, value in wanted.items() if architecture.get(name, value) != value]
    if differing:
        there, here = (_listed({name: shape[name] for name in differing}) for shape in (architecture, wanted))
        yield Problem(key, f"is of another architecture ({there}); the study has {here}", str(path))


def _listed(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())
