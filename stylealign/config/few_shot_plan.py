"""The plan of few-shot fine-tuning: which trainings there are, and the model that each of them is."""

from dataclasses import dataclass
from itertools import product

from stylealign.config.few_shot import FewShot
from stylealign.config.models import Model, ResolvedModel, resolve_training
from stylealign.config.study import Study

UNTRAINED = "none"
"""In place of a method: a start as it is, trained on no images."""


@dataclass(frozen=True)
class Shots:
    """The trainings of one cell: one for each seed."""

    method: str  # or UNTRAINED
    num_images: int
    start: str


def asked(study: Study) -> FewShot:
    """How few-shot fine-tuning is studied; only studies that do so ask."""
    assert study.studies.few_shot is not None
    return study.studies.few_shot


def cells(study: Study) -> list[Shots]:
    """The cells that are trained, in declared order; none where the study is not made."""
    if study.studies.few_shot is None:
        return []
    few = asked(study)
    return [Shots(*cell) for cell in product(few.methods, few.num_images, few.starts)]


def untrained(study: Study) -> list[Shots]:
    """The starts as they are: what every training must improve on. D alone catches up, which no image shows."""
    if study.studies.few_shot is None:
        return []
    named = dict.fromkeys("adapted" if start == "catch_up" else start for start in asked(study).starts)
    return [Shots(UNTRAINED, 0, start) for start in named]


def measured(study: Study) -> list[Shots]:
    """All that is measured: a row of the table each."""
    return [*untrained(study), *cells(study)]


def start_model(study: Study, start: str) -> str | None:
    """The model whose pair a training starts from; none for the tuned pair, which is no model of the study."""
    few = asked(study)
    return {"parent": few.parent, "adapted": few.pretrained, "catch_up": few.pretrained}.get(start)


def is_tuned(study: Study) -> bool:
    """Whether a pair is tuned on generated images."""
    return study.studies.few_shot is not None and "tuned" in asked(study).starts


def training_name(method: str, num_images: int | str, start: str, seed: int | str) -> str:
    """What one training is called: with dots, so that no model of the study is called so."""
    return f"few_shot.{method}.{num_images}.{start}.{seed}"


def cell_of(name: str) -> Shots:
    """The cell of a training, from what :func:`training_name` made."""
    _, method, num_images, start, _ = name.split(".")
    return Shots(method, int(num_images), start)


TUNED_NAME = "few_shot.tuned"


def training(study: Study, method: str, num_images: int, start: str, seed: int) -> ResolvedModel:
    """The training of one cell and seed, as a model: a child of what it starts from."""
    few = asked(study)
    changed: dict[str, object] = {"num_images": num_images, "augment": "off", "freeze_d": 0}
    if method == "tgan_ada":
        changed |= {"augment": "on", "ada_kimg": few.ada_kimg}
    elif method == "freeze_d":
        changed |= {"freeze_d": few.freeze_d}
    elif method == "correspondence":
        changed |= {"correspondence": few.correspondence}
    if start == "catch_up":
        changed |= {"catch_up_kimg": few.catch_up_kimg}
    parent = start_model(study, start) or few.parent
    name = training_name(method, num_images, start, seed)
    return _resolved(study, name, parent, changed, few.total_kimg, seed)


def tuning(study: Study) -> ResolvedModel:
    """The training of the parent's pair on images of the adapted model."""
    few = asked(study)
    return _resolved(study, TUNED_NAME, few.parent, {}, few.tuned_kimg, study.seed)


def trainings(study: Study) -> list[ResolvedModel]:
    """All of these."""
    if study.studies.few_shot is None:
        return []
    tuned = [tuning(study)] if is_tuned(study) else []
    few = asked(study)
    each = [training(study, one.method, one.num_images, one.start, seed) for one in cells(study) for seed in few.seeds]
    return [*tuned, *each]


def _resolved(
    study: Study, name: str, parent: str, changed: dict[str, object], total_kimg: float, seed: int
) -> ResolvedModel:
    few = asked(study)
    child = Model(domain=few.target, parent=parent, total_kimg=total_kimg)
    plain = {"num_images": None, "catch_up_kimg": 0.0, "correspondence": None}
    shown = {"sample_kimg": (), "snapshot_kimg": ()}  # only the end
    settings = resolve_training(study.training, child).model_copy(update=plain | shown | changed)
    return ResolvedModel(
        name=name,
        domain=few.target,
        parent=parent,
        resolution=study.resolution,
        architecture=study.architecture,
        training=settings,
        total_kimg=total_kimg,
        seed=seed,
        study_seed=study.seed,
        samples=study.samples,
        device=study.device,
    )


def seeds(study: Study, method: str) -> tuple[int, ...]:
    """The seeds of a cell's trainings; what is not trained is measured once, with the first."""
    return asked(study).seeds if method != UNTRAINED else asked(study).seeds[:1]


def table_cells(study: Study) -> list[str]:
    """The table's one cell: a gain sets one training beside another."""
    return [] if study.studies.few_shot is None else ["study"]
