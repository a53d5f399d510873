"""The plan of a study: which tables and figures it makes, of which models, compared with whom, of what size."""

from collections.abc import Set

from stylealign.config import adaptation_plan, application_plan, inversion_plan
from stylealign.config.domains import num_images_at_most
from stylealign.config.judges import NUM_FEATURES, ColourJudge, EmbeddedClip, EmbeddedJudge, Judge
from stylealign.config.studies import COMPARING, OF_ANY_RESOLUTION, OF_CHILDREN
from stylealign.config.study import Study
from stylealign.lineage import descendants, relatives
from stylealign.resources import conv_channels


def weights_source(spec: Judge) -> str:
    """Where a judge's weights come from: ``trained`` here, ``fetched``, a path, or nowhere (empty)."""
    if isinstance(spec, EmbeddedJudge | EmbeddedClip):
        return "trained"
    if isinstance(spec, ColourJudge):
        return ""
    return "fetched" if spec.download is not None else str(spec.weights)


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


def compared(study: Study, table_name: str) -> dict[str, str | None]:
    """The models that a comparison may look at, each with its parent, in declared order."""
    return study.parents() if table_name in OF_ANY_RESOLUTION else study.full_size()


def beside(study: Study, table_name: str, model: str) -> list[tuple[str, str]]:
    """Whom a comparison sets beside a model: its ancestors and the controls, with what it is to them."""
    return relatives(compared(study, table_name), model)


def snapshotted(study: Study) -> list[str]:
    """The trained models of which snapshots are kept."""
    return [name for name in study.trained() if study.resolved_model(name).training.snapshot_kimg]


def kin(study: Study, model: str) -> list[tuple[str, str]]:
    """Whom a model's channels and edits are compared with: its ancestors; for a root, the roots declared before it."""
    found = relatives(study.full_size(), model)
    return [pair for pair in found if pair[1] != "unrelated" or study.models[model].parent is None]


def parsed(study: Study) -> list[str]:
    """The models whose regions are found, in declared order."""
    localized = study.studies.localized_channels
    if localized is None:
        return []
    chosen = localized.domains
    return [name for name in study.full_size() if chosen is None or study.models[name].domain in chosen]


def parsed_kin(study: Study, model: str) -> list[tuple[str, str]]:
    """Those of :func:`kin` whose regions are found."""
    found = set(parsed(study))
    return [(name, relation) for name, relation in kin(study, model) if name in found]


def parsed_children(study: Study, model: str) -> list[str]:
    """A model's children whose regions are found, in declared order."""
    return [name for name in parsed(study) if study.models[name].parent == model]


def reference(study: Study) -> str:
    """The model whose channels and boundaries the pictures of edits use."""
    asked = study.studies.manipulations
    return next(iter(study.full_size())) if asked is None or asked.reference is None else asked.reference


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
    "inversion_quality",
    "encoder_finetune",
    "translation",
    "reference_translation",
    *application_plan.CELLS,
    *adaptation_plan.CELLS,
)


PARSING = ("localized_channels", "channel_overlap", "channel_fate")


def measured_models(study: Study, table_name: str) -> list[str]:
    """The models (or directions) that have rows in a table of comparisons."""
    parents = compared(study, table_name)
    if table_name in application_plan.CELLS:
        return application_plan.CELLS[table_name](study)
    if table_name in adaptation_plan.CELLS:
        return adaptation_plan.CELLS[table_name](study)
    if table_name in inversion_plan.CELLS_BY_DIRECTION:
        return inversion_plan.directions(study, table_name)
    if table_name == "inversion_quality":
        return inversion_plan.inverted_models(study)
    if table_name == "encoder_finetune":
        return inversion_plan.finetuned(study)
    if table_name in PARSING:
        found = parsed(study)
        known = set(found)
        return [model for model in found if _has_parsed(study, table_name, model, known)]
    if table_name in OF_CHILDREN:
        return [model for model, parent in parents.items() if parent is not None]
    if table_name == "effect_agreement":
        return [model for model in parents if kin(study, model)]
    if table_name in COMPARING:
        return [model for model in parents if beside(study, table_name, model)]
    if table_name == "channel_effects":  # those whose edits others are given
        edited = {reference(study), *(name for model in parents for name, _ in kin(study, model))}
        return [model for model in parents if model in edited]
    return list(parents)


def _has_parsed(study: Study, table_name: str, model: str, found: Set[str]) -> bool:
    """Whether those are parsed (``found``) that a table compares a parsed model with."""
    if table_name == "channel_fate":
        return study.models[model].parent in found
    return table_name == "localized_channels" or any(name in found for name, _ in kin(study, model))


def asked_judges(study: Study) -> list[str]:
    """The judges that some comparison asks, in declared order."""
    comparisons = study.studies.named().items()
    asked = {getattr(comparison, "judge", None) for name, comparison in comparisons if name != "localized_channels"}
    asked |= {parser(study, model) for model in parsed(study)} | inversion_plan.asked_judges(study)
    asked |= {application_plan.attributes_reader(study), application_plan.resolution_reader(study)}
    asked |= adaptation_plan.asked_judges(study)
    return [name for name in study.judges if name in asked]


def trained_judges(study: Study) -> list[str]:
    """The asked judges that are trained here."""
    return [name for name in asked_judges(study) if isinstance(study.judges[name], EmbeddedJudge)]


def trained_clips(study: Study) -> list[str]:
    """The CLIPs that are trained here, where somebody asks."""
    return [name for name, judge in study.judges.items() if isinstance(judge, EmbeddedClip)]


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
    made += [figure for figure, name in inversion_plan.FIGURES.items() if name in study.studies.named()]
    made += application_plan.figures(study)
    made += [figure for figure, name in adaptation_plan.FIGURES.items() if name in study.studies.named()]
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


def clip_sizes(study: Study, judge: str) -> tuple[int, int]:
    """The same of a CLIP's."""
    num = sum(num_images_at_most(study.domains[name]) for name in study.clip_domains(judge))
    return num, study.resolution


def maps_sizes(study: Study) -> tuple[int, int, int, float]:
    """What the memory of channel maps grows with: images of a job, channels, cells a side, the budget."""
    maps = study.studies.channel_maps
    assert maps is not None
    shape = study.architecture
    num_channels = conv_channels(study.resolution, shape.channel_base, shape.channel_max)
    num_images = min(maps.images_per_job or maps.num_images, maps.num_images)
    return num_images, num_channels, min(maps.grid, study.resolution), maps.memory_budget_gb


def training_priority(study: Study, model: str) -> int:
    """Trainings first; among them, those on which most others wait."""
    return 100 + len(descendants(study.parents(), model))
