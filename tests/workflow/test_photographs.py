"""A folder of photographs is imported, and imported again when something changes anywhere below it."""

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.workflow

STUDY = """
resolution: 16
domains: {only: {source: folder, path: photos, min_images: 2, test_fraction: 0.5}}
models: {alone: {domain: only, total_kimg: 0.1}}
"""
PLAN = ("results/domains/only/summary.json", "--configfile", "study.yaml")


def add_photograph(folder, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, [16, 16, 3], dtype=np.uint8)
    Image.fromarray(pixels).save(folder / f"{seed}.png")


def test_a_photograph_deep_below_is_noticed(workshop):
    photos = workshop.folder / "photos"
    for seed in range(4):
        add_photograph(photos / "deep/er", seed)
    (workshop.folder / "study.yaml").write_text(STUDY)
    run = workshop.snakemake("--cores", "1", *PLAN)
    assert run.returncode == 0, run.stdout + run.stderr
    assert workshop.planned(*PLAN) == []
    workshop.edit("stylealign/data/build.py", "log = ", "SPARE = 1\nlog = ")
    assert workshop.planned(*PLAN) == []
    add_photograph(photos / "deep/er", 4)
    assert workshop.planned(*PLAN) == ["Image set of only"]
