# Names and look-ups that the rules share. Everything that thinks is in the package, where it is tested.
from functools import cache
from pathlib import Path

from snakemake.utils import min_version

from stylealign import resources as needs
from stylealign.config import application_plan, inversion_plan, inversion_slices, plan, slices
from stylealign.config.inversion import SPACES
from stylealign.config.load import read_study
from stylealign.config.yaml_file import read_yaml
from stylealign.data.recipe import RECIPE as IMAGE_SET_RECIPE
from stylealign.errors import ConfigError
from stylealign.provenance import canonical_json, code_digest, listing_digest, versions
from stylealign.columns import (
    ALIGNMENT,
    APPLICATIONS,
    CHANNELS_SECTION,
    MODELS,
    REPRODUCIBILITY,
    TRANSFER,
    TRANSLATION_SECTION,
)
from stylealign.tables import TABLES
from stylealign.training.recipe import RECIPE

min_version("9.19")


def described_study():
    """The study of `--configfile` (several: later ones laid over the first) and `--config`, else of config.yaml."""
    first, *others = workflow.configfiles or ["config.yaml"]
    try:
        return read_study(first, *map(read_yaml, others), dict(workflow.config_settings.config))
    except ConfigError as error:
        raise SystemExit(str(error))


study = described_study()

if not workflow.configfiles:

    configfile: "config.yaml"


# The whole study, defaults included, for the report's captions; and what cannot change a result, which travels beside
# the tracked parameters.
config.update(study.canonical())
config["untracked"] = {name: study.resolved_model(name).untracked() for name in study.models}
config["device"] = study.device
config["maps_budget_gb"] = plan.maps_budget(study)
config["encoder_checkpoint_kimg"] = inversion_plan.checkpoint_kimg(study)

ON_GPU = needs.wants_gpu(study.device, needs.gpu_is_present())


def any_of(names):
    return "|".join(names) or "(?!)"


wildcard_constraints:
    domain=any_of(study.domains),
    model=any_of(study.models),
    judge=any_of(study.judges),
    table=any_of(plan.tables(study)),
    shard=r"\d+",
    image_set=any_of(study.domains),
    method=any_of(inversion_plan.asked(study).methods if inversion_plan.inverts(study) else []),
    space=any_of(SPACES),
    start="parent|random",
    direction=any_of(application_plan.directions(study)),
    morph=any_of(application_plan.morphs(study)),


def spec(slice_of, *wildcard_names):
    """A job's slice of the study as canonical JSON."""

    def of(wildcards):
        return canonical_json(slice_of(study, *(wildcards[name] for name in wildcard_names)))

    return of


@cache
def digest_of_script(script):
    return code_digest(Path(workflow.basedir) / "workflow_scripts" / f"{script}.py")


def code(script):
    """Digest of a script and of all it reaches, found when a job asks: one on a cluster reads this file twice more."""
    return lambda wildcards: digest_of_script(script)


def memory(base_mb):
    return lambda wildcards, attempt: needs.mem_mb(base_mb, attempt)


def minutes(base):
    return lambda wildcards, attempt: needs.runtime_min(base, attempt)


def resource_of_rule(rule_name, resource):
    """What `--set-resources` or a profile gives a rule of a resource that other needs of it grow with; else 1."""
    try:
        return needs.overridden(workflow.resource_settings.overwrite_resources, rule_name, resource)
    except ConfigError as error:
        raise SystemExit(str(error))


# A training may be shared by several processes: `--set-resources train:processes=2`, or the same in a profile. What grows
# with their number reads it here.
PROCESSES = resource_of_rule("train", "processes")
SHARED = {"processes": PROCESSES, "gpu": int(ON_GPU) * PROCESSES}

# What a job asks for that reads tables and draws or joins them.
SMALL = {"mem_mb": memory(1000), "runtime": minutes(10)}


def quality_memory(wildcards, attempt):
    return needs.mem_mb(needs.features_mem_mb(*plan.quality_sizes(study)), attempt)


def judge_memory(wildcards, attempt):
    return needs.mem_mb(needs.judge_mem_mb(*plan.judge_sizes(study, wildcards.judge)), attempt)


def training_memory(wildcards, attempt):
    training = study.resolved_model(wildcards.model).training
    sizes = (
        study.resolution_of(wildcards.model),
        training.batch_size,
        study.architecture.channel_base,
        training.memory_budget_gb,
    )
    return min(needs.mem_mb(needs.training_mem_mb(*sizes), attempt) * PROCESSES, needs.MEM_CAP_MB)


def maps_memory(wildcards, attempt):
    return needs.mem_mb(needs.maps_mem_mb(*plan.maps_sizes(study)), attempt)


def training_minutes(wildcards, attempt):
    kimg = study.models[wildcards.model].total_kimg
    resolution = study.resolution_of(wildcards.model)
    return needs.runtime_min(needs.training_runtime_min(kimg, resolution, ON_GPU), attempt)


def training_priority(wildcards):
    return plan.training_priority(study, wildcards.model)


def shown(page, category=None):
    """A figure's page in the report, with its caption; under the heading of its table, unless another is given."""
    figure = Path(page).stem
    caption = f"../docs/report/figures/{figure}.rst"
    return report(
        page,
        caption=caption,
        category=category or TABLES[figure].section,
        labels={"result": figure, "as": "figure"},
    )


def paper_section_of_table(wildcards):
    """The report's heading for a table."""
    return TABLES[wildcards.table].section


# Files, by what they belong to. Each takes a path with the name of its wildcard in it.


def for_domains(path, domains=None):
    return expand(path, domain=study.domains if domains is None else domains)


def for_measured_domains(comparison, path):
    """The files of the domains that model_quality compares with, as its judge saw them."""
    return for_domains(with_judge_of(comparison, path), study.measured_domains())


def for_models(path, models=None):
    return expand(path, model=study.models if models is None else models)


def for_tables(path, tables=None):
    return expand(path, table=plan.tables(study) if tables is None else tables)


def for_figures(path):
    return expand(path, figure=plan.figures(study))


def for_judges(path):
    return expand(path, judge=plan.trained_judges(study))


def of_domain(path):
    """The file of the wildcard model's domain."""
    return lambda wildcards: path.format(domain=study.models[wildcards.model].domain)


def source_of_domain(wildcards):
    """The photographs of a domain and their masks; nothing for a world."""
    domain = study.domains[wildcards.domain]
    return [str(path) for path in (getattr(domain, "path", None), getattr(domain, "regions", None)) if path]


def listing_of_domain(wildcards):
    """Digest of what lies under a domain's photographs and masks: Snakemake sees only the top folder's time."""
    return listing_digest(*source_of_domain(wildcards))


def checkpoint_of_model(wildcards):
    return str(study.models[wildcards.model].checkpoint)


def pair_beside_checkpoint(wildcards):
    """The training pair of an adopted model of ours, where there is one; others' lies in the checkpoint itself."""
    file = study.models[wildcards.model].checkpoint
    pair = file.with_name("pair.safetensors")
    return str(pair) if file.suffix == ".safetensors" and pair.is_file() else []


def of_parent(path):
    """The file of the wildcard model's parent; none for a root."""

    def of(wildcards):
        parent = study.models[wildcards.model].parent
        return [] if parent is None else path.format(parent=parent)

    return of


def of_relatives(comparison, path):
    """The files of those that a comparison sets beside the wildcard model."""

    def of(wildcards):
        return [path.format(relative=name) for name, _ in plan.beside(study, comparison, wildcards.model)]

    return of


def of_kin(path):
    """The files of those that the wildcard model's channels and edits are compared with."""
    return lambda wildcards: [path.format(relative=name) for name, _ in plan.kin(study, wildcards.model)]


def of_parsed_kin(path):
    """The same, of those whose regions are found."""
    return lambda wildcards: [path.format(relative=name) for name, _ in plan.parsed_kin(study, wildcards.model)]


def of_children(path):
    """The files of the wildcard model's children whose regions are found."""
    return lambda wildcards: [path.format(child=name) for name in plan.parsed_children(study, wildcards.model)]


def of_shards(path):
    """The files of the wildcard model's shards."""
    return lambda wildcards: expand(path, model=wildcards.model, shard=plan.shards(study))


def of_reference(path):
    """The file of the model whose channels and directions the pictures of edits use."""
    return path.format(model=plan.reference(study))


def labelled(path):
    """The files of the domains that the wildcard judge is trained on."""
    return lambda wildcards: [path.format(domain=name) for name in study.judge_domains(wildcards.judge)]


def with_judge_of(comparison, path):
    """A path with the judge that a comparison asks; nothing where the comparison is not made."""
    asked = getattr(study.studies, comparison)
    return [] if asked is None else path.replace("{judge}", asked.judge)


def weights_file(judge):
    """What a judge reads: trained here, fetched here, a file of the user's, or nothing."""
    source = plan.weights_source(study.judges[judge])
    made = {
        "trained": f"results/judges/{judge}/judge.safetensors",
        "fetched": f"results/judges/{judge}/weights",
    }
    return made.get(source, source) or []


def weights(wildcards):
    """What the wildcard judge reads."""
    return weights_file(wildcards.judge)


def weights_of(comparison):
    """What the judge that a comparison asks reads."""
    asked = getattr(study.studies, comparison)
    return [] if asked is None else weights_file(asked.judge)


def weights_of_parser(wildcards):
    """What the region parser of the wildcard model reads."""
    return weights_file(plan.parser(study, wildcards.model))


def listing_of_parser(wildcards):
    """Digest of what lies in the folder of weights that parser is given, if it is: Snakemake sees only its own time."""
    folder = getattr(study.judges[plan.parser(study, wildcards.model)], "weights", None)
    return listing_digest(folder) if folder is not None and folder.is_dir() else ""


def quality_of_parser(wildcards):
    """How well that parser reads images, where it is trained here."""
    return quality_file(plan.parser(study, wildcards.model))


def quality_of(comparison):
    """How well the judge that a comparison asks reads images, where it is trained here."""
    asked = getattr(study.studies, comparison)
    return [] if asked is None else quality_file(asked.judge)


def quality_file(judge):
    return f"results/judges/{judge}/quality.parquet" if judge in plan.trained_judges(study) else []


def parts_of_table(wildcards):
    """The files that a table is collected from."""
    if wildcards.table == "training":
        return for_models("results/models/{model}/cost.parquet", study.trained())
    if wildcards.table == "image_sets":
        return ["results/cells/image_sets/study.parquet"]
    if wildcards.table == "judge_quality":
        return expand("results/judges/{judge}/quality.parquet", judge=plan.trained_judges(study))
    models = plan.measured_models(study, wildcards.table)
    return expand("results/cells/{table}/{model}.parquet", table=wildcards.table, model=models)


include: "common_inversion.smk"
include: "common_applications.smk"
include: "common_adaptation.smk"
