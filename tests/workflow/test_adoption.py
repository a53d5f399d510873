"""A finished checkpoint in a study: the pair beside it is one of the job's files, settings of training are not."""

import pytest

pytestmark = pytest.mark.workflow

SHAPE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 32, "channel_max": 4}
STUDY = f"""
resolution: 16
architecture: {SHAPE}
training: {{lr: 0.002}}
domains: {{only: {{source: world, world: cat, num_train: 32, num_test: 8}}}}
models: {{ready: {{domain: only, from: weights/ready.safetensors}}}}
samples: {{num: 2}}
"""
TARGET = "results/models/ready/g_ema.safetensors"


@pytest.fixture
def adopted(workshop):
    """A study whose only model is a checkpoint, which has been adopted."""
    from stylealign.checkpoint import ModelCard, save_generator, state_digest
    from stylealign.networks.generator import Generator

    G = Generator(img_resolution=16, **SHAPE)
    digest = state_digest(G.state_dict())
    card = ModelCard("ready", "only", G.init_kwargs, 16, ("ready",), (digest,), 1.0, 1.0, 0, 1, "0")
    (workshop.folder / "weights").mkdir()
    save_generator(workshop.folder / "weights/ready.safetensors", G, card)
    (workshop.folder / "study.yaml").write_text(STUDY)
    run = workshop.snakemake("--cores", "1", TARGET, "--configfile", "study.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    return workshop


def test_settings_of_training_do_not_count(adopted):
    adopted.edit("study.yaml", "lr: 0.002", "lr: 0.001")
    assert adopted.planned(TARGET, "--configfile", "study.yaml") == []
    adopted.edit("study.yaml", "num: 2", "num: 3")
    assert adopted.planned(TARGET, "--configfile", "study.yaml") == ["Adopt weights/ready.safetensors as ready"]


def test_a_pair_that_comes_to_lie_beside_it_counts(adopted):
    (adopted.folder / "weights/pair.safetensors").touch()
    assert adopted.planned(TARGET, "--configfile", "study.yaml") == ["Adopt weights/ready.safetensors as ready"]
