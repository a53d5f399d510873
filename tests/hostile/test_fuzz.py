"""Structures drawn at random: whatever a reader is given, it gives a result or one clear error."""

import copy
import io
import json
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from checkpoint_bytes import model, safetensors
from configs import GOOD, ROOT, TEXT
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_bytes import chunk, gif, header, png, rows, sample, segment, tiff

from stylealign.checkpoint import load_generator
from stylealign.config.checkpoint_header import read_shape
from stylealign.config.load import parse_study
from stylealign.config.yaml_file import parse_yaml
from stylealign.data.decode import decode_picture
from stylealign.data.rejection import Reject
from stylealign.data.sources import list_zip
from stylealign.errors import CheckpointError, ConfigError, ImageSetError

steady = settings(derandomize=True, deadline=None, max_examples=150)
pytestmark = pytest.mark.filterwarnings("ignore")

words = st.sampled_from(
    ["face", "dog", "world", "folder", "embedded", "on", "auto", "", "a\nb", "\x1b[2J", "../x", "nan", "\ud800"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.text(max_size=8)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3), max_leaves=6
)


def check_clear(error: Exception) -> None:
    lines = str(error).split("\n")
    assert all(line.isprintable() and line.strip() for line in lines), lines


def paths_of(part: Any, above: tuple = ()) -> list[tuple]:
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    return [above, *(path for key, value in inner for path in paths_of(value, (*above, key)))]


@pytest.fixture(scope="module")
def whole_study() -> dict[str, Any]:
    return parse_yaml((ROOT / "presets" / "smoke.yaml").read_text(), "smoke.yaml")


@steady
@given(st.data())
def test_a_study_with_parts_replaced(whole_study, data):
    raw = copy.deepcopy(data.draw(st.sampled_from([GOOD, whole_study])))
    for _ in range(data.draw(st.integers(1, 4))):
        *above, last = data.draw(st.sampled_from([path for path in paths_of(raw) if path]))
        part = raw
        for key in above:
            part = part[key]
        if data.draw(st.booleans()) and isinstance(part, dict):
            part[data.draw(words)] = part.pop(last)  # another name
        else:
            part[last] = data.draw(anything)
    try:
        assert parse_study(raw).models
    except ConfigError as error:
        check_clear(error)


@steady
@given(
    st.sampled_from([TEXT, (ROOT / "presets" / "smoke.yaml").read_text()]),
    st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.integers(0, 6),
            st.sampled_from(
                [*"{}[]:,&*!|>'\"%@`#-?\t\n\0", "<<: ", "*a", "&a ", "!!x ", "---\n", "\x85", "\u2028", "\ufeff"]
            ),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_a_study_whose_text_is_mangled(text, changes):
    for place, removed, written in changes:
        at = int(place * len(text))
        text = text[:at] + written + text[at + removed :]
    try:
        parse_study(parse_yaml(text, "x.yaml"), name="x.yaml")
    except ConfigError as error:
        check_clear(error)


small = st.integers(0, 40)
png_chunks = st.lists(
    st.builds(
        chunk,
        st.sampled_from(
            [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"gAMA"]
        ),
        st.binary(max_size=40) | st.just(rows(20, 20)),
    ),
    max_size=6,
)
tags = st.lists(
    st.tuples(
        st.sampled_from(
            [254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339]
        ),
        st.integers(0, 18),
        st.integers(0, 8) | st.sampled_from([2**16, 2**31, 2**32 - 1]),
        st.integers(0, 300) | st.sampled_from([2**31, 2**32 - 1]) | st.binary(min_size=5, max_size=16),
    ),
    unique_by=lambda tag: tag[0],
    max_size=14,
)
pictures = st.one_of(
    st.builds(
        lambda w, h, depth, colour, chunks: png(header(w, h, depth, colour), *chunks, chunk(b"IEND")),
        small, small, st.sampled_from([1, 2, 4, 8, 16]), st.sampled_from([0, 2, 3, 4, 6]), png_chunks,
    ),
    st.builds(lambda found, tail: tiff(found, tail=tail), tags, st.binary(max_size=600)),
    st.builds(
        lambda parts: b"\xff\xd8" + b"".join(segment(*part) for part in parts) + sample("jpg")[2:],
        st.lists(st.tuples(st.integers(0xC0, 0xFE), st.binary(max_size=30)), max_size=5),
    ),
    st.builds(
        lambda w, h, blocks: gif(w, h, *blocks, b";"), small, small,
        st.lists(st.binary(max_size=40), max_size=4),
    ),
)  # fmt: skip


@settings(steady, max_examples=400)
@given(pictures)
def test_pictures_made_of_drawn_parts(content):
    try:
        assert decode_picture(io.BytesIO(content), 16, "pad").pixels.shape == (16, 16, 3)
    except Reject as reject:
        check_clear(reject)


@steady
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6)
)
def test_archives_whose_bytes_are_overwritten(changes):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, suffix in enumerate(("png", "jpg", "gif")):
            archive.writestr(f"{number}.{suffix}", sample(suffix))
    content = bytearray(stream.getvalue())
    directory = content.index(b"PK\x01\x02")
    for place, written in changes:  # most of them in the directory, which is a small part
        at = directory + int(place * (len(content) - directory)) if written[0] % 3 else int(place * len(content))
        content[at : at + len(written)] = written
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        try:
            with list_zip(Path(file.name)) as entries:
                for entry in entries:
                    _opened(entry)
        except ImageSetError as error:
            check_clear(error)


def _opened(entry: Any) -> None:
    assert entry.origin.isprintable()
    if hasattr(entry, "open"):
        try:
            entry.open().read()
        except Reject as reject:
            check_clear(reject)


header_values = st.recursive(
    st.none()
    | st.integers(-4, 2**65)
    | st.sampled_from(["F32", "I64", "F99", "{}", '{"card": {}}', '{"card": [1]}', "["]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "stylealign", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@steady
@given(st.dictionaries(st.sampled_from(["__metadata__", "a", "b"]), header_values, max_size=3), st.binary(max_size=32))
def test_headers_of_drawn_values(values, data):
    _refused_or_read(safetensors(values, data))


@steady
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=12)), min_size=1, max_size=4)
)
def test_checkpoints_whose_header_is_overwritten(changes):
    content = bytearray(model())
    length = struct.unpack("<Q", content[:8])[0]
    for place, written in changes:
        at = 8 + int(place * length)
        content[at : at + len(written)] = written
    _refused_or_read(bytes(content[: len(model())]))


@steady
@given(anything)
def test_cards_of_drawn_values(card):
    meta = json.dumps({"kind": "generator", "card": card})
    _refused_or_read(safetensors({"__metadata__": {"stylealign": meta}}))


def _refused_or_read(content: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".safetensors") as file:
        file.write(content)
        file.flush()
        for read in (read_shape, load_generator):
            try:
                read(Path(file.name))
            except CheckpointError as error:
                check_clear(error)
