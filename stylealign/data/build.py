"""From a world, a folder or an archive to an image set: the six files under ``results/domains/{domain}/``.

Any file -> square uint8 RGB at the study's resolution -> StyleGAN's dataset zip and ``index.parquet``, with region
maps, rejected files, a summary and a preview beside them.
"""

import itertools
import json
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.data.index import write_index, write_rejected
from stylealign.data.masks import Masks
from stylealign.data.prepare import Prepared, prepare_files, prepare_world
from stylealign.data.preview import draw_preview
from stylealign.data.rejection import CURES, Rejected, count_reasons
from stylealign.data.selection import is_selected
from stylealign.data.sources import Candidate, list_folder, list_zip, rounds
from stylealign.data.split import split_by_hash
from stylealign.data.writer import ImageSetWriter, digest_of, image_name
from stylealign.errors import ImageSetError
from stylealign.worlds.registry import get_world
from stylealign.writing import whole_file

if TYPE_CHECKING:
    from stylealign.config.domains import FolderDomain, WorldDomain, ZipDomain

log = logging.getLogger(__name__)
MIN_SELECTED = 2  # images of each split that a selection of a world needs


@dataclass(frozen=True)
class _Files:
    """The files of an image set, while they are written or in place."""

    images: Path
    index: Path
    regions: Path
    rejected: Path
    summary: Path
    preview: Path


def build_image_set(
    domain: "WorldDomain | FolderDomain | ZipDomain",
    *,
    name: str,
    resolution: int,
    seed: int,
    images: Path,
    index: Path,
    regions: Path,
    rejected: Path,
    summary: Path,
    preview: Path,
    num_threads: int | None = None,
) -> None:
    """Write the image set of ``domain`` at ``resolution`` pixels; every file appears whole or not at all.

    ``seed`` is the study's (worlds are drawn from it; folders do not use it). ``num_threads`` decode files (default:
    the cores at hand, 8 at most) and never change the result. :class:`ImageSetError` when the folder or archive cannot
    be read or too few images remain.
    """
    with _written_whole(_Files(images, index, regions, rejected, summary, preview)) as files:
        if domain.source == "world":
            writer, splits, attributes = _from_world(domain, files, resolution, seed)
        else:
            writer, splits, attributes = _from_pictures(domain, files, resolution, num_threads)
        write_index(files.index, writer.facts, splits, attributes)
        write_rejected(files.rejected, writer.rejected)
        _write_summary(files.summary, name, domain.source, resolution, writer, splits)
        train = [position for position, split in enumerate(splits) if split == "train"] or range(len(splits))
        draw_preview(files.preview, files.images, [image_name(position) for position in train], resolution)
    log.info(
        "%s: %s, %d files rejected (%s)",
        name,
        dict(Counter(splits)),
        len(writer.rejected),
        count_reasons(writer.rejected),
    )


_Built = tuple[ImageSetWriter, list[str], list[dict[str, Any]]]


def _from_world(domain: "WorldDomain", files: _Files, resolution: int, seed: int) -> _Built:
    """Samples 0, 1, 2, ... of the world until enough are different; of those, the ones selected."""
    world, num = get_world(domain.world), domain.num_train + domain.num_test
    samples = itertools.islice(prepare_world(world, seed, resolution, domain.transform), 2 * num + 100)
    with ImageSetWriter(files.images, files.regions, resolution, world.region_names) as writer:
        splits, num_drawn = _take_samples(writer, samples, domain)
    if num_drawn < num:
        raise ImageSetError(
            f"world {domain.world}: only {num_drawn} different images at {resolution} px; "
            "lower `num_train` and `num_test` or raise `resolution`"
        )
    for split in ("train", "test"):
        if domain.only and splits.count(split) < MIN_SELECTED:
            raise ImageSetError(
                f"world {domain.world}: {splits.count(split)} of the images drawn as `num_{split}` are as `only` "
                f"({', '.join(domain.only or ())}) asks, fewer than {MIN_SELECTED}; widen it or raise `num_{split}` "
                "(of every domain of this world)"
            )
    return writer, splits, [asdict(attribute) for attribute in world.attributes]


def _take_samples(writer: ImageSetWriter, samples: Iterator[Prepared], domain: "WorldDomain") -> tuple[list[str], int]:
    """The split of each image taken, and how many different ones were drawn for it.

    A selection is split as the whole is: what is held out of one is held out of the other.
    """
    drawn: set[str] = set()
    splits: list[str] = []
    for sample in samples:
        is_again = sample.facts.image_id in drawn
        drawn.add(sample.facts.image_id)
        if is_selected(sample.facts.attributes, domain.only) and not (is_again and domain.only):
            writer.take(sample)
            split = "train" if len(drawn) <= domain.num_train else "test"
            splits += [split] * (len(writer.facts) - len(splits))  # none for a duplicate
        if len(drawn) == domain.num_train + domain.num_test:
            break
    return splits, len(drawn)


def _from_pictures(
    domain: "FolderDomain | ZipDomain", files: _Files, resolution: int, num_threads: int | None
) -> _Built:
    masks = Masks(Path(domain.regions), domain.labels) if domain.regions else None
    with (
        _entries(domain) as entries,
        ImageSetWriter(files.images, files.regions, resolution, masks.names if masks else ()) as writer,
    ):
        for some in rounds(entries, domain.max_images, lambda: len(writer.facts)):
            for entry in prepare_files(some, resolution, domain.fit, masks, num_threads, domain.transform):
                writer.take(entry)
        place = {entry.origin: number for number, entry in enumerate(entries)}
        writer.rejected.sort(key=lambda row: place[row.origin])
    _check_enough(domain, len(writer.facts), writer.rejected)
    # By the undisturbed picture: one that is held out in a domain is held out wherever that domain is moved.
    return writer, split_by_hash([facts.undisturbed_id for facts in writer.facts], domain.test_fraction), []


@contextmanager
def _entries(domain: "FolderDomain | ZipDomain") -> Iterator[list[Candidate | Rejected]]:
    if domain.source == "zip":
        with list_zip(Path(domain.path)) as entries:
            yield entries
    else:
        yield list_folder(Path(domain.path), skip=Path(domain.regions) if domain.regions else None)


def _check_enough(domain: "FolderDomain | ZipDomain", num: int, rejected: Sequence[Rejected]) -> None:
    """:class:`ImageSetError`, one line, when fewer than ``min_images`` images (or none at all) remain."""
    if num >= max(1, domain.min_images):
        return
    read = num + len(rejected)
    found = f"{domain.path}: {num} usable images of {read} files, fewer than `min_images` {domain.min_images}"
    if not rejected:
        raise ImageSetError(f"{found}; bring more pictures or lower `min_images`")
    commonest = Counter(row.reason for row in rejected).most_common(1)[0][0]
    example = next(row for row in rejected if row.reason == commonest)
    raise ImageSetError(
        f"{found}; rejected {len(rejected)} ({count_reasons(rejected)}), such as {example.origin}: {example.detail}; "
        f"{CURES[commonest]}, or lower `min_images`"
    )


def _write_summary(
    path: Path, name: str, source: str, resolution: int, writer: ImageSetWriter, splits: Sequence[str]
) -> None:
    summary = {
        "name": name,
        "source": source,
        "resolution": resolution,
        "num_train": splits.count("train"),
        "num_test": splits.count("test"),
        "num_rejected": len(writer.rejected),
        "digest": digest_of([facts.image_id for facts in writer.facts]),
    }
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8", newline="\n")


@contextmanager
def _written_whole(files: _Files) -> Iterator[_Files]:
    """Where to write the same files: renamed when all are written, removed when one failed."""
    with ExitStack() as stack:
        yield _Files(**{name: stack.enter_context(whole_file(path)) for name, path in vars(files).items()})
