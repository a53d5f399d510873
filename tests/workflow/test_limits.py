"""The limits of alignment, each on a tiny study of its own: moved and turned domains."""

import pytest
import yaml

from stylealign.tables import LOCALITY_BIAS, read_provenance, read_table

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

FACE = {"source": "world", "world": "face", "num_train": 96, "num_test": 32}
STUDY = {
    "resolution": 16,
    "device": "cpu",
    "domains": {
        "face": FACE,
        "face_down": {**FACE, "transform": {"shift": [0, 60 / 256]}},
        "face_flipped": {**FACE, "transform": {"flip": "vertical"}},
    },
    "architecture": {"z_dim": 16, "w_dim": 16, "mapping_layers": 2, "channel_base": 128, "channel_max": 8},
    "training": {"batch_size": 16, "ema_kimg": 0.1, "tick_kimg": 0.1, "sample_kimg": [0]},
    "models": {
        "face": {"domain": "face", "total_kimg": 0.2},
        "face_down": {"domain": "face_down", "parent": "face", "total_kimg": 0.1},
        "face_flipped": {"domain": "face_flipped", "parent": "face", "total_kimg": 0.1},
    },
    "judges": {"embedded": {"kind": "embedded", "total_kimg": 0.4, "width": 8}},
    "samples": {"num": 2},
    "studies": {
        "channel_maps": {"num_images": 8, "grid": 16},
        "localized_channels": {"judge": "embedded", "min_rate": 0.3, "loose_rate": 0.3, "min_lead": 0},
        "locality_bias": {"judge": "embedded", "attributes": ["tone", "yaw_deg"], "num_z": 4, "num_controls": 2},
    },
}
"""Three models of faces, of which room is left for more: a study of the limits names its own beside them."""

MOVED = ("results/tables/locality_bias.parquet", "results/figures/locality_bias.html")


@pytest.fixture
def tiny(workshop):
    """The study in a copy of the repository."""
    (workshop.folder / "study.yaml").write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return workshop


def test_moved_domains_from_images_to_the_figure(tiny):
    asked = ("--configfile", "study.yaml")
    jobs = tiny.planned(*MOVED, *asked)
    assert len([job for job in jobs if job.startswith("Which channels of its parent keep")]) == 2
    run = tiny.snakemake("--cores", "1", *MOVED, *asked)
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]

    table = read_table(tiny.folder / MOVED[0])
    assert list(table.columns) == LOCALITY_BIAS.column_names()
    transforms = dict(zip(table["model"], table["transform"], strict=True))
    assert transforms == {"face_down": "shifted down by 0.234", "face_flipped": "flipped vertically"}
    by_model = [rows.set_index(["region", "rank"]) for _, rows in table.groupby("model")]
    of_parent = ["channel", "attribute", "effect_parent", "effect_parent_low", "counted"]
    assert by_model[0][of_parent[:4]].equals(by_model[1][of_parent[:4]])  # chosen in the parent alone
    assert not table["kept_region"].where(table["region"] != table["region_in_model"], False).any()
    assert read_provenance(tiny.folder / MOVED[0])["judge"] == "embedded"
    for kind in ("png", "pdf", "html"):
        assert (tiny.folder / f"results/figures/locality_bias.{kind}").stat().st_size > 1000

    assert tiny.planned(*MOVED, *asked) == []
    tiny.edit("study.yaml", "num_controls: 2", "num_controls: 3")
    again = [job for job in tiny.planned(*MOVED, *asked) if not job.startswith(("Table", "Figure"))]
    assert again == [f"Which channels of its parent keep their function in {name}" for name in transforms]

    tiny.edit("study.yaml", "flip: vertical", "flip: vertical\n      fill: reflect")
    assert tiny.planned("domains", *asked) == ["Image set of face_flipped"]
