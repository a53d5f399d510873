"""Children of adapted models: trained from the adapted generator with the parent's discriminator, caught up or not."""

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator, load_tensors, read_card
from stylealign.config.correspondence import Correspondence
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.images import to_pixels
from stylealign.tables import read_table
from stylealign.training.run import train_model

STEP_KIMG = 0.004  # a batch of four


@pytest.fixture(scope="module")
def adapted(make_adapted):
    return make_adapted("sketch", target_text="a sketch of a person", iterations=8)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("painting")
    names = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
    paths = {name.partition(".")[0]: folder / name for name in names}
    domain = WorldDomain(source="world", world="painting", num_train=12, num_test=2)
    build_image_set(domain, name="painting", resolution=16, seed=0, **paths)
    return {name: paths[name] for name in ("images", "index")}


@pytest.fixture
def train(adapted, images, tmp_path):
    """Trains a child of the adapted model for so many steps; its files."""

    def run(name, *, num_steps=3, **training):
        settings = {"batch_size": 4, "ada_kimg": 100, "sample_kimg": (), "tick_kimg": STEP_KIMG, "ema_kimg": 0.01}
        spec = ResolvedModel(
            name=name,
            domain="painting",
            parent="sketch",
            resolution=16,
            architecture=Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=16),
            training=Training(**settings | {"num_images": 5, "checkpoint_kimg": 1} | training),
            total_kimg=num_steps * STEP_KIMG,
            seed=0,
            study_seed=0,
            samples=Samples(num=2),
            device="cpu",
        )
        folder = tmp_path / name
        folder.mkdir()
        suffixes = {"ticks": "parquet", "cost": "parquet", "samples": "npz"}
        files = {one: folder / f"{one}.{suffixes.get(one, 'safetensors')}" for one in ("g_ema", "pair", *suffixes)}
        above = {"parent_pair": adapted.pair, "parent_card": adapted.g_ema}
        train_model(spec, state=folder / "state", threads=1, **above, **images, **files)
        return files

    return run


def parts(path, prefix):
    """The tensors of one network in a pair."""
    return {name: value for name, value in load_tensors(path)[0].items() if name.startswith(prefix)}


def equal(first, second):
    return {name for name in first if torch.equal(first[name], second[name])}


def test_a_child_is_trained_from_the_adapted_generator_and_its_parents_discriminator(train, adapted, make_adapted):
    child = train("child")
    card, above = read_card(child["g_ema"]), read_card(adapted.g_ema)
    assert card.lineage == ("parent", "sketch", "child")
    assert card.lineage_digests[:2] == above.lineage_digests
    parents = make_adapted.parent.with_name("pair.safetensors")
    assert equal(parts(adapted.pair, "D/"), parts(parents, "D/")) == set(parts(parents, "D/"))
    for prefix, layer in (("G/", "G/synthesis.b8.conv1.weight"), ("D/", "D/b16.conv0.weight")):
        assert layer not in equal(parts(child["pair"], prefix), parts(adapted.pair, prefix)), "both learn"
    rows = read_table(child["ticks"])
    assert np.isfinite(rows[["loss_g", "loss_d"]]).all(axis=None)


def test_it_begins_where_the_adapted_model_is(train, adapted, make_adapted):
    """A step later it still draws what the adapted model draws, which is not what the parent draws."""
    z = torch.randn([8, 8], generator=torch.Generator().manual_seed(0))
    paths = [train("child", num_steps=1, lr=1e-6)["g_ema"], adapted.g_ema, make_adapted.parent]
    with torch.no_grad():
        child, start, parent = (to_pixels(load_generator(path)[0](z)).double() for path in paths)
    assert (child - start).abs().max() <= 1
    assert (child - parent).abs().mean() > 1


@pytest.mark.parametrize("more", [{}, {"correspondence": Correspondence()}])
def test_while_d_catches_up_the_adapted_generator_stays(train, adapted, more):
    idle = train("idle", num_steps=2, catch_up_kimg=2 * STEP_KIMG, **more)
    own = parts(adapted.pair, "G/")
    assert equal(own, parts(idle["pair"], "G/")) == set(own)
    assert read_card(idle["g_ema"]).digest == read_card(adapted.g_ema).digest
    assert "D/b16.conv0.weight" not in equal(parts(idle["pair"], "D/"), parts(adapted.pair, "D/"))
    later = train("later", num_steps=3, catch_up_kimg=2 * STEP_KIMG, **more)
    assert "G/synthesis.b8.conv1.weight" not in equal(own, parts(later["pair"], "G/"))
    assert list(read_table(later["ticks"])["loss_g"].isna()) == [True, True, False]
