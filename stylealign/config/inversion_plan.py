"""The plan of inversion and translation: which images are inverted in which models, and what is made of their codes."""

from pathlib import Path

from stylealign.config.domains import WorldDomain
from stylealign.config.inversion import Inversion, InversionQuality, is_encoder, space_of
from stylealign.config.judges import MEASURES
from stylealign.config.study import Study
from stylealign.lineage import relation, root_of, roots

PUBLISHED_TEST_NUM = 500
"""Images of each of AFHQ's test sets."""


def settings(study: Study) -> Inversion:
    """How images are inverted; only studies that invert ask."""
    assert study.inversion is not None
    return study.inversion


def asked(study: Study) -> InversionQuality:
    """What is inverted; only studies that invert ask."""
    assert study.studies.inversion_quality is not None
    return study.studies.inversion_quality


def inverts(study: Study) -> bool:
    """Whether anything is inverted."""
    return study.inversion is not None and study.studies.inversion_quality is not None


def inverted_models(study: Study) -> list[str]:
    """The models in which images are inverted, in declared order."""
    if not inverts(study):
        return []
    chosen, more = asked(study).models, asked(study).image_sets
    return [name for name in study.full_size() if chosen is None or name in chosen or name in more]


def inverted_sets(study: Study, model: str) -> list[str]:
    """The image sets that are inverted in a model: its domain, then those that the study adds."""
    chosen = asked(study).models
    own = [study.models[model].domain] if chosen is None or model in chosen else []
    return list(dict.fromkeys([*own, *asked(study).image_sets.get(model, ())]))


def methods_of(study: Study, comparison: str) -> list[str]:
    """The methods that a comparison uses: its own choice, or all."""
    chosen = getattr(getattr(study.studies, comparison), "methods", None)
    return list(asked(study).methods if chosen is None else chosen)


def inversions(study: Study, model: str) -> list[tuple[str, str]]:
    """Every (image set, method) of a model."""
    return [(name, method) for name in inverted_sets(study, model) for method in asked(study).methods]


def inversion_shards(study: Study, image_set: str) -> list[str]:
    """The shards that an image set's inversion is divided into."""
    per_job, num = settings(study).images_per_job, num_inverted(study, image_set)
    return ["0"] if per_job is None or num is None else [str(part) for part in range(-(-num // per_job))]


def num_translated(study: Study, direction: str, comparison: str) -> int:
    """Images that a direction's job of a comparison holds at once, at most.

    A translation's methods, baselines and three controls, of all image sets; by reference, one method's of one set. A
    folder whose size nobody knows counts as a test set of AFHQ.
    """
    sets = inverted_sets(study, split_direction(study, direction)[0])
    nums = [num_inverted(study, name) or PUBLISHED_TEST_NUM for name in sets]
    if comparison == "reference_translation":
        compared = study.studies.reference_translation
        return max(nums) * (1 if compared is None else compared.num_references)
    return sum(nums) * (len(methods_of(study, comparison)) + 3) + nums[0] * len(baselines(study, direction))


def num_inverted(study: Study, image_set: str) -> int | None:
    """How many images of a set are inverted, at most; ``None`` where that is not known before it is read."""
    domain, asked_num = study.domains[image_set], settings(study).num_images
    if isinstance(domain, WorldDomain):
        num: int | None = domain.num_test if settings(study).split == "test" else domain.num_train
    else:
        num = domain.max_images
    return asked_num if num is None else num if asked_num is None else min(num, asked_num)


def checkpoint_kimg(study: Study) -> float:
    """How often an encoder's training is saved: no result depends on it."""
    return 0.0 if study.inversion is None else study.inversion.encoders.checkpoint_kimg


def encoder_start(study: Study, model: str, space: str) -> str:
    """What the encoder of a model that is used for inversion starts from: ``parent`` or ``random``; or ``published``.

    A published encoder is not trained, and none is trained on from it.
    """
    if published_encoder(study, model, space) is not None:
        return "published"
    parent = study.models[model].parent
    is_taught = parent is not None and published_encoder(study, parent, space) is None
    return "parent" if is_taught and settings(study).encoders.from_parent else "random"


def published_encoder(study: Study, model: str, space: str) -> Path | None:
    """The file of the published encoder that a model uses for a space."""
    if study.inversion is None:
        return None
    files = study.inversion.encoders.published.get(model, {}).items()
    return next((file for name, file in files if name == space), None)


def encoders_of(study: Study, model: str) -> list[str]:
    """The spaces for which a model's images are encoded."""
    return [space_of(method) for method in asked(study).methods if is_encoder(method)]


def finetuned(study: Study) -> list[str]:
    """The children whose encoders' starts are compared, in declared order."""
    compared = study.studies.encoder_finetune
    if compared is None:
        return []
    children = [name for name in inverted_models(study) if study.models[name].parent is not None]
    return [name for name in children if compared.models is None or name in compared.models]


def split_direction(study: Study, direction: str) -> tuple[str, str]:
    """Source and target model of ``dog2cat``."""
    return splits(direction, list(study.models))[0]


def splits(direction: str, models: list[str]) -> list[tuple[str, str]]:
    """Every way to read a direction as two of ``models``."""
    places = [place for place, letter in enumerate(direction) if letter == "2"]
    pairs = [(direction[:place], direction[place + 1 :]) for place in places]
    return [pair for pair in pairs if pair[0] in models and pair[1] in models]


def directions(study: Study, comparison: str | None = None) -> list[str]:
    """The directions of a comparison, or of all, in declared order."""
    names = TRANSLATING if comparison is None else (comparison,)
    found = [getattr(study.studies, name) for name in names]
    return list(dict.fromkeys(one for study_ in found if study_ is not None for one in study_.directions))


def stranger(study: Study, direction: str) -> str | None:
    """The first root that is unrelated to a direction's source: its control.

    Of two finished checkpoints nobody knows that before their cards are read, so a root that is trained from nothing
    goes before.
    """
    source, parents = split_direction(study, direction)[0], study.full_size()
    others = [root for root in roots(parents) if relation(parents, root, source) == "unrelated"]
    adopted = set(study.adopted()) if root_of(parents, source) in study.adopted() else set()
    return min(others, key=lambda root: root in adopted, default=None)


def baselines(study: Study, direction: str) -> dict[str, str]:
    """Folders of other methods' images of a direction, by method."""
    translation = study.studies.translation
    named = {} if translation is None else translation.baselines
    return {method: folders[direction] for method, folders in named.items() if direction in folders}


def attributes_judge(study: Study, comparison: str) -> str | None:
    """Who reads the attributes of a comparison's translations, if anybody can."""
    compared = getattr(study.studies, comparison)
    if compared.attributes_judge is not None:
        return str(compared.attributes_judge)
    return compared.judge if "attributes" in MEASURES[study.judges[compared.judge].kind] else None


def diversity_judge(study: Study) -> str:
    """Who measures how unlike the translations of one source are."""
    compared = study.studies.reference_translation
    assert compared is not None
    if compared.diversity_judge is not None:
        return compared.diversity_judge
    return compared.judge if "distance" in MEASURES[study.judges[compared.judge].kind] else settings(study).judge


def regions_judge(study: Study) -> str | None:
    """Who finds the regions of reconstructions, if anybody can."""
    named = settings(study).regions_judge
    if named is not None:
        return named
    return settings(study).judge if "regions" in MEASURES[study.judges[settings(study).judge].kind] else None


def asked_judges(study: Study) -> set[str | None]:
    """The judges that inversion and translation ask."""
    if not inverts(study):
        return set()
    comparing = [name for name in CELLS_BY_DIRECTION if getattr(study.studies, name) is not None]
    asked_ones = {settings(study).judge, regions_judge(study), *(attributes_judge(study, name) for name in comparing)}
    return asked_ones | ({diversity_judge(study)} if "reference_translation" in comparing else set())


TRANSLATING = ("translation", "reference_translation", "texture_translation")
"""The studies that go from one model to another."""

CELLS_BY_DIRECTION = ("translation", "reference_translation")
"""Their tables, which have a cell for each direction."""

FIGURES = {
    "inversions": "inversion_quality",
    "translations": "translation",
    "reference_translations": "reference_translation",
    "texture_translations": "texture_translation",
}
"""The figures, and the study that each belongs to."""
