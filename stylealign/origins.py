"""Where files come from, read off their headers: who made them, of which models' weights, judged by whom.

Every file of the workflow says how it was made, where its kind has room for it: Parquet and safetensors in their
metadata, npz in the archive's comment, PNG in a text chunk, PDF under its keywords, HTML in a data block, videos in
their comments. Nothing large is read, nothing is executed, and torch is not needed.

A model's line of descent is written ``name digest``, root first; digests are cut to 16 digits.
"""

import json
import re
import struct
import tokenize
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylealign.config.checkpoint_header import read_metadata
from stylealign.errors import StyleAlignError
from stylealign.provenance import canonical_json, capped, file_sha256, text_digest
from stylealign.reading import ZIP_ERRORS
from stylealign.signature import KEY as SIGNATURE_KEY
from stylealign.video_headers import gif_comment, mp4_comment, video_kind, webp_description

SHORT = 16  # digits of a digest
MAX_HASHED_BYTES = 2**20  # a file that says nothing of itself is hashed up to here
MAX_PAGE_BYTES = 2**28
END_BYTES = 22  # of the record that ends an archive, before its comment
MODEL_FILE = "g_ema.safetensors"
HASHED_ROLES = ("weights", "regions_weights", "reader", "diversity", "checkpoint", "pair", "file")
"""What a job calls judges' weights and others' checkpoints: hashed whole where they say nothing of themselves."""

UNREADABLE: tuple[type[Exception], ...] = (*ZIP_ERRORS, StyleAlignError, TypeError, LookupError, AttributeError)
UNREADABLE += (ArithmeticError, SyntaxError, MemoryError, tokenize.TokenError)
"""What reading the header of a foreign or damaged file may raise; a recursion too deep is a RuntimeError."""

Provenance = dict[str, Any]


def container(path: Path) -> str:
    """What a file is by its first bytes: parquet, zip, png, pdf, safetensors, html, mp4, webp, gif or (empty) else."""
    with open(path, "rb") as file:
        head = file.read(512)
    signs = {b"PAR1": "parquet", b"PK\x03\x04": "zip", b"PK\x05\x06": "zip", b"\x89PNG\r\n": "png", b"%PDF-": "pdf"}
    found = next((kind for sign, kind in signs.items() if head.startswith(sign)), "") or video_kind(head)
    if not found and head[8:9] == b"{" and path.stat().st_size > struct.unpack("<Q", head[:8])[0]:
        return "safetensors"
    return "html" if not found and head.lstrip()[:9].lower() == b"<!doctype" else found


def read_signature(path: Path) -> Provenance:
    """What a file says of how it was made; empty where it says nothing. Raises one of :data:`UNREADABLE`."""
    kind = container(path)
    if kind == "safetensors":
        return _mapping(safetensors_meta(path).get("provenance"))
    texts = {"parquet": _parquet_text, "zip": _zip_text, "png": _png_text, "pdf": _pdf_text, "html": _html_text}
    texts |= {"mp4": mp4_comment, "webp": webp_description, "gif": gif_comment}
    text = texts[kind](path) if kind in texts else ""
    return _mapping(json.loads(text)) if text.startswith("{") else {}


def _mapping(value: Any) -> Provenance:
    return dict(value) if isinstance(value, Mapping) else {}


def safetensors_meta(path: Path) -> Provenance:
    """The metadata of a safetensors file of ours; empty for another's."""
    return _mapping(json.loads(read_metadata(path).get("stylealign", "{}")))


def parquet_metadata(path: Path) -> dict[str, str]:
    """The metadata of a Parquet file."""
    import pyarrow.parquet as pq

    found = pq.read_schema(path).metadata or {}
    return {key.decode(): value.decode() for key, value in found.items() if key.startswith(b"stylealign")}


def _parquet_text(path: Path) -> str:
    return parquet_metadata(path).get(SIGNATURE_KEY, "")


def _zip_text(path: Path) -> str:
    """The comment of an archive, from its last bytes: the directory of 100,000 images is not read."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - zipfile.ZIP_MAX_COMMENT - END_BYTES))
        tail = file.read()
    end = tail[tail.rfind(b"PK\x05\x06") :]
    (size,) = struct.unpack("<H", end[END_BYTES - 2 : END_BYTES])
    return end[END_BYTES:].decode() if len(end) == END_BYTES + size else ""


def _png_text(path: Path) -> str:
    """The text chunk under our key; chunks are passed over up to the image."""
    with open(path, "rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            size, name = struct.unpack(">I4s", head)
            if name in (b"IDAT", b"IEND"):
                break
            if name == b"tEXt":
                key, _, text = file.read(size).partition(b"\0")
                if key == SIGNATURE_KEY.encode():
                    return text.decode("latin-1")
                file.seek(4, 1)
            else:
                file.seek(size + 4, 1)
    return ""


def _pdf_text(path: Path) -> str:
    """The keywords, as matplotlib writes them."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - MAX_PAGE_BYTES))
        found = re.search(rb"/Keywords \(((?:[^()\\]|\\.)*)\)", file.read(), re.DOTALL)
    return re.sub(r"\\(.)", r"\1", found[1].decode("latin-1")) if found else ""


def _html_text(path: Path) -> str:
    with open(path, encoding="utf-8") as file:
        text = file.read(MAX_PAGE_BYTES)
    found = re.search(rf'<script type="application/json" id="{re.escape(SIGNATURE_KEY)}">(.*?)</script>', text, re.S)
    return found[1] if found else ""


@dataclass(frozen=True)
class Origin:
    """What a file's header says: what tells it from another of its name, and the models and judges behind it.

    ``identity`` is ``weights:`` and the digest of a checkpoint's weights; ``provenance:``, of what the file says of how
    it was made; ``images:``, of an image set's images; of another small file (or one of :data:`HASHED_ROLES`) its
    ``sha256:``, of a large one its ``bytes:``.
    """

    identity: str
    models: Mapping[str, list[str]] = field(default_factory=dict)
    judges: Mapping[str, str] = field(default_factory=dict)


def origin_of(path: Path, *, hashed: bool = False) -> Origin:
    """Where a file comes from, from its header; never an error: what is damaged is found by the job itself.

    With ``hashed`` a file of any size that says nothing of itself is read whole, and so is every file of a folder.
    """
    try:
        if path.is_dir():
            return Origin(f"sha256:{_folder_digest(path)}" if hashed else "folder")
        return _origin(path, hashed)
    except UNREADABLE:
        return Origin("unreadable")


def _folder_digest(folder: Path) -> str:
    files = sorted((file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file())
    return text_digest(canonical_json([[name, file_sha256(file)] for name, file in files]))


def _origin(path: Path, hashed: bool) -> Origin:
    kind = container(path)
    if kind == "safetensors" and (digest := weights_digest(meta := safetensors_meta(path))):
        signature, line = _mapping(meta.get("provenance")), descent(_mapping(meta.get("card")))
        models = {**_mapping(signature.get("models")), **({line[-1].rpartition(" ")[0]: line} if line else {})}
        return Origin(f"weights:{digest[:SHORT]}", models, _mapping(signature.get("judges")))
    if kind == "zip" and re.fullmatch("[0-9a-f]{64}", comment := _zip_text(path)):
        return Origin(f"images:{comment[:SHORT]}")
    if signature := read_signature(path):
        told = f"provenance:{text_digest(json.dumps(signature, sort_keys=True))}"
        return Origin(told, _mapping(signature.get("models")), _mapping(signature.get("judges")))
    size = path.stat().st_size
    is_hashed = hashed or size <= MAX_HASHED_BYTES
    return Origin(f"sha256:{file_sha256(path)[:SHORT]}" if is_hashed else f"bytes:{size}")


def weights_digest(meta: Mapping[str, Any]) -> str:
    """The digest of a checkpoint's weights: its card's, or else its seal's; empty where it has neither."""
    card, seal = _mapping(meta.get("card")), _mapping(meta.get("seal"))
    lineage = card.get("lineage_digests") or [card.get("digest", "")]
    return str(lineage[-1] or seal.get("tensors", ""))


def descent(card: Mapping[str, Any]) -> list[str]:
    """A model's line of descent, root first, each ``name digest``; empty for what has none."""
    pairs = zip(card.get("lineage", ()), card.get("lineage_digests", ()), strict=False)
    return [f"{name} {digest[:SHORT]}" for name, digest in pairs]


def gathered(
    inputs: Mapping[str, Path | list[Path] | None], judge_names: Mapping[str, str | None] | None = None
) -> Provenance:
    """What a job's input files say: ``inputs``, each with its identity; ``models`` and ``judges`` behind them.

    Models and judges are those of the files themselves and of all that these were made from. ``judge_names`` has, for
    each role of judges' weights, which judge they are of. Long lists are cut, and told by a digest of the whole.
    """
    named: dict[str, str] = {}
    models: dict[str, list[str]] = {}
    judges: dict[str, str] = {}
    asked = {role: name for role, name in (judge_names or {}).items() if name and role in inputs}
    places = _places(dict.fromkeys(path for _, path in _each(inputs)))
    for role, path in _each(inputs):
        origin = origin_of(path, hashed=role in HASHED_ROLES)
        named[places[path]] = origin.identity
        models |= {**origin.models, **_model_beside(path)}
        judges |= origin.judges
        judges |= {asked[role]: origin.identity} if role in asked else {}
    judges |= {name: "no weights" for role, name in asked.items() if inputs[role] is None}
    found: dict[str, Mapping[str, Any]] = {"inputs": named, "models": models, "judges": judges}
    return {name: capped(value) for name, value in found.items() if value}


def _model_beside(path: Path) -> Mapping[str, list[str]]:
    """The model that a file was made with: its samples and its course lie beside it, written before it had a digest."""
    model = path.with_name(MODEL_FILE)
    return origin_of(model).models if path.suffix in (".npz", ".parquet") and model.is_file() else {}


def _each(inputs: Mapping[str, Path | list[Path] | None]) -> Iterator[tuple[str, Path]]:
    for role, paths in inputs.items():
        yield from ((role, path) for path in (paths if isinstance(paths, list) else [paths]) if path is not None)


def _places(paths: Iterable[Path]) -> dict[Path, str]:
    """Each file's path in the study's folder; of one elsewhere only its name, numbered where several have it."""
    places: dict[Path, str] = {}
    for path in paths:
        place = path.name if path.is_absolute() or ".." in path.parts else path.as_posix()
        same = [one for one in places.values() if re.sub(r" \(\d+\)$", "", one) == place]
        places[path] = f"{place} ({len(same) + 1})" if same else place
    return places
