"""The slice of a study that one job depends on: what goes, as canonical JSON, into the job's tracked parameters.

A slice holds what can change the job's result and nothing else, so that a change of the study re-runs what it must.
"""

from typing import Any

from pydantic import TypeAdapter

from stylealign.config import plan
from stylealign.config.adaptation import Adaptation
from stylealign.config.domains import Domain, FolderDomain, WorldDomain, ZipDomain
from stylealign.config.section import Section, unsaid_keys
from stylealign.config.studies import ChannelEdit
from stylealign.config.study import Study
from stylealign.tables import IMAGE_SETS, TABLES

Slice = dict[str, Any]


def image_set(study: Study, domain: str) -> Slice:
    """What an image set depends on; photographs do not depend on the seed."""
    spec = study.domains[domain]
    seed = study.seed if isinstance(spec, WorldDomain) else 0
    settings = spec.model_dump(mode="json", exclude=unsaid_keys(spec))
    if settings["transform"] is None:
        del settings["transform"]  # an undisturbed image set is what it was before there were transforms
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


def clip_training(study: Study, judge: str) -> Slice:
    """What the training of a CLIP of the study's own depends on."""
    spec = study.judges[judge].model_dump(mode="json", exclude={"domains"})
    return {"judge": judge, "spec": spec, "domains": study.clip_domains(judge), "seed": study.seed}


def judge(study: Study, judge: str) -> Slice:
    """How a judge is built. Its weights are a file, and Snakemake watches the files of a job itself."""
    spec = study.judges[judge].model_dump(mode="json", exclude={"weights", "download", "domains"})
    return {"judge": judge, "spec": spec}


def judge_weights(study: Study, judge: str) -> Slice:
    """Where a judge's weights are fetched from."""
    return {"judge": judge, "spec": study.judges[judge].model_dump(mode="json", include={"download"})}


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
    return {**_pairs(study, "mapping_drift", model), "num_z": drift.num_z}


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
    pairs = _pairs(study, "attribute_alignment", model)
    domains = {name: study.read_as(name, alignment.judge) for name, _ in pairs["relatives"]}
    where = {"domain": study.read_as(model, alignment.judge), "domains": domains}
    return {**pairs, **where, "judge": alignment.judge, "num_z": alignment.num_z}


def channel_maps(study: Study, model: str, shard: str) -> Slice:
    """What the channel maps of one shard of a model's images depend on."""
    maps = study.studies.channel_maps
    assert maps is not None
    per_job = maps.images_per_job or maps.num_images
    first = int(shard) * per_job
    which = {"model": model, "first": first, "num_images": min(per_job, maps.num_images - first)}
    return {**which, "truncation_psi": maps.truncation_psi, "grid": maps.grid, "seed": study.seed}


def localized_channels(study: Study, model: str) -> Slice:
    """What a model's localized channels depend on, beside its maps."""
    name = plan.parser(study, model)
    domain = study.read_as(model, name)
    made = {**judge(study, name), "model": model, "seed": study.seed, "thresholds": thresholds(study)}
    known = study.judge_domains(name) if name in plan.trained_judges(study) else [domain]
    return {**made, "domain": domain if domain in known else known[0]}  # whose held-out images tell its IoU


def thresholds(study: Study) -> Slice:
    localized = study.studies.localized_channels
    assert localized is not None
    return localized.model_dump(mode="json", exclude={"judge", "judge_of", "domains"})


def channel_overlap(study: Study, model: str) -> Slice:
    """What a model's rows of channel_overlap depend on."""
    return {
        "model": model,
        "relatives": plan.parsed_kin(study, model),
        "thresholds": thresholds(study),
        "seed": study.seed,
    }


def channel_fate(study: Study, model: str) -> Slice:
    """What the fate of channels in a model, and on in its children, depends on."""
    line = {"model": model, "parent": study.models[model].parent, "grandchildren": plan.parsed_children(study, model)}
    return {**line, "thresholds": thresholds(study), "seed": study.seed}


def attribute_channels(study: Study, model: str) -> Slice:
    """What a model's rows of attribute_channels depend on."""
    return _judged(study, model, study.studies.attribute_channels)


def channel_effects(study: Study, model: str) -> Slice:
    """What a model's rows of channel_effects depend on."""
    asked = study.studies.channel_effects
    assert asked is not None
    settings = asked.model_dump(mode="json", exclude={"judge"})
    about = {"model": model, "domain": study.read_as(model, asked.judge), "seed": study.seed}
    return {**judge(study, asked.judge), **about, **settings}


def boundaries(study: Study, model: str) -> Slice:
    """What a model's boundaries depend on."""
    return _judged(study, model, study.studies.boundaries)


def _judged(study: Study, model: str, asked: Section | None) -> Slice:
    """What is made of a model's judged attributes depends on: all that the comparison says."""
    assert asked is not None
    settings = asked.model_dump(mode="json")
    return {"model": model, "domain": study.read_as(model, settings["judge"]), "seed": study.seed, **settings}


def effect_agreement(study: Study, model: str) -> Slice:
    """What a model's rows of effect_agreement depend on."""
    asked = study.studies.effect_agreement
    assert asked is not None
    kin = plan.kin(study, model)
    pairs = {"model": model, "relatives": kin, "seed": study.seed}
    domains = {name: study.read_as(name, asked.judge) for name in [model, *(name for name, _ in kin)]}
    settings = asked.model_dump(mode="json", exclude={"judge"})
    return {**judge(study, asked.judge), **pairs, "domains": domains, **settings}


def manipulations(study: Study, model: str) -> Slice:
    """What a model's pictures of edits depend on."""
    asked = study.studies.manipulations
    assert asked is not None
    settings = {**asked.model_dump(mode="json"), "reference": plan.reference(study)}
    settings["edits"] = [_edit(edit) for edit in asked.edits]
    return {"model": model, "seed": study.seed, **settings}


def _edit(edit: ChannelEdit) -> Slice:
    """An edit of a picture, its channels as a list: canonical JSON sorts the keys of a mapping."""
    settings = edit.model_dump(mode="json", exclude=unsaid_keys(edit))
    return {**settings, "channels": list(settings["channels"].items())}


def _pairs(study: Study, comparison: str, model: str) -> Slice:
    return {"model": model, "relatives": plan.beside(study, comparison, model), "seed": study.seed}


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


def channel_maps_figure(study: Study) -> Slice:
    """What the figure channel_maps depends on: beside :func:`figure`, the models whose regions are found."""
    return {**figure(study), "models": plan.parsed(study)}


def manipulations_figure(study: Study) -> Slice:
    """What the figure manipulations depends on: beside :func:`figure`, the latent codes it shows."""
    asked = study.studies.manipulations
    assert asked is not None
    return {"parents": list(study.full_size().items()), "num": asked.num}


def figure(study: Study) -> Slice:
    """What a figure depends on, beside its tables and samples: who descends from whom, in which order."""
    return {"parents": list(study.parents().items())}  # a list: canonical JSON sorts the keys of a mapping


def family(study: Study) -> Slice:
    """What the figure of the whole family depends on: of an adapted model also by what it was."""
    told = {name: _adapted_by(adapt) for name, model in study.models.items() if (adapt := model.adapt) is not None}
    return figure(study) | ({"notes": told} if told else {})


def _adapted_by(adapt: Adaptation) -> str:
    if adapt.num_images is not None:
        return f"by {adapt.num_images} image{'s' * (adapt.num_images > 1)}"
    return "by images" if adapt.is_by_images else "by text"
