"""Tables: declared columns, Parquet with provenance inside, and a Markdown and CSV twin for reading.

A job that measures calls :func:`write_table` with rows of one declared table; :func:`collect` concatenates such files.
Rows are sorted by the table's keys and columns have a fixed order and type, so equal rows give equal bytes.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from stylealign.adaptation_tables import TABLES as ADAPTATION_TABLES
from stylealign.application_tables import (
    BLEND_SMOOTHNESS,
    LOCALITY_BIAS,
    MORPH_SMOOTHNESS,
    RESOLUTION_ALIGNMENT,
    RETURN_ALIGNMENT,
    ZERO_SHOT_CLASSIFICATION,
    ZERO_SHOT_REGRESSION,
)
from stylealign.channel_tables import (
    ATTRIBUTE_CHANNELS,
    BOUNDARIES,
    CHANNEL_EFFECTS,
    CHANNEL_FATE,
    CHANNEL_OVERLAP,
    CHANNELS,
    EFFECT_AGREEMENT,
    LOCALIZED_CHANNELS,
)
from stylealign.columns import ALIGNMENT, MODELS, TRANSFER, Table, boolean, integer, number, string
from stylealign.errors import TableError
from stylealign.inversion_tables import (
    ENCODER_COURSE,
    ENCODER_FINETUNE,
    INVERSION_QUALITY,
    REFERENCE_TRANSLATION,
    TRANSLATION,
)
from stylealign.reading import read_parquet, read_schema
from stylealign.writing import write_parquet

if TYPE_CHECKING:
    import pandas as pd

_DTYPES = {"string": "string", "int": "int64", "float": "float64", "bool": "bool"}

_MODEL = string("model", "the model measured")
_PARENT = string("parent", "the ancestor (or unrelated root) it is compared with")
_RELATION = string("relation", "child, grandchild, descendant (deeper) or unrelated")
_JUDGE = string("judge", "the judge that measured, by its name in the config")
_SEED = integer("seed", "the study's seed")

MODEL_QUALITY = Table(
    "model_quality",
    "not in the papers",
    MODELS,
    "FID and KID of every model against its own domain and, as a control, every other one",
    (
        _MODEL,
        string("domain", "the domain of the real images"),
        boolean("is_own_domain", "whether the model was trained on it"),
        _JUDGE,
        string("protocol", "which real images, how many generated, which truncation"),
        number("fid", "Fréchet distance between the judge's features (biased upwards at small n)"),
        number("kid", "squared MMD, polynomial kernel, unbiased; smaller is better"),
        number("kid_low", "lower end of the bootstrap interval (95 %)"),
        number("kid_high", "upper end of the bootstrap interval (95 %)"),
        integer("num_real", "real images"),
        integer("num_gen", "generated images"),
        number("kimg", "thousands of images the model was trained on, in its own training"),
        _SEED,
    ),
    ("model", "domain", "judge"),
)

MAPPING_DRIFT = Table(
    "mapping_drift",
    "StyleAlign, Table 7",
    TRANSFER,
    "How far the mapping network moved: mean |w_parent(z) - w_model(z)|",
    (
        _PARENT,
        _MODEL,
        _RELATION,
        number("l1_w", "mean absolute difference of w over z and its coordinates, no truncation"),
        number("l1_w_low", "lower end of the interval over z (95 %)"),
        number("l1_w_high", "upper end of the interval over z (95 %)"),
        integer("num_z", "latent codes"),
        _SEED,
    ),
    ("parent", "model"),
)

_LPIPS = (
    number("lpips", "mean perceptual distance (by the judge named) between child(z) and reset child(z)"),
    number("lpips_low", "lower end of the bootstrap interval over images (95 %)"),
    number("lpips_high", "upper end of the bootstrap interval over images (95 %)"),
    number("relative_weight_change", "|theta_child - theta_parent| / |theta_parent| of the parameters that are reset"),
)

COMPONENT_RESET = Table(
    "component_reset",
    "StyleAlign, Figures 1 and 8",
    TRANSFER,
    "What each component learned: the image change when it is reset to the parent's weights",
    (
        string("child", "the model whose component is reset"),
        _PARENT,
        string("component", "mapping, affine, feature_conv or torgb"),
        number("truncation_psi", "truncation of both images"),
        *_LPIPS,
        integer("num_images", "latent codes"),
        _JUDGE,
        _SEED,
    ),
    ("child", "parent", "truncation_psi", "component"),
)

LAYER_RESET = Table(
    "layer_reset",
    "StyleAlign, Table 2",
    TRANSFER,
    "Where the change lives: the image change when one resolution's convolutions are reset to the parent's",
    (
        string("child", "the model whose convolutions are reset"),
        _PARENT,
        integer("resolution", "the resolution whose conv0 and conv1 are reset, in pixels"),
        number("truncation_psi", "truncation of both images"),
        *_LPIPS,
        integer("num_images", "latent codes"),
        _JUDGE,
        _SEED,
    ),
    ("child", "parent", "truncation_psi", "resolution"),
)

ATTRIBUTE_ALIGNMENT = Table(
    "attribute_alignment",
    "not in the papers",
    ALIGNMENT,
    "Does the same z mean the same thing: rank correlation of a judged attribute across models",
    (
        _PARENT,
        _MODEL,
        _RELATION,
        string("attribute", "the judged attribute"),
        number(
            "spearman",
            "Spearman correlation of the attribute of parent(z) and of model(z)",
        ),
        number("spearman_low", "lower end of the bootstrap interval over z (95 %)"),
        number("spearman_high", "upper end of the bootstrap interval over z (95 %)"),
        number("spearman_shuffled", "the same with the model's z shuffled: the control"),
        number(
            "judge_score",
            "the judge's held-out R2 (accuracy for classes) for the attribute, "
            "on the parent's or on the model's domain, whichever is lower",
        ),
        string("protocol", "how many images were generated, which truncation"),
        integer("num_z", "latent codes"),
        _JUDGE,
        _SEED,
    ),
    ("parent", "model", "judge", "attribute"),
)

TRAINING = Table(
    "training",
    "not in the papers",
    MODELS,
    "What training cost",
    (
        _MODEL,
        number("kimg", "thousands of images shown to the discriminator"),
        number("sec_per_kimg", "seconds per thousand images, median over ticks"),
        number("peak_rss_mb", "peak resident memory of the process"),
        number("peak_gpu_mb", "peak GPU memory allocated, 0 on a CPU"),
        string("device", "what it ran on"),
        integer("threads", "CPU threads"),
        integer("batch_size", "images per step"),
        integer("seed", "the model's own seed"),
    ),
    ("model",),
)

TICKS = Table(
    "ticks",
    "not in the papers",
    MODELS,
    "The course of one training",
    (
        number("kimg", "thousands of images so far"),
        number("loss_g", "generator loss, mean since the last tick"),
        number("loss_d", "discriminator loss, mean since the last tick"),
        number("r1_penalty", "mean squared gradient norm at real images, mean since the last tick"),
        number("pl_length", "mean path length (NaN where path length regularisation is off)"),
        number("score_real", "mean discriminator logit of real images"),
        number("score_fake", "mean discriminator logit of generated images"),
        number("r_t", "mean sign of the discriminator's logits on real images (ADA's statistic)"),
        number("augment_p", "ADA's probability"),
        number("sec_per_kimg", "seconds per thousand images since the last tick"),
        number("peak_rss_mb", "peak resident memory so far"),
        number("peak_gpu_mb", "peak GPU memory so far, 0 on a CPU"),
    ),
    ("kimg",),
)

JUDGE_QUALITY = Table(
    "judge_quality",
    "not in the papers",
    MODELS,
    "How well the study's own judge reads held-out images whose truth is known",
    (
        _JUDGE,
        string("domain", "the held-out images"),
        string("task", "attribute, region or domain"),
        string("target", "the attribute or region"),
        string("metric", "r2, accuracy or iou"),
        number("score", "the metric on held-out images"),
        integer("num_images", "held-out images"),
        _SEED,
    ),
    ("judge", "domain", "task", "target"),
)

IMAGE_SETS = Table(
    "image_sets",
    "not in the papers",
    MODELS,
    "The image sets of the study",
    (
        string("domain", "the image set"),
        string("source", "world, folder or zip"),
        integer("resolution", "pixels"),
        integer("num_train", "images for training"),
        integer("num_test", "held-out images"),
        integer("num_rejected", "files that were turned away (see rejected.parquet)"),
        string("digest", "sha256 over the image ids"),
    ),
    ("domain",),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        MODEL_QUALITY,
        MAPPING_DRIFT,
        COMPONENT_RESET,
        LAYER_RESET,
        ATTRIBUTE_ALIGNMENT,
        TRAINING,
        TICKS,
        JUDGE_QUALITY,
        IMAGE_SETS,
        CHANNELS,
        LOCALIZED_CHANNELS,
        CHANNEL_OVERLAP,
        CHANNEL_FATE,
        ATTRIBUTE_CHANNELS,
        CHANNEL_EFFECTS,
        BOUNDARIES,
        EFFECT_AGREEMENT,
        INVERSION_QUALITY,
        ENCODER_COURSE,
        ENCODER_FINETUNE,
        TRANSLATION,
        REFERENCE_TRANSLATION,
        MORPH_SMOOTHNESS,
        RESOLUTION_ALIGNMENT,
        BLEND_SMOOTHNESS,
        RETURN_ALIGNMENT,
        LOCALITY_BIAS,
        ZERO_SHOT_REGRESSION,
        ZERO_SHOT_CLASSIFICATION,
        *ADAPTATION_TABLES,
    )
}


def to_frame(table: Table, rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """Rows as a data frame with the declared columns, types and order; :class:`TableError` when they do not fit."""
    import pandas as pd

    rows = list(rows)
    declared = table.column_names()
    for row in rows:
        if set(row) != set(declared):
            missing, extra = set(declared) - set(row), set(row) - set(declared)
            raise TableError(
                f"table {table.name}: missing columns {sorted(missing)}, undeclared columns {sorted(extra)}"
            )
    frame = pd.DataFrame(rows, columns=pd.Index(declared))
    try:
        frame = frame.astype({column.name: _DTYPES[column.dtype] for column in table.columns})
    except (TypeError, ValueError) as error:
        raise TableError(f"table {table.name}: a value does not fit its declared type: {error}") from error
    if table.keys and frame.duplicated(list(table.keys)).any():
        raise TableError(f"table {table.name}: two rows share the key {table.keys}")
    return frame.sort_values(list(table.keys), kind="stable", ignore_index=True) if table.keys else frame


def write_table(
    path: str | os.PathLike[str], table: Table, rows: Iterable[Mapping[str, Any]], provenance: Mapping[str, Any]
) -> None:
    """Rows to Parquet beside the target, then renamed; ``provenance`` goes into the file's metadata as JSON."""
    import pyarrow as pa

    arrow = pa.Table.from_pandas(to_frame(table, rows), preserve_index=False)
    meanings = {column.name: column.meaning for column in table.columns}
    metadata = {
        "stylealign.table": json.dumps({"name": table.name, "paper": table.paper, "title": table.title}),
        "stylealign.columns": json.dumps(meanings, ensure_ascii=False),
        "stylealign.provenance": json.dumps(dict(provenance), sort_keys=True, default=str),
    }
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **metadata})
    write_parquet(path, arrow)


def read_table(path: str | os.PathLike[str]) -> "pd.DataFrame":
    """A table's rows; :class:`TableError` when the file is not a table, or is damaged."""
    with _refused(path):
        frame: pd.DataFrame = read_parquet(path).to_pandas()
        return frame


def read_rows(paths: Iterable[str | os.PathLike[str]]) -> list[dict[str, Any]]:
    """The rows of several tables, one after the other; errors as :func:`read_table`."""
    return [cast("dict[str, Any]", row) for path in paths for row in read_table(path).to_dict("records")]


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What a table's file says of how it was made; errors as :func:`read_table`."""
    return _told(path, b"stylealign.provenance")


def read_description(path: str | os.PathLike[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a table's file says of itself (name, paper, title) and of its columns; errors as :func:`read_table`."""
    return _told(path, b"stylealign.table"), _told(path, b"stylealign.columns")


def _told(path: str | os.PathLike[str], key: bytes) -> dict[str, Any]:
    with _refused(path):
        return dict(json.loads((read_schema(path).metadata or {}).get(key, b"{}")))


@contextmanager
def _refused(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise TableError(f"{path}: not a readable table ({error}); delete it and run again") from error


def collect(
    paths: Sequence[str | os.PathLike[str]],
    table: Table,
    parquet: str | os.PathLike[str],
    provenance: Mapping[str, Any],
) -> None:
    """Concatenate the rows of ``paths`` into one table; ``parts`` of its provenance says how each was made.

    A part is named by its file, or by its folder where files of several folders have one name.
    """
    rows = read_rows(paths)
    origins = [read_provenance(path) for path in paths]
    write_table(parquet, table, rows, {**provenance, "parts": dict(zip(_part_names(paths), origins, strict=True))})


def _part_names(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    stems, folders = [Path(path).stem for path in paths], [Path(path).parent.name for path in paths]
    distinct = (names for names in (stems, folders) if len(set(names)) == len(paths))
    return next(distinct, [str(Path(path)) for path in paths])
