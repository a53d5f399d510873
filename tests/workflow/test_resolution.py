"""A child of half the resolution, on a tiny study: from images through snapshots to the table and the figures."""

import numpy as np
import pytest
import yaml

from stylealign.checkpoint import read_card
from stylealign.tables import RESOLUTION_ALIGNMENT, read_table

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

STUDY = {
    "resolution": 32,
    "device": "cpu",
    "domains": {"face": {"source": "world", "world": "face", "num_train": 64, "num_test": 24}},
    "architecture": {"z_dim": 16, "w_dim": 16, "mapping_layers": 2, "channel_base": 128, "channel_max": 8},
    "training": {"batch_size": 16, "ema_kimg": 0.1, "tick_kimg": 0.1, "sample_kimg": [0]},
    "models": {
        "face": {"domain": "face", "total_kimg": 0.1},
        "half": {
            "domain": "face",
            "parent": "face",
            "resolution": 16,
            "total_kimg": 0.1,
            "training": {"snapshot_kimg": [0.05]},
        },
        "scratch": {"domain": "face", "resolution": 16, "seed": 1, "total_kimg": 0.1},
    },
    "judges": {"embedded": {"kind": "embedded", "total_kimg": 0.2, "width": 8}},
    "samples": {"num": 2},
    "studies": {
        "model_quality": {"judge": "embedded", "num_gen": 16},
        "mapping_drift": {"num_z": 64},
        "resolution_alignment": {
            "judge": "embedded",
            "attributes": ["tone"],
            "num_z": 16,
            "num_channels": 2,
            "num_effect_z": 2,
            "num_gen": 16,
            "num_shown": 2,
        },
    },
}
MADE = ("results/tables/resolution_alignment.parquet", "results/tables/model_quality.parquet")
DRAWN = ("results/figures/resolution_alignment.html", "results/figures/family.html")


def test_half_the_resolution_from_images_to_the_figure(workshop):
    (workshop.folder / "study.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    asked = (*MADE, "results/tables/mapping_drift.parquet", *DRAWN, "--configfile", "study.yaml")
    run = workshop.snakemake("--cores", "1", *asked)
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
    assert workshop.planned(*asked) == []

    table = read_table(workshop.folder / MADE[0])
    assert list(table.columns) == RESOLUTION_ALIGNMENT.column_names()
    assert set(table["model"]) == {"half"}
    kid = table[table["measure"] == "kid"].set_index("state")["kimg"]
    assert kid.to_dict() == pytest.approx({"before": 0, "training": 0.048, "after": 0.096, "scratch": 0.096})
    assert set(table["state"]) >= {"before", "after", "scratch", "shuffled", "parent"}
    assert table["measure"].str.startswith("holds:").any()
    assert set(read_table(workshop.folder / MADE[1])["model"]) == {"face"}  # only models of the study's resolution
    drift = read_table(workshop.folder / "results/tables/mapping_drift.parquet")
    assert set(drift["model"]) == {"half", "scratch"}

    models = workshop.folder / "results/models"
    card = read_card(models / "half/g_ema.safetensors")
    assert card.img_resolution == 16
    assert card.lineage == ("face", "half")
    assert card.transfer["from_rgb"]["made"] == "distilled"
    assert (models / "half/snapshots.safetensors").exists()
    assert not (models / "scratch/snapshots.safetensors").exists()
    assert np.load(models / "half/samples.npz")["pixels"].shape[-3:] == (16, 16, 3)
