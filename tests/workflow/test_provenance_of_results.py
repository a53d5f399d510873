"""Every result of a finished study says which settings, code, models and judge made it, and where it lies not."""

import re
from pathlib import Path

import pytest

from stylealign.checkpoint import read_card
from stylealign.inspection.inspect_file import inspect_file
from stylealign.origins import read_signature

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

KINDS = ("parquet", "safetensors", "npz", "png", "pdf", "html")
IMAGE_SETS = "results/domains/"  # images.zip, its regions and its preview: told by the digest of their images
BESIDE = ("rejected.parquet", "report.html")


def results_of(folder: Path) -> list[Path]:
    found = [file for kind in KINDS for file in sorted((folder / "results").rglob(f"*.{kind}"))]
    named = {file: file.relative_to(folder).as_posix() for file in found}
    hidden = [file for file, name in named.items() if "/." in name]
    image_sets = [file for file, name in named.items() if name.startswith(IMAGE_SETS) and file.name != "index.parquet"]
    return [file for file in found if file not in hidden + image_sets and file.name not in BESIDE]


def test_every_result_says_how_it_was_made(finished):
    files = results_of(finished.folder)
    assert {file.suffix[1:] for file in files} == set(KINDS)
    for file in files:
        made = read_signature(file)
        assert made.get("rule"), f"{file}: unsigned"
        assert re.fullmatch("[0-9a-f]{16}", made["config_digest"]), file
        assert re.fullmatch(r"[0-9a-f]{16}|recipe \d+", made["code_digest"]), file
        assert {"stylealign", "torch", "numpy", "python"} <= set(made), file
        assert str(finished.folder) not in str(made), f"{file}: says where it lies"
        assert len(str(made)) < 60_000, file


def test_tables_and_figures_name_the_models_they_measured_and_the_judge(finished):
    cards = {path.parent.name: read_card(path) for path in finished.folder.glob("results/models/*/g_ema.safetensors")}
    table = finished.folder / "results/tables/model_quality.parquet"
    for file in (table, finished.folder / "results/figures/model_quality.pdf"):
        made = read_signature(file)
        told = {name: line[-1] for name, line in made["models"].items()}
        assert told == {name: f"{name} {card.digest[:16]}" for name, card in cards.items()}
        assert made["judges"]["embedded"].startswith("weights:")
    family = read_signature(finished.folder / "results/figures/family.png")
    assert set(family["models"]) == set(cards)


def test_any_result_can_be_inspected(finished):
    for file in results_of(finished.folder):
        found = inspect_file(file)
        assert found.provenance, file
        assert "not of this package" not in found.what, file
