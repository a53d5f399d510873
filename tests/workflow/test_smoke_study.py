"""The smoke study end to end: every table and figure, a second run with nothing to do, and what each change re-runs."""

import shutil
import time

import pytest

from stylealign.config import plan
from stylealign.config.load import read_study
from stylealign.tables import TABLES, read_provenance, read_table

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SMOKE = ("--configfile", "presets/smoke.yaml")
ADAPTED = ("painting_by_text", "cartoon_by_text")
INVERTED_BY = ("z_opt", "wplus_opt", "w_enc")
ENCODERS_OF_CAT = {f"Train an encoder of cat into w ({start} start)" for start in ("parent", "random")}
OF_CAT = {
    "Train cat",
    "Judge images of the model cat by embedded",
    "FID and KID of cat",
    "How far the mapping of cat drifted",
    "Reset components of cat to its parent's",
    "Reset layers of cat to its parent's",
    "Attributes shared by cat and its relatives",
    "What each channel of cat changes (part 0)",
    "What each channel of cat changes (part 1)",
    "Which channels of cat act in one region",
    "Localized channels that cat shares with its relatives",
    "What became of its parent's channels in cat",
    "What became of its parent's channels in dog",  # and on in cat
    "Channels that stand out with attributes of cat",
    "Directions in W for attributes of cat",
    "Whether edits do the same in cat as in its relatives",
    "Pictures of edits of cat",
    *ENCODERS_OF_CAT,
    "Encoders of cat: from its parent's and from none",
    *(f"Invert cat in cat by {method} (part {part})" for method in INVERTED_BY for part in (0, 1)),
    *(f"Codes of cat in cat by {method}" for method in INVERTED_BY),
    "How well cat gives images back",
    "Translate dog2cat",
    "Translate cat2dog",
    "Translate dog2cat, with the style of references",
    "Translate dog2cat, with random styles",
    "Morph dog2cat",
    "Swap layers and interpolate weights, dog2cat",
    "Numbers of images by what is known of a relative's, dog2cat",
    "Yes or no of images by what is known of a relative's, dog2cat",
}


def test_every_table_and_figure_is_there(finished):
    study = read_study(finished.folder / "presets/smoke.yaml")
    for name in plan.tables(study):
        table = read_table(finished.folder / f"results/tables/{name}.parquet")
        assert list(table.columns) == TABLES[name].column_names()
        assert len(table), name
        for twin in ("md", "csv", "html"):
            assert (finished.folder / f"results/tables/{name}.{twin}").stat().st_size
    for name in plan.figures(study):
        for kind in ("png", "pdf", "html"):
            assert (finished.folder / f"results/figures/{name}.{kind}").stat().st_size > 1000
    for kind in ("mp4", "webp"):
        assert (finished.folder / f"results/videos/dog2cat.{kind}").stat().st_size > 1000


def test_tables_say_how_they_were_made(finished):
    origin = read_provenance(finished.folder / "results/tables/model_quality.parquet")
    assert (origin["judge"], origin["seed"]) == ("embedded", 0)
    assert {"stylealign", "torch", "python", "config_digest", "code_digest"} <= set(origin)
    assert origin["parts"].keys() == set(read_study(finished.folder / "presets/smoke.yaml").models)
    for model, part in origin["parts"].items():
        assert part == read_provenance(finished.folder / f"results/cells/model_quality/{model}.parquet")
        assert (part["judge"], part["seed"]) == ("embedded", 0)
        assert part["config_digest"] != origin["config_digest"]
    (measured_by,) = {part["code_digest"] for part in origin["parts"].values()}
    assert measured_by != origin["code_digest"]
    assert f"measured_by_code: `{measured_by}`" in (finished.folder / "results/tables/model_quality.md").read_text()


def test_rows_are_those_of_the_family(finished):
    drift = read_table(finished.folder / "results/tables/mapping_drift.parquet")
    found = {(row.parent, row.model): row.relation for row in drift.itertuples()}
    assert found[("dog", "cat")] == "child"
    assert found[("face", "cat")] == "grandchild"
    assert found[("face", "face_other")] == found[("face_other", "cat")] == "unrelated"
    quality = read_table(finished.folder / "results/tables/model_quality.parquet")
    assert len(quality) == 9 * 5
    assert quality["is_own_domain"].sum() == 9
    assert set(read_table(finished.folder / "results/tables/training.parquet")["threads"]) == {1}


def test_a_finished_study_has_nothing_to_do_and_says_so_quickly(finished):
    elapsed_sec = []
    for _ in range(3):
        start = time.perf_counter()
        run = finished.snakemake("-n", *SMOKE)
        elapsed_sec.append(time.perf_counter() - start)
        assert "Nothing to be done" in run.stdout + run.stderr
    assert min(elapsed_sec) < 5


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("stylealign/alignment/mapping_drift.py", "BATCH = ", "# a comment\nBATCH = "),
        ("stylealign/figures/family.py", '"""', '"""Another prose. '),
        ("stylealign/training/loop.py", "import ", "import abc\nimport "),
        ("stylealign/data/build.py", "log = ", "SPARE = 1\nlog = "),
        ("stylealign/config/studies.py", "class MappingDrift(Section):", "X = 1\n\n\nclass MappingDrift(Section):"),
        ("presets/smoke.yaml", "seed: 0\n", "seed: 0 # a comment\n"),
    ],
)
def test_what_changes_no_result_runs_nothing(used, file, old, new):
    used.edit(file, old, new)
    assert used.planned(*SMOKE) == []


def test_a_fresh_clone_on_top_runs_nothing(used):
    """Modification times of code do not count."""
    for path in [*used.folder.glob("workflow_scripts/*.py"), *used.folder.glob("stylealign/**/*.py")]:
        path.touch()
    for path in used.folder.glob("rules/*.smk"):
        path.touch()
    assert used.planned(*SMOKE) == []


def test_where_it_runs_does_not_count(used):
    used.edit("presets/smoke.yaml", "training: {", "training: {tensorboard: true, memory_budget_gb: 1.5, ")
    assert used.planned(*SMOKE) == ["The study as it was resolved, and what it ran on"]


def test_one_figures_code_runs_that_figure(used):
    used.edit("stylealign/figures/progress.py", "def draw_progress(", "SPARE = 1\n\n\ndef draw_progress(")
    assert used.planned(*SMOKE) == ["Figure progress: the same z while the models learn"]


def test_cats_total_kimg_runs_cat_its_cells_and_tables_and_nothing_of_painting(used):
    used.edit("presets/smoke.yaml", "cat: {domain: cat, parent: dog, total_kimg: 0.3}",
              "cat: {domain: cat, parent: dog, total_kimg: 0.4}")  # fmt: skip
    jobs = set(used.planned(*SMOKE))
    rest = {job for job in jobs if not job.startswith(("Table ", "Figure "))}
    assert rest == OF_CAT | {"The study as it was resolved, and what it ran on"}
    untouched = {"judge_quality", "image_sets", "channel_effects", "return_alignment"}  # no edits, no return by cat
    untouched |= {"clip_accuracy", "adaptation", "quality_diversity", "clip_space"}  # none is from cat, or to it
    tables = set(plan.tables(read_study(used.folder / "presets/smoke.yaml"))) - untouched
    assert {job.removeprefix("Table ") for job in jobs if job.startswith("Table ")} == tables


def test_a_threshold_runs_no_map_and_no_network_of_an_edit(used):
    used.edit("presets/smoke.yaml", "min_rate: 0.5", "min_rate: 0.6")
    jobs = [job for job in used.planned(*SMOKE) if not job.startswith(("Table ", "Figure ", "The study"))]
    assert len(jobs) == 9 + 8 + 7
    assert not [job for job in jobs if "What each channel" in job or "edits" in job]


def test_an_adaptation_runs_its_model_and_trains_nothing(used):
    used.edit("presets/smoke.yaml", "target_text: a cartoon}", "target_text: a drawing}")
    jobs = set(used.planned(*SMOKE))
    assert {job for job in jobs if job.startswith(("Train ", "Adapt "))} == {"Adapt cartoon_by_text"}
    assert {job for job in jobs if job.startswith("How far ")} == {
        "How far cartoon_by_text came, and what it kept",
        "How far the mapping of cartoon_by_text drifted",
    }
    assert not {"FID and KID of painting_by_text", "Quality and diversity beside painting"} & jobs


def test_an_encoders_setting_runs_no_optimisation(used):
    used.edit("presets/smoke.yaml", "total_kimg: 0.2, width: 4", "total_kimg: 0.3, width: 4")
    jobs = used.planned(*SMOKE)
    inverted = {job for job in jobs if job.startswith("Invert ")}
    assert inverted == {f"Invert {name} in {name} by w_enc (part {part})" for name in ("dog", "cat") for part in (0, 1)}
    assert len([job for job in jobs if job.startswith("Train ")]) == 4
    assert not [job for job in jobs if "reference" in job and job.startswith("Translate")]  # of z_opt alone


def test_a_parents_change_retrains_what_descends_from_it(used):
    used.edit("presets/smoke.yaml", "dog: {domain: dog, parent: face, total_kimg: 0.3}",
              "dog: {domain: dog, parent: face, total_kimg: 0.4}")  # fmt: skip
    trained = {job for job in used.planned(*SMOKE) if job.startswith("Train ")}
    encoders = {job for job in trained if job.startswith("Train an encoder of ")}
    assert trained - encoders == {"Train dog", "Train cat", "Train face_again"}
    assert encoders == {"Train an encoder of dog into w (parent start)", *ENCODERS_OF_CAT}


def test_a_measures_code_runs_that_measure(used):
    used.edit("stylealign/metrics/kid.py", "def kid(", "SPARE = 1\n\n\ndef kid(")
    jobs = used.planned(*SMOKE)
    assert {job for job in jobs if not job.startswith("FID and KID of ")} == {
        *(f"How far {model} came, and what it kept" for model in ADAPTED),
        *(f"Quality and diversity beside {domain}" for domain in ("painting", "cartoon")),
        "Table adaptation",
        "Table quality_diversity",
        "Figure adaptations: the same z in parents and in what was adapted from them",
        "Figure quality_diversity: how near, how diverse",
        "Table model_quality",
        "Figure model_quality: FID and KID",
        "Translate dog2cat",
        "Translate cat2dog",
        "Translate dog2cat, with the style of references",
        "Table translation",
        "Table reference_translation",
        "Figure translations: from one domain to another",
        "Figure reference_translations: shape of one image, style of another",
    }
    assert len(jobs) == 9 + 17


def test_the_recipe_retrains_everything_and_nothing_else_of_training_does(used):
    used.edit("stylealign/training/recipe.py", "RECIPE = 1", "RECIPE = 2")
    jobs = used.planned(*SMOKE)
    trained = [job for job in jobs if job.startswith("Train ") and "judge" not in job]
    assert len([job for job in trained if "encoder" not in job]) == 7
    assert "Train the judge embedded" not in jobs


def test_the_imports_recipe_imports_everything_anew(used):
    used.edit("stylealign/data/recipe.py", "RECIPE = 1", "RECIPE = 2")
    jobs = used.planned(*SMOKE)
    assert len([job for job in jobs if job.startswith("Image set of ")]) == 5


def test_a_tables_words_collect_that_table_anew(used):
    used.edit("stylealign/tables.py", "squared MMD, polynomial kernel", "squared MMD, cubic kernel")
    assert used.planned(*SMOKE) == ["Figure model_quality: FID and KID", "Table model_quality"]


def test_a_lost_table_is_collected_again_from_its_cells(used):
    (used.folder / "results/tables/mapping_drift.parquet").unlink()
    jobs = used.planned(*SMOKE)
    assert jobs == ["Figure mapping_drift: how far mappings drifted", "Table mapping_drift"]


ADOPTED = """
resolution: 16
architecture: {z_dim: 32, w_dim: 32, mapping_layers: 2, channel_base: 256, channel_max: 16}
training: {tick_kimg: 0.05, sample_kimg: [0, 0.05]}
domains: {face: {source: world, world: face, num_train: 256, num_test: 96}}
models:
  ready: {domain: face, from: weights/g_ema.safetensors}
  child: {domain: face, parent: ready, total_kimg: 0.1}
samples: {num: 4}
studies: {mapping_drift: {num_z: 100}}
"""


def test_a_finished_checkpoint_becomes_a_parent(used):
    (used.folder / "results/models/face").rename(used.folder / "weights")
    shutil.rmtree(used.folder / "results")
    (used.folder / "adopted.yaml").write_text(ADOPTED)
    run = used.snakemake("--cores", "2", "--configfile", "adopted.yaml")
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
    (row,) = read_table(used.folder / "results/tables/mapping_drift.parquet").itertuples()
    assert (row.parent, row.model, row.relation) == ("ready", "child", "child")
    assert 0 < row.l1_w < 0.5
