"""Checkpoints of other projects by path in a config: each kind is adopted, trained from, inverted, morphed and mapped
by the functions that the scripts call, without a special case; a plan for all of them; one adopted by its rule."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.alignment.channel_maps import load_channel_maps, measure_channel_maps
from stylealign.checkpoint import load_generator, read_card
from stylealign.codes import read_codes
from stylealign.config.domains import WorldDomain
from stylealign.config.inversion import Inversion
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.editing.morph import MorphPath, morph_grid, open_models
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import save_rosinality, to_rosinality
from stylealign.inversion.invert import invert
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.training.adopt import adopt_checkpoint
from stylealign.training.run import train_model

pytestmark = pytest.mark.workflow

KINDS = ("nvidia_torch", "nvidia_tf", "rosinality", "encoder_bundle")
ARCHITECTURE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channel_base": 64, "channel_max": 8}
SHAPE = {**ARCHITECTURE, "img_resolution": 16}
FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
STUDY = f"""
resolution: 16
architecture: {ARCHITECTURE}
domains: {{cat: {{source: world, world: cat, num_train: 32, num_test: 8}}}}
models:
  nvidia_torch: {{domain: cat, from: weights/nvidia_torch.pkl}}
  nvidia_tf: {{domain: cat, from: weights/nvidia_tf.pkl}}
  rosinality: {{domain: cat, from: weights/rosinality.pt}}
  encoder_bundle: {{domain: cat, from: weights/encoder_bundle.pt}}
  child: {{domain: cat, parent: nvidia_torch, total_kimg: 0.1}}
judges: {{eye: {{kind: embedded, total_kimg: 0.1}}}}
samples: {{num: 2}}
inversion: {{judge: eye, optimisation: {{steps: 3}}}}
studies:
  mapping_drift: {{num_z: 100}}
  channel_maps: {{num_images: 2, grid: 4}}
  localized_channels: {{judge: eye}}
  inversion_quality: {{methods: [w_opt]}}
"""


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    made = Generator(**SHAPE), Generator(**SHAPE), Discriminator(img_resolution=16, channel_base=64, channel_max=8)
    with torch.no_grad():
        for network in made:
            for tensor in network.state_dict().values():
                tensor.add_(torch.randn(tensor.shape) * 0.2)
    return made


@pytest.fixture(scope="module")
def weights(networks, tmp_path_factory):
    """A file of each kind, of the same averaged generator."""
    spec = importlib.util.spec_from_file_location("foreign_files", Path(__file__).parents[1] / "foreign_files.py")
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    folder = tmp_path_factory.mktemp("weights")
    G_ema, G, D = networks
    (folder / "nvidia_torch.pkl").write_bytes(files.nvidia_torch(G_ema, G, D))
    (folder / "nvidia_tf.pkl").write_bytes(files.nvidia_tf(G, D, G_ema))
    states = [network.state_dict() for network in networks]
    save_rosinality(folder / "rosinality.pt", ForeignModel("", *states, SHAPE, has_w_avg=True))
    content = to_rosinality(ForeignModel("", states[0], None, None, SHAPE, has_w_avg=True))
    decoder = {f"decoder.{name}": value for name, value in content["g_ema"].items()}
    bundle = {"state_dict": decoder, "latent_avg": content["latent_avg"].repeat(6, 1), "opts": {"stylegan_size": 16}}
    torch.save(bundle, folder / "encoder_bundle.pt")
    return folder


@pytest.fixture(scope="module")
def cats(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cats")
    files = {name.split(".")[0]: folder / name for name in FILES}
    domain = WorldDomain(source="world", world="cat", num_train=32, num_test=8)
    build_image_set(domain, name="cat", resolution=16, seed=0, **files, num_threads=1)
    return files


def outputs(folder):
    names = {"g_ema": "g_ema.safetensors", "pair": "pair.safetensors", "samples": "samples.npz"}
    return {key: folder / name for key, name in {**names, "ticks": "t.parquet", "cost": "c.parquet"}.items()}


def resolved(name, **values):
    common = {"domain": "cat", "resolution": 16, "architecture": Architecture(**ARCHITECTURE), "seed": 0}
    training = Training(batch_size=4, ada_kimg=500, sample_kimg=(0,))
    return ResolvedModel(name=name, training=training, study_seed=0, samples=Samples(num=2), **common, **values)


@pytest.fixture(scope="module", params=KINDS)
def adopted(request, weights, tmp_path_factory):
    """A model that is such a file, with a child that was trained from it."""
    (source,) = weights.glob(f"{request.param}.*")
    folder = tmp_path_factory.mktemp(request.param)
    made = outputs(folder)
    adopt_checkpoint(resolved(request.param, checkpoint=str(source)), **made)
    return folder, made


@pytest.fixture(scope="module")
def child(adopted, cats):
    folder, parent = adopted
    made = outputs(folder / "child")
    files = {"images": cats["images"], "index": cats["index"]}
    line = {"parent_pair": parent["pair"], "parent_card": parent["g_ema"], "state": folder / "child/.resume"}
    train_model(resolved("child", parent="parent", total_kimg=0.008), **files, **line, **made, threads=1)
    return made["g_ema"]


def test_it_draws_the_images_of_the_network_it_was_written_from(networks, adopted):
    G, card = load_generator(adopted[1]["g_ema"])
    z = torch.randn(2, 8)
    with torch.no_grad():
        for psi in (1.0, 0.5):
            ours = networks[0](z, truncation_psi=psi)
            assert (G(z, truncation_psi=psi) - ours).abs().max() < 1e-5 * max(1.0, float(ours.abs().max()))
    assert card.transfer["kind"] == card.model


def test_a_child_trains_from_it_and_is_its_relative(adopted, child):
    parent, card = read_card(adopted[1]["g_ema"]), read_card(child)
    assert card.lineage == (parent.model, "child")
    assert card.lineage_digests[0] == parent.digest != card.digest
    kept = "random" if parent.model == "encoder_bundle" else "kept"
    assert parent.transfer["discriminator"] == kept


def test_morphs_lead_from_it_to_its_child(adopted, child):
    models = open_models([adopted[1]["g_ema"], child])
    ws = torch.stack([models[0].mapping(torch.ones(1, 8))[0]] * 2)
    grid = morph_grid(MorphPath(models, ws), codes=(0, 1), weights=(0, 0.5, 1))
    assert grid.shape == (3, 2, 16, 16, 3)
    assert grid[0].std() > 5


def test_images_are_inverted_in_it(adopted, cats, tmp_path):
    torch.manual_seed(0)
    judge = EmbeddedJudge("eye", EmbeddedNetwork(16, 8, Vocabulary(("cat",), (), ())))
    settings = Inversion(judge="eye", optimisation={"steps": 3, "candidates": 4, "batch_size": 2}, num_images=2)
    files = {"output": tmp_path / "codes.parquet", "cache": tmp_path / "cache"}
    g_ema = adopted[1]["g_ema"]
    invert(
        g_ema, cats["images"], cats["index"], **files, method="wplus_opt", settings=settings, judge=judge, seed=0, num=2
    )
    codes = read_codes(files["output"])
    assert codes.num == 2
    assert np.isfinite(codes.distance).all()


def test_channels_of_it_are_mapped(adopted, tmp_path):
    settings = {"truncation_psi": 0.7, "grid": 4, "seed": 0, "num_total": 2, "memory_budget_gb": 1.0, "device": "cpu"}
    state = tmp_path / "state"
    measure_channel_maps(adopted[1]["g_ema"], tmp_path / "0.npz", first=0, num_images=2, state=state, **settings)
    found = load_channel_maps([tmp_path / "0.npz"])
    assert found.digest == read_card(adopted[1]["g_ema"]).digest
    assert (found.scale > 0).any()


@pytest.fixture
def study(workshop, weights):
    (workshop.folder / "weights").mkdir()
    for path in weights.iterdir():
        (workshop.folder / "weights" / path.name).write_bytes(path.read_bytes())
    (workshop.folder / "study.yaml").write_text(STUDY)
    return workshop


def test_a_study_of_four_kinds_is_planned(study):
    jobs = study.planned("--configfile", "study.yaml")
    adopting = [job for job in jobs if job.startswith("Adopt")]
    assert adopting == sorted(
        f"Adopt weights/{name} as {name.partition('.')[0]}"
        for name in ("nvidia_torch.pkl", "nvidia_tf.pkl", "rosinality.pt", "encoder_bundle.pt")
    )
    assert [job for job in jobs if job.startswith("Train") and "child" in job]
    for message in ("What each channel of ", "Invert "):
        assert len([job for job in jobs if job.startswith(message)]) >= len(KINDS), message


def test_the_rule_adopts_one_and_its_declared_parent_before_it(study):
    study.edit("study.yaml", "rosinality.pt}", "rosinality.pt, parent: nvidia_tf}")
    target = "results/models/rosinality/g_ema.safetensors"
    run = study.snakemake("--cores", "1", target, "--configfile", "study.yaml")
    assert run.returncode == 0, run.stdout + run.stderr
    card = read_card(study.folder / target)
    assert (card.transfer["adopted"], card.transfer["discriminator"]) == ("rosinality.pt", "kept")
    assert (card.lineage, card.transfer["descent"]) == (("nvidia_tf", "rosinality"), "declared")
    assert study.planned(target, "--configfile", "study.yaml") == []
