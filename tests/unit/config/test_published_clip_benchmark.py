"""The benchmark of a study led by a published CLIP: its study is one, and what jobs ask for is read as it is said."""

import importlib.util
import sys
from pathlib import Path

import pytest

from stylealign.config import adaptation_plan
from stylealign.config.load import parse_study

ROOT = Path(__file__).resolve().parents[3]
SAID = """\
[Mon Jan  1 00:00:00 2024]
rule adapt:
    input: results/models/face/g_ema.safetensors, weights/clip.safetensors
    output: results/models/by_text/g_ema.safetensors
    wildcards: model=by_text
    resources: tmpdir=/scratch, runtime=30, gpu=0, mem_mb=5533, mem=5.53 GB, mem_mib=5277
localrule all:
    input: results/tables/adaptation.parquet
    resources: tmpdir=/scratch
"""


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("published_clip", ROOT / "benchmarks/published_clip.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_its_study_chooses_layers_is_led_by_pictures_and_has_a_mapper(benchmark, tmp_path):
    (tmp_path / benchmark.WEIGHTS).parent.mkdir()
    (tmp_path / benchmark.WEIGHTS).touch()
    study = parse_study(benchmark.study_of("ViT-B-32"), root=tmp_path)
    by_text, by_images = (study.models[name].adapt for name in ("by_text", "by_images"))
    assert (by_text.num_layers, by_text.templates) == (2, "imagenet")
    assert by_images.is_by_images
    assert study.studies.adaptation_ablation.mapper.of == "by_text"
    assert adaptation_plan.adaptation_sizes(study, "by_text") == (16, 8, 256, 1)
    assert adaptation_plan.num_published(study, ["embedded", "published", "published"]) == 2


def test_jobs_are_read_as_snakemake_announces_them(benchmark):
    jobs, said = [], []
    benchmark.follow(SAID.splitlines(keepends=True), jobs, said)
    assert "".join(said) == SAID
    assert [(job.name, job.reads_clip, job.asked_mb) for job in jobs] == [
        ("adapt by_text", True, 5533),
        ("all", False, 0),
    ]


@pytest.mark.parametrize(("peak_mb", "fits"), [(2600, True), (2700, False)])
def test_a_job_must_leave_room_for_the_snakemakes_around_it(benchmark, peak_mb, fits):
    assert benchmark.Job("adapt", asked_mb=3000, peak_mb=peak_mb).fits == fits
