"""What Snakemake plans for each committed study, and that a study replaces another whole. No job is run."""

import re

import pytest

pytestmark = pytest.mark.workflow

FOLDERS = ("afhq/dog", "afhq/cat", "afhq/wild", "lsun/church", "lsun/bedroom")
FILES = ("photographs/ffhq.zip", "photographs/metfaces.zip", "weights/inception-2015-12-05.pt",
         "weights/alexnet-owt-7be5be79.pth", "weights/79999_iter.pth",
         "weights/upernet/encoder_epoch_40.pth")  # fmt: skip

SOLO = """
resolution: 16
domains: {only: {source: world, world: cat, num_train: 32, num_test: 8}}
models: {alone: {domain: only, total_kimg: 0.1}}
"""


def counts(workshop, *arguments: str) -> dict[str, int]:
    """Jobs by rule, as the dry run's table has them."""
    run = workshop.snakemake("-n", "--quiet", "rules", *arguments)
    assert run.returncode == 0, run.stdout + run.stderr
    table = (run.stdout + run.stderr).split("Reasons:")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@pytest.mark.parametrize("configfile", [None, "presets/smoke.yaml"])
def test_the_default_study_and_its_small_twin_have_the_same_plan(workshop, configfile):
    found = counts(workshop, *(["--configfile", configfile] if configfile else []))
    assert {rule: found[rule] for rule in ("image_set", "train", "judge", "domain_features", "model_features")} == {
        "image_set": 5, "train": 7, "judge": 1, "domain_features": 5, "model_features": 9}  # fmt: skip
    assert {rule: found[rule] for rule in ("model_quality", "mapping_drift", "component_reset", "layer_reset")} == {
        "model_quality": 9, "mapping_drift": 8, "component_reset": 7, "layer_reset": 7}  # fmt: skip
    assert {rule: found[rule] for rule in ("localized_channels", "channel_overlap", "channel_fate", "boundaries")} == {
        "localized_channels": 9, "channel_overlap": 8, "channel_fate": 7, "boundaries": 9}  # fmt: skip
    assert found["channel_maps"] == (18 if configfile else 9)
    assert found["collect"] == 28
    assert found["channel_effects"] == 2
    assert sum(count for rule, count in found.items() if rule.startswith("draw_")) == 29
    assert (found["inversion_quality"], found["inversions"], found["inversion"], found["encoder"]) == (
        (2, 6, 12, 4) if configfile else (3, 21, 21, 10)
    )
    assert (found["translation"], found["reference_translation"], found["texture_translation"]) == (
        (2, 1, 1) if configfile else (3, 2, 1)
    )
    assert (found["morph"], found["blend_smoothness"], found["return_alignment"]) == (
        (1, 1, 1) if configfile else (2, 2, 1)
    )
    assert (found["image_reader"], found["zero_shot_regression"], found["zero_shot_classification"]) == (
        (1, 1, 1) if configfile else (1, 2, 2)
    )
    assert (found["clip"], found["adapt"], found["adaptation"], found["quality_diversity"]) == (1, 2, 2, 2)
    assert (found["clip_accuracy"], found["clip_space"]) == (1, 1)
    assert "adopt" not in found


def test_the_full_study(workshop):
    found = counts(workshop, "--configfile", "presets/full.yaml")
    assert (found["image_set"], found["train"], found["adapt"], found["component_reset"]) == (15, 17, 9, 23)
    assert (found["train_with_snapshots"], found["resolution_alignment"]) == (4, 2)
    assert (found["locality_bias"], found["return_alignment"]) == (3, 2)
    assert (found["few_shot_train"], found["few_shot_scores"], found["few_shot"]) == (36, 14, 1)
    assert (found["adaptation_ablation"], found["latent_mapper"], found["text_edits"]) == (1, 1, 1)
    assert (found["edits_across_domains"], found["quality_diversity"]) == (9, 5)
    assert found["total"] < 800  # adapted models multiply what is compared


def test_the_papers_study_where_its_photographs_are(workshop):
    for folder in FOLDERS:
        (workshop.folder / "photographs" / folder).mkdir(parents=True)
    for name in FILES:
        (workshop.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (workshop.folder / name).touch()
    found = counts(workshop, "--configfile", "presets/paper.yaml")
    assert (found["image_set"], found["train"], found["component_reset"]) == (7, 10, 8)
    assert (found["domain_features"], found["model_features"]) == (7, 20)
    assert (found["channel_maps"], found["localized_channels"], found["channel_overlap"]) == (7 * 20, 7, 6)
    assert "judge" not in found


def test_the_photographs_study_where_its_photographs_are(workshop):
    lay_photographs(workshop)
    found = counts(workshop, "--configfile", "presets/photographs.yaml")
    assert (found["image_set"], found["train"], found["component_reset"]) == (2, 3, 1)
    assert (found["model_quality"], found["attribute_alignment"]) == (3, 2)
    assert "judge" not in found


def lay_photographs(workshop) -> None:
    for folder in ("photos/faces", "photos/cats/deep", "weights"):
        (workshop.folder / folder).mkdir(parents=True)
    (workshop.folder / "weights/squeezenet1_1.pth").touch()


def test_a_listing_is_taken_only_of_image_sets_that_are_asked_for(workshop):
    """100,000 photographs are listed when their image set is looked at, not whenever the Snakefile is read."""
    lay_photographs(workshop)
    (workshop.folder / "photos/cats/deep").chmod(0)
    run = workshop.snakemake("-n", "results/domains/faces/summary.json", "--configfile", "presets/photographs.yaml")
    assert run.returncode == 0, run.stdout + run.stderr


PARSED = """
resolution: 16
domains: {only: {source: folder, path: photos}}
models: {alone: {domain: only, total_kimg: 0.1}}
judges: {parts: {kind: transformers, weights: parser}}
studies: {channel_maps: {}, localized_channels: {judge: parts}}
"""


def test_a_parser_changed_in_its_folder_runs_what_it_parses_and_nothing_else(workshop):
    """Writing over a file leaves its folder's time as it was, which is all that Snakemake sees of a folder."""
    (workshop.folder / "parsed.yaml").write_text(PARSED)
    (workshop.folder / "photos").mkdir()
    (workshop.folder / "parser").mkdir()
    weights = workshop.folder / "parser/model.safetensors"
    weights.write_text("old")
    wanted = ("results/cells/localized_channels/alone.npz", "--configfile", "parsed.yaml")
    run = workshop.snakemake("-n", *wanted)
    plan = run.stdout + run.stderr
    for missing in re.findall(r"Missing output files: ([^;\n]+)", plan):
        for path in map(workshop.folder.joinpath, missing.split(", ")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    touched = workshop.snakemake("--touch", "--forceall", "--cores", "1", *wanted)
    assert touched.returncode == 0, touched.stdout + touched.stderr
    assert workshop.planned(*wanted) == []
    weights.write_text("newer")
    assert workshop.planned(*wanted) == ["Which channels of alone act in one region"]


def test_two_studies_in_two_folders(workshop, tmp_path):
    """`--directory` keeps results apart; the config is given by its absolute path."""
    elsewhere = tmp_path / "elsewhere"
    preset = workshop.folder / "presets/smoke.yaml"
    assert "Train cat" in workshop.planned("--directory", str(elsewhere), "--configfile", str(preset))
    assert not (workshop.folder / "results").exists()


def test_a_configfile_replaces_the_default_whole(workshop):
    (workshop.folder / "solo.yaml").write_text(SOLO)
    jobs = workshop.planned("--configfile", "solo.yaml")
    assert [job for job in jobs if job.startswith(("Train", "Image set of"))] == ["Image set of only", "Train alone"]
    assert [job for job in jobs if job.startswith("Table")] == ["Table image_sets", "Table training"]


def test_values_on_the_command_line_are_laid_over_the_file(workshop):
    (workshop.folder / "solo.yaml").write_text(SOLO)
    run = workshop.snakemake("-n", "--configfile", "solo.yaml", "--config", "resolution=20")
    assert "resolution = 20: must be a power of two from 16 to 1024" in run.stderr


def test_a_second_configfile_is_laid_over_the_first(workshop):
    (workshop.folder / "more.yaml").write_text("models: {wolf: {domain: dog, parent: dog, total_kimg: 1}}\n")
    jobs = workshop.planned("--configfile", "presets/smoke.yaml", "more.yaml")
    trained = [job for job in jobs if job.startswith("Train ") and "encoder" not in job]
    assert len(trained) == 11  # eight models, two judges, the baseline of zero-shot transfer


def test_a_parent_may_be_a_checkpoint(workshop):
    from stylealign.checkpoint import ModelCard, save_generator
    from stylealign.networks.generator import Generator

    shape = {"z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 32, "channel_max": 4}
    G = Generator(img_resolution=16, **shape)
    card = ModelCard("ready", "only", G.init_kwargs, 16, ("ready",), ("0" * 64,), 1.0, 1.0, 0, 1, "0")
    save_generator(workshop.folder / "ready.safetensors", G, card)
    models = "{ready: {domain: only, from: ready.safetensors}, child: {domain: only, parent: ready, total_kimg: 1}}"
    text = SOLO.replace("{alone: {domain: only, total_kimg: 0.1}}", models)
    (workshop.folder / "adopted.yaml").write_text(f"architecture: {shape}\n{text}")
    jobs = workshop.planned("--configfile", "adopted.yaml")
    assert "Adopt ready.safetensors as ready" in jobs
    assert [job for job in jobs if job.startswith("Train")] == ["Train child"]


def test_it_runs_from_another_folder(workshop, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    snakefile, preset = workshop.folder / "Snakefile", workshop.folder / "presets/smoke.yaml"
    run = workshop.snakemake("-n", "--cores", "1", "-s", str(snakefile), "--configfile", str(preset), cwd=elsewhere)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Train cat" in run.stdout + run.stderr


@pytest.mark.parametrize("target", ["domains", "models", "judges", "tables", "figures"])
def test_stage_targets(workshop, target):
    assert workshop.planned(target, *("--configfile", "presets/smoke.yaml"))


def test_mistakes_stop_before_any_job_in_one_piece(workshop):
    (workshop.folder / "bad.yaml").write_text(
        "resolution: 48\ndomains: {face: {source: world, world: fase}}\n"
        "models:\n  cat: {domain: face, parent: dog, total_kimg: 1}\n  dog: {domain: face, parent: cat}\n"
        "judges: {j: {kind: lpips, weights: no.pt}}\n"
    )
    run = workshop.snakemake("-n", "--configfile", "bad.yaml")
    assert run.returncode == 1
    lines = [line.strip() for line in run.stderr.splitlines()]
    assert lines[-6:] == [
        f"{workshop.folder}/bad.yaml: 5 mistakes",
        "resolution = 48: must be a power of two from 16 to 1024",
        'domains.face.world = "fase": choose one of face, painting, cartoon, dog, cat, wild, church, bedroom, shoe, '
        "edge; did you mean 'face'?",
        "models.dog.total_kimg: is missing; a child needs it: thousands of images of training",
        'models.cat.parent = "dog": the lineage is a circle (cat -> dog -> cat); one must be a root',
        'judges.j.weights = "no.pt": there is no such file or folder, seen from the working directory',
    ]
    assert "Traceback" not in run.stdout + run.stderr
    assert not (workshop.folder / "results").exists()


def test_a_duplicate_key_in_the_default_is_said_with_its_line(workshop):
    workshop.edit("config.yaml", "resolution: 32", "resolution: 32\nseed: 1")
    run = workshop.snakemake("-n")
    assert run.returncode == 1
    assert "the key 'seed' is given twice; keep one" in run.stderr


def test_lint_is_clean(workshop):
    run = workshop.snakemake("--lint")
    assert run.returncode == 0
    assert "Congratulations" in run.stdout + run.stderr


def test_parsing_is_quick_and_light(workshop):
    """No torch, no pandas at parse time: the first thing anybody does is a dry run."""
    run = workshop.snakemake("-n", "--quiet", "all", "--config", "seed=0")
    assert run.returncode == 0
    code = (
        "import sys; from stylealign.config import load, slices; from stylealign import provenance, resources, tables; "
        "from stylealign.training.recipe import RECIPE; load.read_study('config.yaml'); "
        "print([name for name in ('torch', 'pandas', 'pyarrow', 'matplotlib', 'numpy') if name in sys.modules])"
    )
    import subprocess
    import sys

    found = subprocess.run(
        [sys.executable, "-c", code], cwd=workshop.folder, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
