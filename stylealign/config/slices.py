"""The slice of a study that one job depends on: what goes, as canonical JSON, into the job's tracked parameters.

A slice holds what can change the job's result and nothing else, so that a change of the study re-runs what it must.
"""

from typing import Any

from stylealign.config.domains import WorldDomain
from stylealign.config.judges import ColourJudge, EmbeddedJudge, Judge
from stylealign.config.study import Study
from stylealign.lineage import descendants, relatives

Slice = dict[str, Any]


def image_set(study: Study, domain: str) -> Slice:
    """What an image set depends on; photographs do not depend on the seed."""
    spec = study.domains[domain]
    seed = study.seed if isinstance(spec, WorldDomain) else 0
    return {"name": domain, "domain": spec.model_dump(mode="json"), "resolution": study.resolution, "seed": seed}


def training(study: Study, model: str) -> Slice:
    """What a model's training depends on."""
    return study.resolved_model(model).tracked()


def judge_training(study: Study, judge: str) -> Slice:
    """What an embedded judge's training depends on."""
    spec = study.judges[judge].model_dump(mode="json", exclude={"domains"})
    return {"judge": judge, "spec": spec, "domains": study.judge_domains(judge), "seed": study.seed}


def judge(study: Study, judge: str) -> Slice:
    """How a judge is built. Where its weights lie does not matter: the file itself is an input."""
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
    """What a collected table depends on, beside its parts."""
    comparison = study.studies.named().get(table_name)
    if comparison is None:
        return {"table": table_name, "models": list(study.models)}
    asked = comparison.model_dump(mode="json")
    return {"table": table_name, "models": list(study.models), "seed": study.seed, **asked}


def image_sets(study: Study) -> Slice:
    """What the table of image sets depends on, beside their summaries."""
    return {"domains": list(study.domains)}


def everything(study: Study) -> Slice:
    """The whole study, defaults included."""
    return study.canonical()


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


def training_priority(study: Study, model: str) -> int:
    """Trainings first; among them, those on which most others wait."""
    return 100 + len(descendants(study.parents(), model))
