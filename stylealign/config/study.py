"""A study: everything ``config.yaml`` says, and the slices of it that single jobs depend on."""

from typing import Any

import yaml

from stylealign.config.clip_accuracy import unmoved_worlds
from stylealign.config.domains import Domain, has_labels, whole_of
from stylealign.config.inversion import Inversion
from stylealign.config.judges import EmbeddedClip, EmbeddedJudge, Judge
from stylealign.config.models import (
    MAX_RESOLUTION,
    MIN_RESOLUTION,
    Architecture,
    Device,
    Model,
    Resolution,
    ResolvedModel,
    Samples,
    Training,
    resolve_training,
)
from stylealign.config.section import Name, Section, key, untracked
from stylealign.config.studies import READS_FEATURES, Studies


class Study(Section):
    """A whole study. Read it with :func:`stylealign.config.load.read_study`, which finds every mistake at once."""

    seed: int = key(0, "the study's seed: images, fixed z and every measure's draws", ge=0)
    resolution: Resolution = key(32, f"pixels, a power of two from {MIN_RESOLUTION} to {MAX_RESOLUTION}")
    device: Device = untracked("auto", "where networks run (auto: a GPU if there is one)")
    domains: dict[Name, Domain] = key(..., "what is depicted, by name", min_length=1)
    architecture: Architecture = key(Architecture(), "the shape all models share")
    training: Training = key(Training(), "how models are trained")
    models: dict[Name, Model] = key(..., "the families, by name, in the order tables and figures show", min_length=1)
    judges: dict[Name, Judge] = key({}, "who measures, by name")
    samples: Samples = key(Samples(), "the fixed z of the figures")
    inversion: Inversion | None = key(None, "how real images are inverted (needed by the studies that do)")
    studies: Studies = key(Studies(), "which comparisons are made")

    def parents(self) -> dict[str, str | None]:
        """Each model's parent, in declared order."""
        return {name: model.parent for name, model in self.models.items()}

    def full_size(self) -> dict[str, str | None]:
        """:meth:`parents` of the models of the study's own resolution, whose ancestors all are too.

        The only ones that most comparisons look at: a model of its own ``resolution`` has other rows of W+, other
        channels and other pixels. It takes part where :data:`stylealign.config.studies.OF_ANY_RESOLUTION` says so.
        """
        models = self.models.items()
        return {name: model.parent for name, model in models if model.resolution in (None, self.resolution)}

    def resolution_of(self, name: str) -> int:
        """Pixels of a model."""
        return self.models[name].resolution or self.resolution

    def is_lowered(self, name: str) -> bool:
        """Whether a model is of a lower resolution than its parent."""
        parent = self.models[name].parent
        return parent is not None and self.resolution_of(name) < self.resolution_of(parent)

    def trained(self) -> list[str]:
        """The models that are trained here, on images of their domain."""
        return [name for name, model in self.models.items() if model.checkpoint is None and model.adapt is None]

    def adapted(self) -> list[str]:
        """The models that are adapted from their parents by a text or a few images."""
        return [name for name, model in self.models.items() if model.adapt is not None]

    def adopted(self) -> list[str]:
        """The models that are finished checkpoints."""
        return [name for name, model in self.models.items() if model.checkpoint is not None]

    def resolved_model(self, name: str) -> ResolvedModel:
        """The slice of the study that the training of one model depends on."""
        model = self.models[name]
        return ResolvedModel(
            name=name,
            domain=model.domain,
            parent=model.parent,
            checkpoint=None if model.checkpoint is None else str(model.checkpoint),
            resolution=self.resolution_of(name),
            architecture=self.architecture,
            adapt=model.adapt,
            training=resolve_training(self.training, model, is_lowered=self.is_lowered(name)),
            total_kimg=model.total_kimg or 0.0,
            seed=model.seed,
            study_seed=self.seed,
            samples=self.samples,
            device=self.device,
        )

    def judge_domains(self, name: str) -> list[str]:
        """The labelled domains an embedded judge is trained on."""
        judge = self.judges[name]
        assert isinstance(judge, EmbeddedJudge), name
        if judge.domains is not None:
            return list(judge.domains)
        return [domain for domain in self.whole_domains() if has_labels(self.domains[domain])]

    def clip_domains(self, name: str) -> list[str]:
        """The worlds that a CLIP of the study's own is trained on."""
        judge = self.judges[name]
        assert isinstance(judge, EmbeddedClip), name
        return unmoved_worlds(self) if judge.domains is None else list(judge.domains)

    def measured_domains(self) -> list[str]:
        """The domains that model_quality compares with."""
        quality = self.studies.model_quality
        return self.whole_domains() if quality is None or quality.domains is None else list(quality.domains)

    def read_as(self, model: str, judge: str | None) -> str:
        """The domain whose images say how well a judge reads a model's attributes, and which ones it has at all.

        Its own; or, where that is a selection of another one which the judge does not name, that one.
        """
        own = self.models[model].domain
        named = () if judge is None else getattr(self.judges[judge], "domains", None) or ()
        return own if own in named else whole_of(own, self.domains)

    def whole_domains(self) -> list[str]:
        """The domains that are no mere selection of another one's images."""
        return [name for name in self.domains if whole_of(name, self.domains) == name]

    def num_judged(self, judge: str) -> int:
        """How many generated images a judge looks at: as many as the most demanding study that asks it."""
        asked = [study for name in READS_FEATURES if (study := getattr(self.studies, name)) is not None]
        return max(int(study.num_read) for study in asked if study.judge == judge)

    def judged_psi(self, judge: str) -> float:
        """The truncation of those images: model_quality's, else none."""
        quality = self.studies.model_quality
        return quality.truncation_psi if quality is not None and quality.judge == judge else 1.0

    def canonical(self) -> dict[str, Any]:
        """Everything, defaults included, ready for JSON or YAML, in the words of the config file.

        A model's own `training` holds only the keys it names: any other would override the study's.
        """
        study = self.model_dump(mode="json", by_alias=True)
        for name, model in self.models.items():
            own = model.training.model_dump(mode="json", exclude_unset=True)
            study["models"][name] |= {"training": own}
            if not own:
                del study["models"][name]["training"]
        return study

    def as_yaml(self) -> str:
        """:meth:`canonical` as a config file, in declared order."""
        return str(yaml.safe_dump(self.canonical(), sort_keys=False, allow_unicode=True, width=100))
