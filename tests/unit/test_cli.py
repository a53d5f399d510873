"""The command line, run as a user runs it."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from typer.testing import CliRunner

from stylealign.cli import app
from stylealign.codes import read_codes
from stylealign.config.checkpoint_header import read_card_values
from stylealign.encoders import EncoderCard, save_encoder
from stylealign.judges.embedded import save_embedded
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.locks import FolderLock
from stylealign.networks.encoder import Encoder
from stylealign.tables import TRAINING, write_table

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_check_says_what_a_study_makes():
    code, out, _ = run("check", ROOT / "config.yaml")
    assert code == 0
    assert "face -> dog -> cat" in out
    assert "mapping_drift" in out


def test_check_says_every_mistake(tmp_path):
    (tmp_path / "bad.yaml").write_text("domains: {}\nmodels: {a: {domain: b}}\nsead: 1\n")
    code, out, err = run("check", tmp_path / "bad.yaml")
    assert (code, out) == (1, "")
    assert err.startswith(f"{tmp_path / 'bad.yaml'}: 4 mistakes\n")
    assert "sead = 1: there is no such key; did you mean 'seed'?" in err


def test_config_docs_writes_the_committed_pages(tmp_path):
    assert run("config-docs", tmp_path)[0] == 0
    for name in ("config.md", "config.schema.json", "tables.md"):
        assert (tmp_path / name).read_bytes() == (ROOT / "docs" / name).read_bytes()


def test_inspect_tells_a_tables_origin(tmp_path):
    write_table(tmp_path / "training.parquet", TRAINING, [], {"seed": 7})
    code, out, _ = run("inspect", "--json", tmp_path / "training.parquet")
    assert code == 0
    assert json.loads(out)["provenance"] == {"seed": 7}
    code, out, _ = run("inspect", tmp_path / "training.parquet")
    assert out.splitlines()[0].endswith("training.parquet: table training: What training cost")
    assert out.splitlines()[-1].split() == ["seed", "7"]


@pytest.mark.parametrize("name", ["none.parquet", "notes.txt", "bad.yaml", "."])
def test_inspect_refuses_in_one_line(tmp_path, name):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "bad.yaml").write_text("domains: {}\nsead: 1\n")
    code, out, err = run("inspect", tmp_path / name)
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert str(tmp_path / name) in err


def test_clean_removes_states_and_only_when_told_results(tmp_path):
    state, table = tmp_path / "results/models/cat/.resume/x", tmp_path / "results/tables/t.parquet"
    for file in (state, table, tmp_path / "results/.gitkeep"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert run("clean", tmp_path)[0] == 0
    assert not state.parent.exists()
    assert table.exists()
    assert run("clean", tmp_path, "--results")[0] == 0
    assert [path.name for path in (tmp_path / "results").iterdir()] == [".gitkeep"]


def test_clean_takes_what_was_left_unfinished_and_nothing_that_a_job_works_on(tmp_path):
    maps, partial = (
        tmp_path / "results/channel_maps/cat/.0.resume",
        tmp_path / "results/models/cat/g.npz.host.1.partial",
    )
    for file in (maps / "abc/000000.npz", partial, fresh := partial.with_name("h.npz.host.2.partial")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    os.utime(partial, (0, 0))
    with FolderLock(maps):
        code, _, err = run("clean", tmp_path)
        assert code == 1
        assert "another process" in err
        assert partial.exists()
    assert run("clean", tmp_path)[0] == 0
    assert not maps.exists()
    assert not partial.exists()
    assert fresh.exists()


# -- images of one's own ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.3)


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """The working directory of a study of 16 px that has trained its judge, with three photographs."""
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    shutil.copy(ROOT / "presets/smoke.yaml", "config.yaml")
    Path("results/judges/embedded").mkdir(parents=True)
    torch.manual_seed(7)
    vocabulary = Vocabulary(("face",), (Attribute("yaw_deg", "number", -30, 30, "deg"),), ("face", "background"))
    save_embedded("results/judges/embedded/judge.safetensors", EmbeddedNetwork(16, 8, vocabulary), {})
    Path("photos").mkdir()
    for number, pixels in enumerate(np.random.default_rng(0).integers(0, 256, [3, 20, 16, 3], np.uint8)):
        Image.fromarray(pixels).save(f"photos/{number}.png")
    return tmp_path


def refused(*arguments: object) -> str:
    """The one line that a refusal is."""
    code, out, err = run(*arguments)
    assert (code, out) == (1, ""), err
    said = [line for line in err.splitlines() if not line.startswith("INFO")]
    assert len(said) == 1, err
    return said[0]


def test_photographs_are_inverted_and_translated(bench, family):
    code, out, err = run("invert", family["parent"], "photos", "--output", "mine.parquet", "--method", "z_opt")
    assert (code, out) == (0, "mine.parquet\n"), err
    codes = read_codes("mine.parquet")
    assert (codes.num, codes.space, codes.passport.judge, set(codes.steps)) == (3, "z", "embedded", {4})
    assert {path.name for path in Path("mine.images").iterdir()} >= {"images.zip", "index.parquet", "preview.png"}
    code, out, err = run("translate", "mine.parquet", family["parent"], family["copy"], "--output", "copies")
    assert (code, out) == (0, "copies: 3 images\n"), err
    assert {path.name for path in Path("copies").iterdir()} == {f"{one}.png" for one in codes.image_ids}
    assert Image.open(f"copies/{codes.image_ids[0]}.png").size == (16, 16)


def test_photographs_are_encoded(bench, family):
    encoder = encoder_of(family["parent"])
    options = ("--method", "w_enc", "--encoder", encoder)
    code, _, err = run("invert", family["parent"], "photos", "--output", "mine.parquet", *options)
    assert code == 0, err
    assert (read_codes("mine.parquet").space, set(read_codes("mine.parquet").steps)) == ("w", {0})
    said = refused("invert", family["child"], "photos", "--output", "theirs.parquet", *options)
    assert "encoder of parent into w" in said
    assert "train it again" in said
    assert not Path("theirs.parquet").exists()


def encoder_of(g_ema: Path) -> Path:
    """An untrained encoder into W of the model in ``g_ema``."""
    found = read_card_values(g_ema)
    network = {"space": "w", "img_resolution": 16, "width": 4, "num_ws": 6, "z_dim": 8, "w_dim": 8}
    made = {"settings": {}, "kimg": 0.1, "seed": 0, "recipe": 1, "version": "test", "image_set": "0" * 64}
    of = {"space": "w", "start": "random", "model": found["model"], "generator": found["lineage_digests"][-1]}
    card = EncoderCard(**of, truncation_psi=1.0, judge="embedded", img_resolution=16, network=network, **made)
    save_encoder("w.safetensors", Encoder(**network), card)
    return Path("w.safetensors")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["photos", "--method", "y_opt"], "--method y_opt: there is no such method; take one of z_opt"),
        (["nowhere"], "nowhere: there is no such folder; name a folder of images"),
        (["photos/0.png"], "photos/0.png: there is no such folder"),
        (["photos", "--method", "w_enc"], "w_enc: this method needs an encoder into w; give its file"),
        (
            ["photos", "--method", "w_enc", "--encoder", "none.safetensors"],
            "--encoder none.safetensors: there is no such",
        ),
        (["empty"], "empty"),
        (["photos", "--config", "bare.yaml"], "bare.yaml: has no section `inversion`; name another study with"),
        (["photos", "--output", "mine"], "--output mine: codes are a Parquet file; name one that ends in .parquet"),
        (["photos", "--encoder", "config.yaml"], "--encoder config.yaml: w_opt asks no encoder"),
        (["photos", "--output", "config.yaml/mine.parquet"], "config.yaml/mine.images: cannot be made"),
        (["photos", "--output", "photos/mine.parquet"], "photos/mine.parquet: lies in the folder of images"),
    ],
)
def test_what_cannot_be_inverted_is_a_line(bench, family, options, says):
    Path("empty").mkdir()
    bare = yaml.safe_load(Path("config.yaml").read_text())
    Path("bare.yaml").write_text(yaml.safe_dump({**bare, "inversion": None, "studies": {}}))
    output = [] if "--output" in options else ["--output", "mine.parquet"]
    assert says in refused("invert", family["parent"], *options, *output)
    assert not Path("mine.parquet").exists()


def test_a_study_that_has_not_trained_its_judge_says_so(bench, family):
    Path("results/judges/embedded/judge.safetensors").unlink()
    assert "judges.embedded" in refused("invert", family["parent"], "photos", "--output", "mine.parquet")


def test_what_is_no_model_is_a_line(bench):
    assert "config.yaml" in refused("invert", "config.yaml", "photos", "--output", "mine.parquet")
    assert "none.safetensors" in refused("invert", "none.safetensors", "photos", "--output", "mine.parquet")


def test_models_are_morphed_with_random_codes_or_with_found_ones(bench, family, make_relatives):
    related = make_relatives(family)
    ends, options = (related["parent"], related["child"]), ("--frames", 3, "--num", 2)
    code, out, err = run("morph", *ends, "--output", "random.gif", *options)
    assert (code, out) == (0, "random.gif\n"), err
    assert Image.open("random.gif").n_frames == 3 + 1, "there and back"
    found = [part for name in ("parent", "child") for part in ("--codes", f"{name}.parquet")]
    for name in ("parent", "child"):
        assert run("invert", related[name], "photos", "--output", f"{name}.parquet")[0] == 0
    code, _, err = run("morph", *ends, *found, "--output", "found.WEBP", *options)
    assert code == 0, err
    assert "found in another model" in refused("morph", *reversed(ends), *found, "--output", "other.gif")
    assert Image.open("found.WEBP").size == Image.open("random.gif").size


def test_what_cannot_be_morphed_is_a_line(bench, family):
    parent, stranger = family["parent"], family["stranger"]
    assert "have no common ancestor" in refused("morph", parent, stranger, "--output", "out.mp4")
    assert "two models or more" in refused("morph", parent, "--output", "out.mp4")
    assert ".mp4 or .webp or .gif" in refused("morph", parent, parent, "--output", "out.avi")
    assert "smooth" in refused("morph", parent, parent, "--output", "out.mp4", "--easing", "slow")
    assert run("invert", parent, "photos", "--output", "mine.parquet")[0] == 0
    one = ("--codes", "mine.parquet")
    assert "2 models and 1 files of codes" in refused("morph", parent, parent, *one, "--output", "out.mp4")
    assert not list(Path().glob("*out*"))


def test_what_cannot_be_translated_is_a_line(bench, family):
    assert run("invert", family["parent"], "photos", "--output", "mine.parquet")[0] == 0
    parent, stranger = family["parent"], family["stranger"]
    said = refused("translate", "mine.parquet", parent, stranger, "--output", "out")
    assert "have no common ancestor" in said
    assert "found in another model" in refused("translate", "mine.parquet", stranger, stranger, "--output", "out")
    assert "none.parquet" in refused("translate", "none.parquet", parent, parent, "--output", "out")
    assert "none.safetensors" in refused("translate", "mine.parquet", parent, "none.safetensors", "--output", "out")
    assert "config.yaml" in refused("translate", "mine.parquet", parent, parent, "--output", "config.yaml")
    assert not Path("out").exists()
