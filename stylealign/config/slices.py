"""The slice of a study that one job depends on: what goes, as canonical JSON, into the job's tracked parameters.

A slice holds what can change the job's result and nothing else, so that a change of the study re-runs what it must.
"""

from typing import Any

from pydantic import TypeAdapter

from stylealign.config.domains import Domain, FolderDomain, WorldDomain, ZipDomain, num_images_at_most
from stylealign.config.judges import NUM_FEATURES, ColourJudge, EmbeddedJudge, Judge
from stylealign.config.studies import COMPARING, OF_CHILDREN
from stylealign.config.study import Study
from stylealign.lineage import descendants, relatives
from stylealign.resources import conv_channels
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


def channel_maps(study: Study, model: str, shard: str) -> Slice:
    """What the channel maps of one shard of a model's images depend on."""
    maps = study.studies.channel_maps
    assert maps is not None
    per_job = maps.images_per_job or maps.num_images
    first = int(shard) * per_job
    which = {"model": model, "first": first, "num_images": min(per_job, maps.num_images - first)}
    return {**which, "truncation_psi": maps.truncation_psi, "grid": maps.grid, "seed": study.seed}


def maps_budget(study: Study) -> float:
    """Memory for the derivatives of one image, in GB: no result depends on it."""
    return 0.0 if study.studies.channel_maps is None else study.studies.channel_maps.memory_budget_gb


def shards(study: Study) -> list[str]:
    """The shards that a model's images are divided into for channel maps."""
    maps = study.studies.channel_maps
    per_job = None if maps is None else maps.images_per_job or maps.num_images
    return [] if maps is None or per_job is None else [str(part) for part in range(-(-maps.num_images // per_job))]


def parser(study: Study, model: str) -> str:
    """The judge that finds the regions of a model's images."""
    localized = study.studies.localized_channels
    assert localized is not None
    return localized.judge_of.get(study.models[model].domain, localized.judge)


def localized_channels(study: Study, model: str) -> Slice:
    """What a model's localized channels depend on, beside its maps."""
    name, domain = parser(study, model), study.models[model].domain
    made = {**judge(study, name), "model": model, "seed": study.seed, "thresholds": _thresholds(study)}
    known = study.judge_domains(name) if name in trained_judges(study) else [domain]
    return {**made, "domain": domain if domain in known else known[0]}  # whose held-out images tell its IoU


def _thresholds(study: Study) -> Slice:
    localized = study.studies.localized_channels
    assert localized is not None
    return localized.model_dump(mode="json", exclude={"judge", "judge_of"})


def kin(study: Study, model: str) -> list[tuple[str, str]]:
    """Whom a model's channels and edits are compared with: its ancestors; for a root, the roots declared before it."""
    found = relatives(study.parents(), model)
    return [pair for pair in found if pair[1] != "unrelated" or study.models[model].parent is None]


def children(study: Study, model: str) -> list[str]:
    """A model's children, in declared order."""
    return [name for name, parent in study.parents().items() if parent == model]


def channel_overlap(study: Study, model: str) -> Slice:
    """What a model's rows of channel_overlap depend on."""
    return {"model": model, "relatives": kin(study, model), "thresholds": _thresholds(study), "seed": study.seed}


def channel_fate(study: Study, model: str) -> Slice:
    """What the fate of channels in a model, and on in its children, depends on."""
    line = {"model": model, "parent": study.models[model].parent, "grandchildren": children(study, model)}
    return {**line, "thresholds": _thresholds(study), "seed": study.seed}


def attribute_channels(study: Study, model: str) -> Slice:
    """What a model's rows of attribute_channels depend on."""
    asked = study.studies.attribute_channels
    assert asked is not None
    return {"model": model, "domain": study.models[model].domain, "seed": study.seed, **asked.model_dump(mode="json")}


def channel_effects(study: Study, model: str) -> Slice:
    """What a model's rows of channel_effects depend on."""
    asked = study.studies.channel_effects
    assert asked is not None
    settings = asked.model_dump(mode="json", exclude={"judge"})
    about = {"model": model, "domain": study.models[model].domain, "seed": study.seed}
    return {**judge(study, asked.judge), **about, **settings}


def boundaries(study: Study, model: str) -> Slice:
    """What a model's boundaries depend on."""
    asked = study.studies.boundaries
    assert asked is not None
    return {"model": model, "domain": study.models[model].domain, "seed": study.seed, **asked.model_dump(mode="json")}


def effect_agreement(study: Study, model: str) -> Slice:
    """What a model's rows of effect_agreement depend on."""
    asked = study.studies.effect_agreement
    assert asked is not None
    pairs = {**_pairs(study, model), "relatives": kin(study, model)}
    domains = {name: study.models[name].domain for name in [model, *(name for name, _ in pairs["relatives"])]}
    settings = asked.model_dump(mode="json", exclude={"judge"})
    return {**judge(study, asked.judge), **pairs, "domains": domains, **settings}


def reference(study: Study) -> str:
    """The model whose channels and boundaries the pictures of edits use."""
    asked = study.studies.manipulations
    return next(iter(study.models)) if asked is None or asked.reference is None else asked.reference


def manipulations(study: Study, model: str) -> Slice:
    """What a model's pictures of edits depend on."""
    asked = study.studies.manipulations
    assert asked is not None
    settings = {**asked.model_dump(mode="json"), "reference": reference(study)}
    settings["edits"] = [{**edit, "channels": list(edit["channels"].items())} for edit in settings["edits"]]
    return {"model": model, "seed": study.seed, **settings}


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


CELL_TABLES = (
    "model_quality",
    "mapping_drift",
    "component_reset",
    "layer_reset",
    "attribute_alignment",
    "localized_channels",
    "channel_overlap",
    "channel_fate",
    "attribute_channels",
    "channel_effects",
    "boundaries",
    "effect_agreement",
)


def measured_models(study: Study, table_name: str) -> list[str]:
    """The models that have rows in a table of comparisons."""
    parents = study.parents()
    if table_name in OF_CHILDREN:
        return [model for model, parent in parents.items() if parent is not None]
    if table_name in ("channel_overlap", "effect_agreement"):
        return [model for model in parents if kin(study, model)]
    if table_name in COMPARING:
        return [model for model in parents if relatives(parents, model)]
    if table_name == "channel_effects":  # those whose edits others are given
        edited = {reference(study), *(name for model in parents for name, _ in kin(study, model))}
        return [model for model in parents if model in edited]
    return list(parents)


def asked_judges(study: Study) -> list[str]:
    """The judges that some comparison asks, in declared order."""
    asked = {getattr(comparison, "judge", None) for comparison in study.studies.named().values()}
    localized = study.studies.localized_channels
    asked |= set() if localized is None else set(localized.judge_of.values())
    return [name for name in study.judges if name in asked]


def trained_judges(study: Study) -> list[str]:
    """The asked judges that are trained here."""
    return [name for name in asked_judges(study) if isinstance(study.judges[name], EmbeddedJudge)]


def tables(study: Study) -> list[str]:
    """The tables a study makes."""
    made = [name for name in CELL_TABLES if name in study.studies.named()]
    return [*made, "training", *(["judge_quality"] if trained_judges(study) else []), "image_sets"]


FIGURES_OF_STUDIES = (
    "mapping_drift",
    "component_reset",
    "layer_reset",
    "model_quality",
    "attribute_alignment",
    "channel_maps",
    "channel_overlap",
    "channel_fate",
    "manipulations",
    "effect_agreement",
)


def figures(study: Study) -> list[str]:
    """The figures a study makes."""
    curves = ["training_curves", "progress"] if study.trained() else []
    made = [name for name in FIGURES_OF_STUDIES if name in study.studies.named()]
    if study.studies.localized_channels is None:
        made = [name for name in made if name != "channel_maps"]
    return ["family", *curves, *made]


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


def maps_sizes(study: Study) -> tuple[int, int, int, float]:
    """What the memory of channel maps grows with: images, channels, cells a side, the budget."""
    maps = study.studies.channel_maps
    assert maps is not None
    shape = study.architecture
    num_channels = conv_channels(study.resolution, shape.channel_base, shape.channel_max)
    return maps.num_images, num_channels, min(maps.grid, study.resolution), maps.memory_budget_gb


def training_priority(study: Study, model: str) -> int:
    """Trainings first; among them, those on which most others wait."""
    return 100 + len(descendants(study.parents(), model))
