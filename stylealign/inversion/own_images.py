"""Invert a folder of anybody's images, outside a workflow (the command ``stylealign invert``)."""

from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.checkpoint import read_card
from stylealign.config.domains import FolderDomain
from stylealign.config.inversion import Inversion, space_of
from stylealign.data.build import build_image_set
from stylealign.errors import ImageSetError
from stylealign.inversion.adopt_encoder import adopt_encoder
from stylealign.inversion.invert import invert

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

HELD_OUT = 1.0  # nothing is trained on them


def invert_folder(
    g_ema: Path,
    folder: Path,
    output: Path,
    *,
    method: str,
    settings: Inversion,
    judge: "Judge",
    encoder: Path | None,
    seed: int,
    device: str,
) -> Path:
    """Codes of every image in ``folder`` to ``output``; the image set that is made of it lies in the folder returned.

    Images are cut to the model's resolution as the importer does (centre crop), and named by their pixels. What was
    inverted before is kept in that folder too, so that more images cost only themselves. ``encoder`` may be a published
    one, as pSp and e4e save it.

    Raises :class:`ImageSetError` for a folder without usable images, an ``output`` within it, or where nothing can be
    written; and what :func:`~stylealign.inversion.invert.invert` raises.
    """
    beside = _folder_beside(output, folder)
    images, index = beside / "images.zip", beside / "index.parquet"
    build_image_set(
        FolderDomain(source="folder", path=folder, test_fraction=HELD_OUT, min_images=1),
        name=folder.name,
        resolution=read_card(g_ema).img_resolution,
        seed=seed,
        images=images,
        index=index,
        regions=beside / "regions.npz",
        rejected=beside / "rejected.parquet",
        summary=beside / "summary.json",
        preview=beside / "preview.png",
    )
    every = settings.model_copy(update={"split": "test", "num_images": None})
    encoder = _taken_over(encoder, g_ema, space_of(method), beside, seed=seed, device=device)
    files = {"encoder": encoder, "cache": beside / ".cache" / method}
    invert(g_ema, images, index, output, method=method, settings=every, judge=judge, seed=seed, device=device, **files)
    return beside


def _taken_over(encoder: Path | None, g_ema: Path, space: str, beside: Path, *, seed: int, device: str) -> Path | None:
    """The encoder's file; of a published one, what becomes of it."""
    if encoder is None or encoder.suffix == ".safetensors":
        return encoder
    output, model = beside / f"{space}.published.safetensors", read_card(g_ema).model
    adopt_encoder(encoder, space=space, model=model, g_ema=g_ema, output=output, seed=seed, device=device)
    return output


def _folder_beside(output: Path, folder: Path) -> Path:
    """Where the image set of ``folder`` lies, made if need be."""
    if folder.resolve() in output.resolve().parents:
        raise ImageSetError(
            f"{output}: lies in the folder of images, and what is written beside it would be taken for one of them; "
            "name a file elsewhere"
        )
    beside = output.with_suffix(".images")
    try:
        beside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageSetError(f"{beside}: cannot be made ({error}); name another place for the codes") from error
    return beside
