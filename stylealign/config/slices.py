"""The slice of a study that one job depends on: what goes, as canonical JSON, into the job's tracked parameters.

A slice holds what can change the job's result and nothing else, so that a change of the study re-runs what it must.
"""

from typing import Any

from pydantic import TypeAdapter

from stylealign.config.domains import Domain, FolderDomain, WorldDomain, ZipDomain, num_images_at_most
from stylealign.config.judges import NUM_FEATURES, ColourJudge, EmbeddedJudge, Judge
from stylealign.config.study import Study
from stylealign.lineage import descendants, relatives
from stylealign.tables import IMAGE_SETS, TABLES

Slice = dict[str, Any]


def image_set(study: Study, domain: str) -> Slice:
    """What an image set depends on; photographs do not depend on the seed."""
    spec = study.domains[domain]
    seed = study.seed if isinstance(spec, WorldDomain) else 0
    settings = spec.model_dump(mode="json")
    if settings.get("labels"):
        settings["labels"] = list(settings["labels"].items())  # their order counts, and canonical JSON sorts keys
    return {"name": domain, "domain": settings, "resolution": study.resolution, "seed": seed}


def domain_of(image_set: Slice) -> WorldDomain | FolderDomain | ZipDomain:
    """The domain that a slice of :func:`image_set` describes."""
    settings = dict(image_set["domain"])
    if settings.get("labels"):
        settings["labels"] = dict(settings["labels"])
    return TypeAdapter[WorldDomain | FolderDomain | ZipDomain](Domain).validate_python(settings)


def training(study: Study, model: str) -> Slice:
    """What a model's training depends on."""
    return study.resolved_model(model).tracked()


def adoption(study: Study, model: str) -> Slice:
    """What a finished checkpoint, as a model of the study, depends on: no setting of training."""
    return {name: value for name, value in training(study, model).items() if name != "training"}


def judge_training(study: Study, judge: str) -> Slice:
    """What an embedded judge's training depends on."""
    spec = study.judges[judge].model_dump(mode="json", exclude={"domains"})
    return {"judge": judge, "spec": spec, "domains": study.judge_domains(judge), "seed": study.seed}


def judge(study: Study, judge: str) -> Slice:
    """How a judge is built. Its weights are a file, and Snakemake watches the files of a job itself."""
    spec = study.judges[judge].model_dump(mode="json", exclude={"weights", "download", "domains"})
    return {"judge": judge, "spec": spec}


def judge_weights(study: Study, judge: str) -> Slice:
    """Where a judge's weights are fetched from."""
    return {"judge": judge, "spec": study.judges[judge].model_dump(mode="json", include={"download"})}


def weights_source(spec: Judge) -> str:
    """Where a judge's weights come from: ``trained`` here, ``fetched``, a path, or nowhere (empty)."""
    if isinstance(spec, EmbeddedJudge):
        return "trained"
    if isinstance(spec, ColourJudge):
        return ""
    return "fetched" if spec.download is not None else str(spec.weights)


def domain_features(study: Study, domain: str, judge_name: str) -> Slice:
    """What a judge's view of an image set depends on."""
    return {**judge(study, judge_name), "domain": domain}


def model_features(study: Study, model: str, judge_name: str) -> Slice:
    """What a judge's view of a model depends on."""
    num, psi = study.num_judged(judge_name), study.judged_psi(judge_name)
    return {**judge(study, judge_name), "model": model, "num": num, "truncation_psi": psi, "seed": study.seed}


def model_quality(study: Study, model: str) -> Slice:
    """What a model's rows of model_quality depend on."""
    quality = study.studies.model_quality
    assert quality is not None
    measured = {"own_domain": study.models[model].domain, "domains": study.measured_domains()}
    return {"model": model, "judge": quality.judge, "split": quality.split, "seed": study.seed, **measured}


def mapping_drift(study: Study, model: str) -> Slice:
    """What a model's rows of mapping_drift depend on."""
    drift = study.studies.mapping_drift
    assert drift is not None
    return {**_pairs(study, model), "num_z": drift.num_z}


def component_reset(study: Study, model: str) -> Slice:
    """What a model's rows of component_reset depend on."""
    reset = study.studies.component_reset
    assert reset is not None
    shown = study.samples.model_dump(mode="json")
    return {**_reset(study, model, reset.judge), **reset.model_dump(mode="json", exclude={"judge"}), "samples": shown}


def layer_reset(study: Study, model: str) -> Slice:
    """What a model's rows of layer_reset depend on."""
    reset = study.studies.layer_reset
    assert reset is not None
    return {**_reset(study, model, reset.judge), **reset.model_dump(mode="json", exclude={"judge"})}


def attribute_alignment(study: Study, model: str) -> Slice:
    """What a model's rows of attribute_alignment depend on."""
    alignment = study.studies.attribute_alignment
    assert alignment is not None
    pairs = _pairs(study, model)
    domains = {name: study.models[name].domain for name, _ in pairs["relatives"]}
    where = {"domain": study.models[model].domain, "domains": domains}
    return {**pairs, **where, "judge": alignment.judge, "num_z": alignment.num_z}


def _pairs(study: Study, model: str) -> Slice:
    return {"model": model, "relatives": relatives(study.parents(), model), "seed": study.seed}


def _reset(study: Study, model: str, judge_name: str) -> Slice:
    return {**judge(study, judge_name), "model": model, "parent": study.models[model].parent, "seed": study.seed}


def table(study: Study, table_name: str) -> Slice:
    """What a collected table depends on, beside its parts: its declaration too, whose module no digest holds."""
    made = {"table": table_name, "models": list(study.models), "declaration": repr(TABLES[table_name])}
    comparison = study.studies.named().get(table_name)
    return made if comparison is None else {**made, "seed": study.seed, **comparison.model_dump(mode="json")}


def image_sets(study: Study) -> Slice:
    """What the table of image sets depends on, beside their summaries."""
    return {"domains": list(study.domains), "columns": IMAGE_SETS.column_names()}


def everything(study: Study) -> Slice:
    """The whole study, defaults included, as the text of a config file: canonical JSON would lose its order."""
    return {"yaml": study.as_yaml()}


def figure(study: Study) -> Slice:
    """What a figure depends on, beside its tables and samples: who descends from whom, in which order."""
    return {"parents": list(study.parents().items())}  # a list: canonical JSON sorts the keys of a mapping


CELL_TABLES = ("model_quality", "mapping_drift", "component_reset", "layer_reset", "attribute_alignment")


def measured_models(study: Study, table_name: str) -> list[str]:
    """The models that have rows in a table of comparisons."""
    parents = study.parents()
    if table_name in ("component_reset", "layer_reset"):
        return [model for model, parent in parents.items() if parent is not None]
    if table_name in ("mapping_drift", "attribute_alignment"):
        return [model for model in parents if relatives(parents, model)]
    return list(parents)


def asked_judges(study: Study) -> list[str]:
    """The judges that some comparison asks, in declared order."""
    asked = {getattr(comparison, "judge", None) for comparison in study.studies.named().values()}
    return [name for name in study.judges if name in asked]


def trained_judges(study: Study) -> list[str]:
    """The asked judges that are trained here."""
    return [name for name in asked_judges(study) if isinstance(study.judges[name], EmbeddedJudge)]


def tables(study: Study) -> list[str]:
    """The tables a study makes."""
    made = [name for name in CELL_TABLES if name in study.studies.named()]
    return [*made, "training", *(["judge_quality"] if trained_judges(study) else []), "image_sets"]


FIGURES_OF_TABLES = ("mapping_drift", "component_reset", "layer_reset", "model_quality", "attribute_alignment")


def figures(study: Study) -> list[str]:
    """The figures a study makes."""
    curves = ["training_curves", "progress"] if study.trained() else []
    return ["family", *curves, *(name for name in FIGURES_OF_TABLES if name in study.studies.named())]


def quality_sizes(study: Study) -> tuple[int, int, int]:
    """What the memory of model_quality grows with: generated images, real ones of the largest domain, features."""
    quality = study.studies.model_quality
    assert quality is not None
    num_real = max(num_images_at_most(study.domains[name]) for name in study.measured_domains())
    return study.num_judged(quality.judge), num_real, NUM_FEATURES[study.judges[quality.judge].kind]


def judge_sizes(study: Study, judge: str) -> tuple[int, int]:
    """What the memory of a judge's training grows with: the images it may see, their pixels."""
    num = sum(num_images_at_most(study.domains[name]) for name in study.judge_domains(judge))
    return num, study.resolution


def training_priority(study: Study, model: str) -> int:
    """Trainings first; among them, those on which most others wait."""
    return 100 + len(descendants(study.parents(), model))
