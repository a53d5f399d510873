"""Models: the architecture they share, how they are trained, and their descent.

Settings and their published values: StyleGAN2-ADA's ``stylegan2`` and ``paper*`` configurations.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt
from pydantic import AfterValidator, Field

from stylealign.config.adaptation import Adaptation
from stylealign.config.correspondence import Correspondence
from stylealign.config.section import (
    Section,
    Switch,
    is_positive_power_of_two,
    key,
    newer,
    unsaid_keys,
    untracked,
    untracked_keys,
)

ADA_KIMG_ROOT = 500.0
ADA_KIMG_CHILD = 100.0

Device = Literal["auto", "cpu", "cuda"]
MIN_RESOLUTION, MAX_RESOLUTION = 16, 1024
MIN_LOWER_RESOLUTION = 8  # of a model that is smaller than its study


def _is_a_resolution(smallest: int) -> AfterValidator:
    def checked(resolution: int) -> int:
        if not (is_positive_power_of_two(resolution) and smallest <= resolution <= MAX_RESOLUTION):
            raise ValueError(f"must be a power of two from {smallest} to {MAX_RESOLUTION}")
        return resolution

    return AfterValidator(checked)


Resolution = Annotated[int, _is_a_resolution(MIN_RESOLUTION)]
LowerResolution = Annotated[int, _is_a_resolution(MIN_LOWER_RESOLUTION)]


class Architecture(Section):
    """StyleGAN2's shape, the same for every model of a study (a child starts from its parent's weights)."""

    z_dim: int = key(64, "dimensions of z", ge=1)
    w_dim: int = key(64, "dimensions of w", ge=1)
    mapping_layers: int = key(8, "layers of the mapping network", ge=1)
    channel_base: int = key(1024, "channels at resolution r: channel_base / r (32768: config-f, 16384: config-e)", ge=1)
    channel_max: int = key(64, "channels at most (512 as published)", ge=1)
    mbstd_group_size: int = key(4, "images in one group of the minibatch standard deviation", ge=1)
    conv_clamp: float | None = key(None, "clamp of convolution outputs (256 with mixed precision; null: none)", gt=0)


class Training(Section):
    """How a model is trained. A model's own `training` names only what differs for it."""

    batch_size: int = key(16, "images per step", ge=2)
    lr: float = key(0.003, "Adam's learning rate, G and D", gt=0)
    r1_gamma: float = key(0.5, "weight of the R1 penalty", ge=0)
    r1_interval: int = key(16, "steps between R1 penalties", ge=1)
    pl_weight: float = key(2.0, "weight of path length regularisation (0: off)", ge=0)
    pl_interval: int = key(4, "steps between path length regularisations", ge=1)
    style_mixing_prob: float = key(0.9, "probability that a batch mixes two styles", ge=0, le=1)
    reuse_fakes: bool = key(
        False, "D learns from the images G has just learned from, not from fresh ones: less time (published: false)"
    )
    ema_kimg: float = key(5.0, "half-life of the averaged generator, in thousands of images", gt=0)
    ema_rampup: float | None = key(
        0.05, "the half-life is at most this part of the images seen so far (null: off; a child has it off)", gt=0
    )
    augment: Switch = key("off", "adaptive discriminator augmentation; auto: on below 5000 training images")
    ada_target: float = key(0.6, "where augmentation holds the mean sign of D on real images", gt=0, lt=1)
    ada_kimg: float | None = key(
        None,
        f"images over which augmentation may rise by 1 (null: {ADA_KIMG_ROOT:g}, a child {ADA_KIMG_CHILD:g})",
        gt=0,
    )
    freeze_d: int = key(0, "layers of D that a child keeps frozen, counted from the image (a root: none)", ge=0)
    mirror: bool = key(False, "double the images by left-right mirroring")
    mixed_precision: Switch = key("auto", "half precision at the four highest resolutions; auto: on a GPU")
    tick_kimg: float = key(
        1.0, "thousands of images between rows of ticks.parquet (recorded in training: a change trains again)", gt=0
    )
    checkpoint_kimg: float = untracked(2.0, "thousands of images a killed job loses at most", gt=0)
    sample_kimg: tuple[Annotated[float, Ge(0)], ...] = key(
        (0, 1, 2, 4, 8, 16), "when fixed z are drawn, in thousands of images (drawn in training: a change trains again)"
    )
    from_rgb: Literal["distilled", "random"] = newer(
        "distilled",
        "where a child of lower resolution has D's first layer from, which its parent's D has not: fitted to what the "
        "parent's higher blocks see in images (distilled), or random",
    )
    snapshot_kimg: tuple[Annotated[float, Gt(0)], ...] = newer(
        (),
        "when the averaged generator is kept, in thousands of images: resolution_alignment measures the course of "
        "training on these (recorded in training: a change trains again)",
    )
    num_images: int | None = newer(
        None, "train on so few of the domain's training images, drawn by the model's seed (null: on all)", ge=1
    )
    catch_up_kimg: float = newer(
        0.0, "a child's first so many thousands of images teach D alone; they count in total_kimg", ge=0
    )
    correspondence: Correspondence | None = newer(
        None, "keep the parent's similarities between images, for a child of few images (null: no)"
    )
    memory_budget_gb: float = untracked(2.0, "an image set larger than this is streamed from disk", gt=0)
    tensorboard: bool = untracked(False, "write TensorBoard logs beside the training state")

    def updated(self, overrides: "Training") -> "Training":
        """These settings with the keys that ``overrides`` names."""
        return self.model_copy(update={name: getattr(overrides, name) for name in overrides.model_fields_set})

    def told(self) -> dict[str, Any]:
        """The settings as a checkpoint tells them, ready for JSON."""
        return self.model_dump(mode="json", exclude=unsaid_keys(self))


class Model(Section):
    """A model: trained from nothing, from a parent, or (`from`) a finished checkpoint."""

    domain: str = key(..., "the domain it is trained on; an adapted model is only compared with it, and never sees it")
    parent: str | None = key(None, "the model whose weights it starts from (null: a root)")
    resolution: LowerResolution | None = key(
        None,
        f"its own pixels, from {MIN_LOWER_RESOLUTION}, at most its parent's and the study's (null: the study's): with "
        "fewer it starts from its parent's lower layers, and takes part in training, family, progress, mapping_drift "
        "and resolution_alignment only",
    )
    checkpoint: Path | None = Field(
        None,
        alias="from",
        description="a finished checkpoint, ours or another project's",
    )
    adapt: Adaptation | None = key(None, "or how it is adapted from its parent by a text or a few images, untrained")
    total_kimg: float | None = key(
        None, "thousands of images of training; needed unless `from` or `adapt` is given", gt=0
    )
    seed: int = key(0, "seed of its initial weights and of every draw in its training", ge=0)
    training: Training = key(Training(), "settings that differ from the study's `training`")


class Samples(Section):
    """The fixed z that every model is drawn with, in figures and progress grids.

    They are drawn while a model is trained: a change trains every model again.
    """

    num: int = key(32, "how many z", ge=1)
    truncation_psi: float = key(0.7, "truncation of the figures", ge=0, le=1)


class ResolvedModel(Section):
    """The slice of a study that the training of one model depends on, nothing left to default."""

    name: str = key(..., "the model")
    domain: str = key(..., "its domain")
    parent: str | None = key(None, "its parent")
    checkpoint: str | None = key(None, "the checkpoint it is, when it is never trained here")
    adapt: Adaptation | None = newer(None, "how it is adapted, when that is how it is made")
    resolution: int = key(..., "pixels")
    architecture: Architecture = key(..., "its shape")
    training: Training = key(..., "its training")
    total_kimg: float = key(0.0, "thousands of images of training (0: never trained here)")
    seed: int = key(..., "its own seed")
    study_seed: int = key(..., "the study's seed")
    samples: Samples = key(..., "the fixed z")
    device: Device = untracked("auto", "where it is trained")

    def tracked(self) -> dict[str, Any]:
        """What can change the trained model, ready for JSON: of an adapted one, no setting of training."""
        left_out: dict[str, Any] = _untracked_parts() | dict.fromkeys(unsaid_keys(self), True)
        left_out["training"] = self.adapt is not None or left_out["training"] | unsaid_keys(self.training)
        return self.model_dump(mode="json", exclude=left_out)

    def untracked(self) -> dict[str, Any]:
        """What cannot: the rest of :meth:`tracked`."""
        parts = _untracked_parts()
        if self.adapt is None:
            del parts["adapt"]
        return self.model_dump(mode="json", include=parts)

    @classmethod
    def joined(cls, tracked: dict[str, Any], untracked: dict[str, Any]) -> "ResolvedModel":
        """The model of which :meth:`tracked` and :meth:`untracked` are the parts (without `training`: its defaults)."""
        parts = {"training": {**tracked.get("training", {}), **untracked["training"]}}
        if tracked.get("adapt"):
            parts["adapt"] = {**tracked["adapt"], **untracked["adapt"]}
        return cls.model_validate({**tracked, **untracked, **parts})


def _untracked_parts() -> dict[str, Any]:
    parts = {"training": untracked_keys(Training), "adapt": untracked_keys(Adaptation)}
    return {**parts, **dict.fromkeys(untracked_keys(ResolvedModel), True)}


def resolve_training(study: Training, model: Model, *, is_lowered: bool = False) -> Training:
    """The study's settings with the model's own, and what transfer changes: no ramp-up, quicker augmentation.

    A root has no discriminator to keep, and no parent to correspond to: nothing of it is frozen, or catches up. Only a
    model of a lower resolution than its parent's (``is_lowered``) needs another FromRGB.
    """
    training = study.updated(model.training)
    is_child = model.parent is not None
    if is_child and "ema_rampup" not in model.training.model_fields_set:
        training = training.model_copy(update={"ema_rampup": None})
    if not is_child:
        training = training.model_copy(update={"freeze_d": 0, "catch_up_kimg": 0.0, "correspondence": None})
    if not is_lowered:
        training = training.model_copy(update={"from_rgb": Training.model_fields["from_rgb"].default})
    if training.ada_kimg is None:
        training = training.model_copy(update={"ada_kimg": ADA_KIMG_CHILD if is_child else ADA_KIMG_ROOT})
    return training
