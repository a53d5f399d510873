"""Where files come from: every kind of file carries its job's signature, and gives it back from its header alone."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylealign import tables
from stylealign.checkpoint import read_card, save_tensors
from stylealign.codes import Passport, no_codes, read_codes, write_codes
from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.sheet import Sheet
from stylealign.figures.table_page import write_table_page
from stylealign.origins import container, gathered, origin_of, read_signature
from stylealign.provenance import MAX_LISTED, MORE, capped, describe
from stylealign.signature import sign, signature, signature_text
from stylealign.writing import write_npz

MADE = {"rule": "draw_family", "config_digest": "c" * 16, "config": {"title": "a (b) \\ </script> é"}, "seed": 3}


@pytest.fixture(autouse=True)
def _unsigned():
    yield
    sign({})


def write_all(folder: Path) -> dict[str, Path]:
    """One file of every kind that carries a signature."""
    kinds = ("npz", "safetensors", "parquet", "codes.parquet", "png", "pdf", "html", "table.html")
    files = {kind: folder / f"file.{kind}" for kind in kinds}
    write_npz(files["npz"], {"z": np.zeros(3, np.float32)})
    save_tensors(files["safetensors"], {}, {"kind": "pair"})
    tables.write_table(files["parquet"], tables.TRAINING, [], signature())
    write_codes(files["codes.parquet"], no_codes(Passport("w", "w_opt", (4,), "0" * 64, 1.0, "tiny", "{}")))
    with style.applied():
        sheet = Sheet(60, 40)
        sheet.heading("a (title)")
        sheet.save(files["png"], files["pdf"])
    write_figure_page(files["png"], files["html"], "A title")
    twins = {kind: folder / f"twin.{kind}" for kind in ("markdown", "csv")}
    write_table_page(files["parquet"], **twins, html=files["table.html"])
    return files


def test_every_kind_of_file_gives_its_signature_back(tmp_path):
    sign(MADE)
    for kind, file in write_all(tmp_path).items():
        assert read_signature(file) == MADE, kind


def test_equal_signatures_give_equal_bytes_and_none_leaves_no_trace(tmp_path):
    plain = {kind: file.read_bytes() for kind, file in write_all(tmp_path / "plain").items()}
    sign(MADE)
    files = [write_all(tmp_path / name) for name in ("one", "two")]
    for kind in plain:
        one, two = (some[kind].read_bytes() for some in files)
        assert one == two, kind
        assert one != plain[kind], f"{kind} is signed"
        assert b"provenance" not in plain[kind].replace(b"stylealign.provenance", b"") or kind == "parquet"
        assert read_signature(tmp_path / "plain" / files[0][kind].name) == {}
    assert str(tmp_path).encode() not in b"".join(file.read_bytes() for file in files[0].values())


def test_readers_do_not_see_the_signature(tmp_path):
    sign(MADE)
    files = write_all(tmp_path)
    with np.load(files["npz"], allow_pickle=False) as npz:
        assert npz.files == ["z"]
        assert npz["z"].tolist() == [0, 0, 0]
    assert read_codes(files["codes.parquet"]).num == 0


def test_a_signature_too_long_for_an_archive_is_left_out(tmp_path):
    sign({"rule": "x" * 70_000})
    write_npz(tmp_path / "a.npz", {"z": np.zeros(3)})
    assert read_signature(tmp_path / "a.npz") == {}
    assert np.load(tmp_path / "a.npz")["z"].shape == (3,)


def test_a_signature_is_a_copy():
    made = {"rule": "train"}
    sign(made)
    made["rule"] = signature()["rule"] = "other"
    assert json.loads(signature_text()) == {"rule": "train"}
    sign({})
    assert (signature(), signature_text()) == ({}, "")


def test_models_are_told_by_their_descent_and_their_weights(make_family):
    child = make_family(0.3)["child"]
    card = read_card(child)
    origin = origin_of(child)
    assert origin.identity == f"weights:{card.digest[:16]}"
    line = [f"{name} {digest[:16]}" for name, digest in zip(card.lineage, card.lineage_digests, strict=True)]
    assert origin.models == {card.model: line}


def test_what_is_behind_a_file_is_behind_what_is_made_of_it(make_family, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    family = make_family(0.3)
    (tmp_path / "judges/sharp").mkdir(parents=True)
    (tmp_path / "judges/sharp/weights").write_bytes(b"weights")
    files = {"g_ema": family["child"], "relatives": [family["parent"]], "weights": Path("judges/sharp/weights")}
    found = gathered(files, {"weights": "sharp", "reader": "unasked"})
    assert set(found["models"]) == {read_card(family[one]).model for one in ("child", "parent")}
    assert found["judges"] == {"sharp": found["inputs"]["judges/sharp/weights"]}
    assert found["judges"]["sharp"].startswith("sha256:")
    sign(describe(spec="{}", code="c", behind=found))
    write_npz("cell.npz", {"z": np.zeros(1)})
    later = gathered({"cell": Path("cell.npz"), "absent": None})
    assert later["inputs"]["cell.npz"].startswith("provenance:")
    assert (later["models"], later["judges"]) == (found["models"], found["judges"])


def test_what_lies_beside_a_model_was_made_with_it(make_family, tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/g_ema.safetensors").write_bytes(make_family(0.3)["child"].read_bytes())
    write_npz(tmp_path / "cat/samples.npz", {"z": np.zeros(1)})
    found = gathered({"samples": [tmp_path / "cat/samples.npz"]})
    assert found["models"] == origin_of(tmp_path / "cat/g_ema.safetensors").models
    assert list(found["inputs"]) == ["samples.npz"], "of a file outside the study only the name"


def test_a_long_list_is_cut_and_told_by_its_digest(tmp_path):
    files = [tmp_path / f"{number}.txt" for number in range(MAX_LISTED + 8)]
    for file in files:
        file.write_text(file.name)
    first = gathered({"parts": files})["inputs"]
    assert len(first) == MAX_LISTED + 1
    assert list(first.values())[-1] == "8 more"
    files[-1].write_text("changed")
    assert gathered({"parts": files})["inputs"] != first, "what is not listed still counts"


def test_cut_lists_of_inputs_are_not_counted_as_entries():
    cut = [capped({f"{name}{number:02}": "x" for number in range(MAX_LISTED + 8)}) for name in "ab"]
    assert capped(cut[0]) == cut[0]
    both = capped({**cut[0], **cut[1]})
    assert len(both) == MAX_LISTED + 1
    *named, others = both
    assert named == [name for name in cut[0] if not name.startswith(MORE)]
    assert (others[: len(MORE)], both[others]) == (MORE, "more, of lists that were cut already")


def test_files_of_one_name_elsewhere_are_told_apart(tmp_path):
    files = [tmp_path / folder / "net.pt" for folder in "ab"]
    for file in files:
        file.parent.mkdir()
        file.write_text(file.parent.name)
    found = gathered({"one": files[0], "several": files})["inputs"]
    assert list(found) == ["net.pt", "net.pt (2)"]
    assert len(set(found.values())) == 2


def test_image_sets_folders_and_files_that_say_nothing(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.comment = b"ab" * 32
    (tmp_path / "large").write_bytes(bytes(2**20 + 1))
    assert origin_of(tmp_path / "images.zip").identity == f"images:{'ab' * 8}"
    assert origin_of(tmp_path / "large").identity == f"bytes:{2**20 + 1}"
    assert origin_of(tmp_path).identity == "folder"
    assert origin_of(tmp_path / "nowhere").identity == "unreadable"


SIGNS = [b"PAR1", b"PK\x03\x04", b"PK\x05\x06", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4 /Keywords (", b"<!doctype html>", b""]
CARDS = ['{"lineage": 3}', '{"lineage_digests": [1]}', '{"lineage": [[]], "lineage_digests": [{}]}', "[]", '"x"']


@given(st.sampled_from(SIGNS), st.binary(max_size=400))
def test_no_file_stops_a_job_before_it_began(tmp_path_factory, head, rest):
    file = tmp_path_factory.getbasetemp() / "hostile.bin"
    file.write_bytes(head + rest)
    assert isinstance(origin_of(file).identity, str)


@pytest.mark.parametrize("card", CARDS)
def test_a_card_of_another_shape_stops_no_job(tmp_path, card):
    header = json.dumps({"__metadata__": {"stylealign": f'{{"kind": "generator", "card": {card}}}'}}).encode()
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b" ")
    assert container(tmp_path / "x.safetensors") == "safetensors"
    assert gathered({"g_ema": tmp_path / "x.safetensors"})["inputs"]


def test_neither_torch_nor_matplotlib_is_needed():
    code = (
        "import sys, stylealign.job, stylealign.signature; print({'torch', 'matplotlib', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
