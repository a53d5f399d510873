"""`stylealign inspect`: every kind of file tells what it is; nothing in it can move a terminal or stop the reader."""

import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stylealign import tables
from stylealign.boundaries import Boundaries, save_boundaries
from stylealign.checkpoint import load_generator, read_card, save_snapshots, save_tensors
from stylealign.codes import Passport, no_codes, write_codes
from stylealign.encoders import EncoderCard, save_encoder
from stylealign.errors import StyleAlignError
from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.sheet import Sheet
from stylealign.inspection.findings import Findings, escaped, to_json, to_text
from stylealign.inspection.inspect_file import inspect_file, inspected
from stylealign.judges.embedded import save_embedded
from stylealign.judges.embedded_clip import save_embedded_clip
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.encoder import Encoder
from stylealign.networks.latent_mapper import LatentMapper, MapperCard, save_mapper
from stylealign.signature import sign
from stylealign.training.convert import convert_checkpoint
from stylealign.translated_images import save_pictures
from stylealign.writing import write_npz

ROOT = Path(__file__).resolve().parents[3]
MADE = {"rule": "draw_family", "config_digest": "c" * 16, "models": {"cat": ["face 01", "cat 23"]}, "judge": None}


@pytest.fixture
def signed():
    sign(MADE)
    yield
    sign({})


def test_a_model_tells_its_descent_and_how_to_put_it_into_a_study(make_family):
    path = make_family(0.3)["child"]
    found, card = inspect_file(path), read_card(path)
    assert found.what == f"model {card.model}, 16 px"
    assert found.facts["weights"] == card.digest
    assert " -> ".join(line.split()[0] for line in found.facts["lineage"].split(" -> ")) == " -> ".join(card.lineage)
    resolution, architecture, models = found.facts["in_a_config"]
    assert resolution == "resolution: 16"
    assert f"w_dim: {card.architecture['w_dim']}" in architecture
    assert json.dumps(str(path)) in models


def test_judge_encoder_pair_and_state(tmp_path, signed):
    vocabulary = Vocabulary(("face",), (Attribute("yaw_deg", "number", -30, 30, "deg"),), ("face", "background"))
    save_embedded(tmp_path / "judge.safetensors", EmbeddedNetwork(16, 8, vocabulary), {"seed": 5})
    judge = inspect_file(tmp_path / "judge.safetensors")
    assert (judge.what, judge.facts["attributes"], judge.facts["seed"]) == ("embedded judge, 16 px", "yaw_deg", "5")
    assert len(judge.facts["weights"]) == 64
    network = {"space": "w", "img_resolution": 16, "width": 4, "num_ws": 6, "z_dim": 8, "w_dim": 8}
    made = {"settings": {}, "kimg": 0.1, "seed": 0, "recipe": 1, "version": "test", "image_set": "0" * 64}
    card = EncoderCard("w", "random", "cat", "1" * 64, 1.0, "embedded", 16, network, **made)
    save_encoder(tmp_path / "w.safetensors", Encoder(**network), card)
    encoder = inspect_file(tmp_path / "w.safetensors")
    assert encoder.what == "encoder of cat into w"
    assert encoder.facts["generator"] == "1" * 64
    save_tensors(tmp_path / "state.safetensors", {"x": torch.zeros(1)}, {"step": 9, "identity": {"seed": "0"}})
    state = inspect_file(tmp_path / "state.safetensors")
    assert (state.what, state.facts) == ("state for resuming, at step 9", {"of seed": "0"})
    assert judge.provenance == encoder.provenance == state.provenance == MADE


def test_adapted_models_their_snapshots_and_logs(make_adapted, tmp_path):
    files = make_adapted("sketch", target_text="a sketch of a person", iterations=3, num_layers=2)
    G, card = load_generator(files.g_ema)
    model, pair, course = (inspect_file(path) for path in (files.g_ema, files.pair, files.course))
    assert model.what == "model sketch, 16 px"
    assert model.facts["image_set"] == "none: adapted by text"
    for said in ("parent parent", "target_text a sketch of a person", "num_layers 2", "discriminator the parent's"):
        assert said in model.facts["transfer"]
    assert pair.what == "training pair (G and D) of the model sketch, 16 px"
    assert course.what.startswith("table adaptation_course")
    save_snapshots(tmp_path / "snapshots.safetensors", [0.002, 0.004], [G.state_dict()] * 2, card)
    kept = inspect_file(tmp_path / "snapshots.safetensors")
    assert (kept.what, kept.facts["at"]) == ("2 snapshots of the model sketch, 16 px", "0.002 kimg, 0.004 kimg")
    assert kept.facts["lineage"] == model.facts["lineage"]


def test_latent_mappers_and_clips(tmp_path):
    network = {"num_ws": 6, "w_dim": 8, "published_norm": False}
    who = {"model": "cat", "generator": "1" * 64, "target_text": "a cat", "clips": {"b32": 1.0}, "settings": {}}
    card = MapperCard(**who, network=network, seed=0, recipe=1, version="test")
    save_mapper(tmp_path / "mapper.safetensors", LatentMapper(**network), card)
    mapper = inspect_file(tmp_path / "mapper.safetensors")
    assert (mapper.what, mapper.facts["target_text"]) == ("latent mapper of cat", "a cat")
    description = {"embed_dim": 24, "vision": {"image_size": 16}, "text": {"width": 16}, "tokens": [1, 2]}
    save_embedded_clip(tmp_path / "clip.safetensors", torch.nn.Linear(2, 2), description, {"seed": 5})
    clip = inspect_file(tmp_path / "clip.safetensors")
    assert (clip.what, clip.facts["embed_dim"], clip.facts["seed"]) == ("embedded CLIP", "24", "5")
    assert len(clip.facts["weights"]) == 64


def test_tables_codes_and_other_parquet(tmp_path, signed):
    tables.write_table(tmp_path / "t.parquet", tables.MAPPING_DRIFT, [], {"seed": 1})
    table = inspect_file(tmp_path / "t.parquet")
    assert table.what.startswith("table mapping_drift: How far the mapping network moved")
    assert (table.facts["paper"], table.facts["rows"], table.provenance) == ("StyleAlign, Table 7", "0", {"seed": 1})
    write_codes(tmp_path / "c.parquet", no_codes(Passport("w", "w_opt", (4,), "0" * 64, 1.0, "tiny", "{}")))
    codes = inspect_file(tmp_path / "c.parquet")
    assert (codes.what, codes.facts["method"], codes.provenance) == ("codes of 0 images", "w_opt", MADE)
    tables.to_frame(tables.TRAINING, []).to_parquet(tmp_path / "o.parquet")
    assert inspect_file(tmp_path / "o.parquet").what == "a Parquet file, not of this package"


def test_arrays_are_told_by_their_names_and_shapes(tmp_path, signed):
    save_boundaries(tmp_path / "b.npz", Boundaries(("yaw",), np.eye(1, 4, dtype=np.float32), np.zeros(1), ("yaw",)))
    found = inspect_file(tmp_path / "b.npz")
    assert found.what == "directions in W for attributes"
    assert found.facts["names"] == "text [1]: yaw"
    assert found.facts["normals"] == "float32 [1, 4]"
    assert found.provenance == MADE
    save_pictures(tmp_path / "p.npz", {"images": np.zeros([2, 4, 4, 3], np.uint8)})
    assert inspect_file(tmp_path / "p.npz").facts == {"images": "uint8 [2, 4, 4, 3]"}
    np.savez(tmp_path / "pickled.npz", bad=np.array([{}], dtype=object))
    assert inspect_file(tmp_path / "pickled.npz").facts == {"bad": "object [1]"}, "a pickle is not opened"


def test_figures_and_their_pages(tmp_path, signed):
    with style.applied():
        Sheet(60, 40).save(tmp_path / "f.png", tmp_path / "f.pdf")
    write_figure_page(tmp_path / "f.png", tmp_path / "f.html", "One z & more")
    assert inspect_file(tmp_path / "f.png").facts == {"pixels": "60 x 40"}
    assert inspect_file(tmp_path / "f.html").facts == {"title": "One z & more"}
    for kind in ("png", "pdf", "html"):
        assert inspect_file(tmp_path / f"f.{kind}").what.startswith("figure family: ")
        assert inspect_file(tmp_path / f"f.{kind}").provenance == MADE


def test_a_study_and_a_figure_of_nobody(tmp_path):
    study = inspect_file(ROOT / "config.yaml")
    assert study.what == "study of 9 models of 5 domains at 32 px"
    assert "face -> dog -> cat" in study.facts["models"]
    with style.applied():
        Sheet(60, 40).save(tmp_path / "f.png")
    assert "does not say" in inspect_file(tmp_path / "f.png").facts["made"]


def test_another_projects_checkpoint_is_told_as_lines_of_a_config(make_family, tmp_path):
    convert_checkpoint(make_family(0.3)["child"], tmp_path / "theirs.pt")
    found = inspect_file(tmp_path / "theirs.pt")
    assert found.what == "checkpoint of another project (rosinality), 16 px"
    assert found.facts["in_a_config"][0] == "resolution: 16"
    assert "mapping_layers" in found.facts["in_a_config"][1]


def test_text_has_the_lines_of_descent_and_json_has_everything():
    findings = Findings("model cat", {"seed": "3", "several": ["a", "b"]}, MADE)
    lines = to_text("cat.safetensors", findings).splitlines()
    assert lines[0] == "cat.safetensors: model cat"
    assert "How it was made" in lines
    assert any("cat: face 01 -> cat 23" in line for line in lines)
    assert not any("judge" in line for line in lines), "what is unknown is left out"
    found = json.loads(to_json("cat.safetensors", findings))
    assert found["facts"] == {"seed": "3", "several": ["a", "b"]}
    assert found["provenance"] == MADE


@given(st.text(max_size=60))
def test_nothing_reaches_the_terminal_but_text(text):
    findings = Findings(text, {text: [text, text]}, {text: {text: text}, "config": {"k": text}})
    assert all(one.isprintable() or one == "\n" for one in to_text(text, findings))
    assert to_json(text, findings).isascii()
    assert all(one.isprintable() or one == "\n" for one in to_json(text, findings))


def test_an_escape_sequence_is_shown_as_its_code():
    assert escaped("\x1b[31mred\x07\u202e") == "\\x1b[31mred\\x07\\u202e"


SIGNS = [b"PAR1", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"<!doctype html>", b"\x80\x02", b""]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(head=st.sampled_from(SIGNS), rest=st.binary(max_size=300))
def test_any_bytes_end_in_findings_or_in_one_line(tmp_path, head, rest):
    file = tmp_path / "hostile.bin"
    file.write_bytes(head + rest)
    try:
        said = to_text(str(file), inspect_file(file))
    except StyleAlignError as error:
        said = str(error)
    assert str(file) in said.splitlines()[0]
    assert said.replace("\n", "").isprintable()


@pytest.mark.parametrize("card", ["3", "{}", '{"model": "x"}', "null", '{"lineage_digests": []}'])
@pytest.mark.parametrize("kind", ["generator", "encoder", "judge", "?"])
def test_a_card_that_lacks_what_it_should_say_is_one_line(tmp_path, kind, card):
    header = json.dumps({"__metadata__": {"stylealign": f'{{"kind": "{kind}", "card": {card}}}'}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b" ")
    with pytest.raises(StyleAlignError, match=r"x\.safetensors") as caught:
        inspect_file(tmp_path / "x.safetensors")
    assert len(str(caught.value).splitlines()) == 1


def safetensors_saying(path: Path, meta: str) -> Path:
    header = json.dumps({"__metadata__": {"stylealign": meta}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b" ")
    return path


SAID = ['["a"]', '"a"', "3", '{"parts": {"a": 1}, "models": [1]}', f'{{"x": {"[" * 900}{"]" * 900}}}']

MANY_NANS = json.dumps({"parts": {str(number): {"seed": float("nan")} for number in range(40)}})


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize("provenance", [*SAID, MANY_NANS])
def test_whatever_a_file_says_of_how_it_was_made_is_text_or_one_line(tmp_path, provenance, as_json):
    file = safetensors_saying(
        tmp_path / "x.safetensors", f'{{"identity": {{}}, "step": 1, "provenance": {provenance}}}'
    )
    said = text_or_line(file, as_json)
    assert said.startswith("{") if as_json and "state for resuming" in said else said.startswith(str(file))


def text_or_line(file: Path, as_json: bool = False) -> str:
    try:
        return inspected(file, as_json=as_json)
    except StyleAlignError as error:
        return str(error)


def npz_of(path: Path, *parts: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive, archive.open("z.npy", "w") as file:
        for part in parts:
            file.write(part)
    return path


HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n"
BOMBS = {
    "no number of values": b"\x93NUMPY\x01\x00" + len(HEADER).to_bytes(2, "little") + HEADER,
    "a header without end": b"\x93NUMPY\x02\x00" + (2**26).to_bytes(4, "little"),
}


@pytest.mark.parametrize("head", BOMBS.values(), ids=BOMBS)
def test_a_small_archive_that_unpacks_to_a_large_one_is_not_unpacked(tmp_path, head):
    file = npz_of(tmp_path / "bomb.npz", head, *[bytes(2**20)] * 64)
    assert file.stat().st_size < 2**17
    tracemalloc.start()
    said = text_or_line(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "bomb.npz" in said
    assert peak < 2**24


@pytest.mark.parametrize("head", [b"{'a': (((\n", b"{'descr': '<f8'", b"(" * 5000])
def test_an_array_whose_header_is_none_is_one_line(tmp_path, head):
    file = npz_of(tmp_path / "a.npz", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(StyleAlignError, match=r"a\.npz: cannot be read"):
        inspect_file(file)


def test_encrypted_and_altered_entries_are_one_line(tmp_path):
    written = bytearray(npz_of(tmp_path / "a.npz", bytes(range(256)) * 8).read_bytes())
    encrypted, altered = bytearray(written), bytearray(written)
    for record, place in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)]:
        encrypted[encrypted.find(record) + place] |= 1
    altered[35:60] = bytes(25 * [0xFF])
    for number, changed in enumerate([encrypted, altered]):
        file = tmp_path / f"changed{number}.npz"
        file.write_bytes(changed)
        with pytest.raises(StyleAlignError, match=file.name):
            inspect_file(file)


def test_names_that_no_file_can_have_are_one_line(tmp_path):
    for name in ("x" * 400, "x\x1b[31m", "file/in_a_file"):
        (tmp_path / "file").touch()
        with pytest.raises(StyleAlignError) as caught:
            inspect_file(tmp_path / name)
        assert str(caught.value).isprintable()


def test_a_truncated_file_of_each_kind_is_one_line(tmp_path, signed):
    write_npz(tmp_path / "a.npz", {"z": np.zeros(100)})
    tables.write_table(tmp_path / "a.parquet", tables.TRAINING, [], {})
    save_tensors(tmp_path / "a.safetensors", {"x": torch.zeros(9)}, {"kind": "pair", "card": {}})
    for file in tmp_path.glob("a.*"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
        with pytest.raises(StyleAlignError, match=file.name):
            inspect_file(file)
