"""Mistakes in trainings on few images, and in the study of them, found before any job starts."""

from collections.abc import Iterator

from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import WorldDomain
from stylealign.config.few_shot import FewShot
from stylealign.config.models import Model, Training
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.lineage import ancestors, circles

KEY = "studies.few_shot"


def check_few_shot(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in these."""
    for name, model in sketch.models.items():
        if model is not None and model.checkpoint is None and model.adapt is None:
            yield from _check_training(sketch, name, model)
    if sketch.studies is not None and sketch.studies.few_shot is not None:
        yield from _check_study(sketch, sketch.studies.few_shot)


def _check_training(sketch: Sketch, name: str, model: Model) -> Iterator[Problem]:
    key, own = f"models.{name}.training", model.training.model_fields_set
    for setting in ("catch_up_kimg", "correspondence"):
        if model.parent is None and setting in own and getattr(model.training, setting):
            cure = "a root has no parent that this could be about; it is for children, drop it here"
            yield Problem(f"{key}.{setting}", cure)
    if sketch.training is None or model.parent is None:
        return
    training = sketch.training.updated(model.training)
    if training.catch_up_kimg and model.total_kimg is not None and training.catch_up_kimg >= model.total_kimg:
        cure = f"leaves nothing of total_kimg ({model.total_kimg:g}) for G to learn in; lower it"
        yield Problem(f"{key}.catch_up_kimg", cure, training.catch_up_kimg)
    if training.correspondence is not None and model.parent in sketch.models and _is_lowered(sketch, name, model):
        cure = "compares images with the parent's, which are of a higher resolution here; drop it, or `resolution`"
        yield Problem(f"{key}.correspondence", cure)
    yield from _check_number(sketch, f"{key}.num_images", model.domain, training)


def _is_lowered(sketch: Sketch, name: str, model: Model) -> bool:
    return model.parent is not None and sketch.resolution_of(name) < sketch.resolution_of(model.parent)


def _check_number(sketch: Sketch, key: str, domain: str, training: Training) -> Iterator[Problem]:
    if training.num_images is not None:
        yield from _check_images(sketch, key, domain, training.num_images)


def _check_images(sketch: Sketch, key: str, domain: str, num: int) -> Iterator[Problem]:
    """Of worlds it is known how many training images there are; of photographs only when they are read."""
    declared = sketch.domains.get(domain)
    if isinstance(declared, WorldDomain) and num > declared.num_train:
        yield Problem(key, f"domains.{domain} has {declared.num_train} training images (num_train); lower this", num)


def _check_study(sketch: Sketch, asked: FewShot) -> Iterator[Problem]:
    yield from _check_models(sketch, asked)
    if asked.target not in sketch.domains:
        yield Problem(
            f"{KEY}.target", f"there is no such domain; {nearest(asked.target, sketch.domains)}", asked.target
        )
    else:
        yield from check_judge_of(sketch, f"{KEY}.judge", "features", asked.judge, [asked.target])
        reader = "judge" if asked.distance_judge is None else "distance_judge"
        name = asked.distance_judge or asked.judge
        yield from check_judge_of(sketch, f"{KEY}.{reader}", "distance", name, [asked.target])
        for num in asked.num_images:
            yield from _check_images(sketch, f"{KEY}.num_images", asked.target, num)
    if "catch_up" in asked.starts and asked.catch_up_kimg >= asked.total_kimg:
        cure = f"leaves nothing of total_kimg ({asked.total_kimg:g}) for G to learn in; lower it"
        yield Problem(f"{KEY}.catch_up_kimg", cure, asked.catch_up_kimg)
    if asked.num_clusters * 2 > asked.num_gen:
        cure = f"is too many for num_gen ({asked.num_gen}) images: two in a cluster at least; lower this"
        yield Problem(f"{KEY}.num_clusters", cure, asked.num_clusters)


def _check_models(sketch: Sketch, asked: FewShot) -> Iterator[Problem]:
    """The pair of an adapted model is its own G with the D of whom it was adapted from."""
    for setting, name in (("parent", asked.parent), ("pretrained", asked.pretrained)):
        if name not in sketch.models:
            yield Problem(f"{KEY}.{setting}", f"there is no such model; {nearest(name, sketch.models)}", name)
        elif sketch.resolution is not None and name not in sketch.full_size():
            yield Problem(f"{KEY}.{setting}", "is of a lower resolution than the study; name one of its own", name)
    pretrained = sketch.models.get(asked.pretrained)
    if pretrained is None or asked.parent not in sketch.models or circles(sketch.parents()):
        return
    if pretrained.adapt is None:
        adapted = [name for name, model in sketch.models.items() if model is not None and model.adapt is not None]
        cure = f"is not adapted by text; name a model that has `adapt` ({', '.join(adapted) or 'none is declared'})"
        yield Problem(f"{KEY}.pretrained", cure, asked.pretrained)
    elif asked.parent not in ancestors(sketch.parents(), asked.pretrained):
        cure = f"is not adapted from {asked.parent} ({KEY}.parent), which the other start is; name one that is"
        yield Problem(f"{KEY}.pretrained", cure, asked.pretrained)
