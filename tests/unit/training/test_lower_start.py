"""A child of a lower resolution: what it copies, the FromRGB it makes, and the same bytes wherever it was stopped."""

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator, load_snapshots, load_tensors, read_card
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.errors import InterruptedRun, LineageError
from stylealign.images import reduced, to_net
from stylealign.networks.lower import lower_part
from stylealign.signals import StopRequest
from stylealign.training.lower_start import distil_from_rgb, fit_leaky, inherit_lower
from stylealign.training.run import train, train_model
from stylealign.training.state import build_networks, build_state
from stylealign.training.team import ALONE
from stylealign.training.training_job import TrainingJob

CPU = torch.device("cpu")
OUTPUTS = {"g_ema": "g_ema.safetensors", "pair": "pair.safetensors", "samples": "samples.npz"}
OUTPUTS |= {"ticks": "ticks.parquet", "cost": "cost.parquet", "state": ".resume"}


def spec(name="face", resolution=32, *, num_steps=4, parent=None, **training):
    asked = {"batch_size": 4, "tick_kimg": 0.004, "checkpoint_kimg": 1.0, "sample_kimg": (0,), **training}
    return ResolvedModel(
        name=name,
        domain="face",
        parent=parent,
        resolution=resolution,
        architecture=Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=16),
        training=Training(**asked),
        total_kimg=num_steps * 0.004,
        seed=3,
        study_seed=0,
        samples=Samples(num=2),
        device="cpu",
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domain")
    names = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
    paths = {name.partition(".")[0]: folder / name for name in names}
    domain = WorldDomain(source="world", world="face", num_train=24, num_test=4)
    build_image_set(domain, name="face", resolution=32, seed=0, **paths)
    return {name: paths[name] for name in ("images", "index")}


def outputs(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return {name: folder / file for name, file in OUTPUTS.items()}


@pytest.fixture(scope="module")
def parent(images, tmp_path_factory):
    paths = outputs(tmp_path_factory.mktemp("parent"))
    train_model(spec(), parent_pair=None, parent_card=None, threads=1, **images, **paths)
    return {"parent_pair": paths["pair"], "parent_card": paths["g_ema"]}


def started(settings, parent, images):
    run = build_state(settings, CPU, augment=False)
    said = inherit_lower(run, settings, *parent.values(), ImageSet.open(**images, split="train"))
    return run, said


def test_everything_up_to_the_resolution_is_the_parents(parent, images):
    run, said = started(spec("half", 16, parent="face"), parent, images)
    tensors, _ = load_tensors(parent["parent_pair"])
    averaged, _ = load_generator(parent["parent_card"])
    for prefix, network in (("G", run.G), ("D", run.D)):
        for name, value in network.state_dict().items():
            if "fromrgb" not in name:
                assert torch.equal(value, tensors[f"{prefix}/{name}"]), name
    for name, value in run.g_ema.state_dict().items():
        assert torch.equal(value, averaged.state_dict()[name]), name
    assert said["copied"][-1] == "D: b16 to b4, without FromRGB"
    assert said["from_rgb"]["made"] == "distilled"
    assert 0 <= said["from_rgb"]["unexplained"] < 1
    assert said["from_rgb"]["num_images"] == 24


def test_its_images_are_the_sum_of_the_parents_lower_torgb(parent):
    G, _ = load_generator(parent["parent_card"])
    lower = lower_part(G, 16)
    ws = G.mapping(torch.randn([3, 8], generator=torch.Generator().manual_seed(0)))
    s = G.styles(ws)
    own = s[:, : lower.num_styles]  # the first columns, under the papers' same numbers
    assert torch.equal(lower.styles(ws[:, : lower.num_ws]), own)
    torgb = G.synthesis.b32.torgb
    with torch.no_grad():
        torgb.weight.zero_()
        torgb.bias.zero_()
        whole = G.synthesis(s)
        assert torch.allclose(whole[:, :, 8:-8, 8:-8], upsampled(lower.synthesis(own))[:, :, 8:-8, 8:-8], atol=1e-5)
    with pytest.raises(ValueError, match="img_resolution"):
        lower_part(lower, 32)


def upsampled(x):
    return torch.nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def test_from_rgb_stays_random_where_that_is_asked(parent, images):
    settings = spec("half", 16, parent="face", from_rgb="random")
    run, said = started(settings, parent, images)
    fresh = build_networks(settings)[1]
    assert torch.equal(run.D.b16.fromrgb.weight, fresh.b16.fromrgb.weight)
    assert said["from_rgb"] == {"made": "random"}


def test_a_distilled_from_rgb_is_nearer_the_parents_features_than_a_random_one(parent, images):
    settings = spec("half", 16, parent="face")
    pixels = ImageSet.open(**images, split="test").all()
    tensors, _ = load_tensors(parent["parent_pair"])
    theirs = build_networks(spec())[1]
    theirs.load_state_dict({name[2:]: value for name, value in tensors.items() if name.startswith("D/")})
    errors = {}
    for made in ("distilled", "random"):
        run, _ = started(settings.model_copy(update={"training": Training(from_rgb=made)}), parent, images)
        with torch.no_grad():
            wanted = theirs.b32(to_net(pixels))
            errors[made] = float((run.D.b16.fromrgb(to_net(reduced(pixels, 16))) - wanted).square().mean())
    assert errors["distilled"] < 0.5 * errors["random"]


def test_a_from_rgb_that_can_be_found_is_found():
    """Where the higher blocks are a 1 x 1 convolution of the reduced image, nothing is left unexplained."""
    rng = np.random.default_rng(0)
    y = torch.from_numpy(np.concatenate([rng.uniform(-1, 1, [500, 3]), np.ones([500, 1])], axis=1))
    weights = torch.from_numpy(rng.normal(size=[4, 7]))
    linear = y @ weights
    found, error = fit_leaky(y, 2**0.5 * torch.where(linear < 0, 0.2 * linear, linear))
    assert torch.allclose(found, weights, atol=1e-6)
    assert float(error.max()) < 1e-10


def test_what_the_fit_says_is_what_the_layer_does(parent, images):
    pixels = ImageSet.open(**images, split="train").all()
    theirs, ours = (build_networks(spec(resolution=size))[1] for size in (32, 16))
    said = distil_from_rgb(theirs, ours, pixels)
    with torch.no_grad():
        wanted, made = theirs.b32(to_net(pixels)), ours.b16.fromrgb(to_net(reduced(pixels, 16)))
    spread = (wanted - wanted.mean(dim=[0, 2, 3], keepdim=True)).square().sum()
    assert said["unexplained"] == pytest.approx(float((made - wanted).square().sum() / spread), rel=1e-4)


def test_a_parent_of_another_architecture_is_refused(parent, images):
    other = spec("half", 16).architecture.model_copy(update={"channel_max": 8})
    with pytest.raises(LineageError, match="architecture"):
        started(spec("half", 16).model_copy(update={"architecture": other}), parent, images)


def test_stopped_after_every_step_it_is_the_same_bytes(parent, images, tmp_path):
    settings = spec("half", 16, parent="face", snapshot_kimg=(0.004, 0.008), num_steps=4)
    whole, cut = (outputs(tmp_path / name) for name in ("whole", "cut"))
    snapshots = {id(paths): paths["g_ema"].with_name("snapshots.safetensors") for paths in (whole, cut)}
    train_model(settings, threads=1, snapshots=snapshots[id(whole)], **parent, **images, **whole)
    stop = StopRequest()
    stop.signal_name = "SIGTERM"
    job = TrainingJob(settings, **parent, **images, **cut, threads=1, provenance={}, snapshots=snapshots[id(cut)])
    for _ in range(3):
        with pytest.raises(InterruptedRun):
            train(job, stop, ALONE, CPU)
    train(TrainingJob.from_json(job.to_json()), stop, ALONE, CPU)
    for name in ("g_ema", "pair", "samples"):
        assert cut[name].read_bytes() == whole[name].read_bytes(), name
    assert snapshots[id(cut)].read_bytes() == snapshots[id(whole)].read_bytes()
    card = read_card(cut["g_ema"])
    assert card.transfer["from_rgb"]["made"] == "distilled"
    assert card.img_resolution == 16
    assert [kimg for kimg, _ in load_snapshots(snapshots[id(cut)])] == [0.004, 0.008]


def test_a_root_of_a_lower_resolution_is_trained_on_reduced_images(images, tmp_path):
    paths = outputs(tmp_path)
    train_model(spec("scratch", 16), parent_pair=None, parent_card=None, threads=1, **images, **paths)
    G, card = load_generator(paths["g_ema"])
    assert (G.img_resolution, card.transfer) == (16, {})
    assert np.load(paths["samples"])["pixels"].shape[-2] == 16


def test_what_an_older_checkpoint_did_not_say_is_not_said(parent):
    assert not {"from_rgb", "snapshot_kimg"} & set(read_card(parent["parent_card"]).training)
    assert not {"from_rgb", "snapshot_kimg"} & set(spec().tracked()["training"])
    assert spec(snapshot_kimg=(1,)).tracked()["training"]["snapshot_kimg"] == [1.0]
