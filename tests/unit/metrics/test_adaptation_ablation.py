"""Variants of an adaptation: what each draws, and what is measured of it."""

import numpy as np
import pytest
import torch

from stylealign.adaptation_tables import ADAPTATION_ABLATION
from stylealign.checkpoint import load_generator, read_card
from stylealign.errors import LineageError
from stylealign.images import from_hwc, to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.metrics.adaptation_ablation import ablation_pictures, ablation_rows, described_rows, open_variants
from stylealign.metrics.features import Features, save_features
from stylealign.networks.latent_mapper import LatentMapper, MapperCard, save_mapper
from stylealign.tables import read_table, write_table

ASKED = {"num_images": 24, "num_diversity": 20, "truncation_psi": 0.7, "seed": 0}


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.3)


@pytest.fixture(scope="module")
def mapper(family, tmp_path_factory):
    card = read_card(family["child"])
    torch.manual_seed(0)
    network = {"num_ws": 6, "w_dim": 8, "published_norm": False}
    path = tmp_path_factory.mktemp("mapper") / "mapper.safetensors"
    save_mapper(path, LatentMapper(**network), MapperCard("child", card.digest, network, "x", {}, {}, 0, 1, "test"))
    return path


@pytest.fixture(scope="module")
def variants(family, mapper):
    return open_variants(family["parent"], {"same": family["copy"], "child": family["child"]}, "child", mapper)


@pytest.fixture
def rows(variants, tiny_clip, make_judge, tmp_path):
    judge, rng = make_judge(["yaw_deg"]), np.random.default_rng(0)
    real = judge.features(from_hwc(rng.integers(0, 256, [30, 16, 16, 3], np.uint8)))
    split = np.array(["test"] * 25 + ["train"] * 5)
    features = Features(real, np.zeros([30, 0]), (), "all-30", np.array([str(one) for one in range(30)]), split)
    save_features(tmp_path / "domain.npz", features)
    direction = torch.nn.functional.normalize(torch.arange(24.0) - 7, dim=0)
    found = ablation_rows(
        variants, tiny_clip, judge, tmp_path / "domain.npz", target_text="x", direction=direction, **ASKED
    )
    return {row["variant"]: row for row in found}


def test_variants_draw_the_same_codes(variants):
    assert [(one.name, one.model) for one in variants] == [
        ("parent", "parent"),
        ("same", "same"),
        ("child", "child"),
        ("child + mapper", "child"),
    ]
    z = sample_z(70, 8, 0, "test")
    drawn = [one.pixels(z, 0.7) for one in variants]
    assert torch.equal(drawn[0], drawn[1])
    G, mapped = variants[3].G, variants[3].mapper
    ws = G.mapping(z, truncation_psi=0.7)
    assert torch.equal(drawn[3][:8], to_pixels(G.synthesis(G.styles(mapped(ws[:8])))))
    assert not torch.equal(drawn[2], drawn[3])


def test_a_model_that_is_its_parent_has_its_numbers(rows):
    for name in ("clip_similarity", "kid", "diversity"):
        assert rows["same"][name] == pytest.approx(rows["parent"][name], rel=1e-5)
    assert rows["same"]["direction_similarity"] == 0, "it moved in no direction"
    assert np.isnan(rows["parent"]["direction_similarity"])
    assert -1 < rows["child"]["direction_similarity"] < 1
    for row in rows.values():
        assert row["diversity_low"] <= row["diversity"] <= row["diversity_high"]
        assert row["num_real"] == 25, "held-out images only"


def test_similarities_are_those_of_the_pictures(rows, variants, tiny_clip):
    pixels = variants[2].pixels(sample_z(24, 8, 0, "adaptation_ablation"), 0.7)
    seen, text = tiny_clip.embed_pixels(pixels), tiny_clip.embed_texts(["x"])[0]
    expected = [float(torch.nn.functional.cosine_similarity(one, text, dim=0)) for one in seen]
    assert rows["child"]["clip_similarity"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_rows_are_of_the_declared_table(rows, tmp_path):
    ways = {"same": {"loss": "global", "num_layers": None}, "child": {"loss": "directional", "num_layers": 3}}
    told = described_rows(list(rows.values()), ways, {"parent": "parent", "domain": "painting"})
    write_table(tmp_path / "rows.parquet", ADAPTATION_ABLATION, told, {})
    table = read_table(tmp_path / "rows.parquet").set_index("variant")
    assert table["num_layers"].to_dict() == {"parent": 0, "same": -1, "child": 3, "child + mapper": 3}
    assert table["mapper"].sum() == 1
    assert table.loc["child + mapper", "loss"] == "directional"


def test_pictures_are_of_the_studys_fixed_z(variants, family):
    shown = ablation_pictures(variants, num=2, truncation_psi=0.5, seed=4)
    assert shown["pixels"].shape == (4, 2, 16, 16, 3)
    G = load_generator(family["child"])[0]
    expected = to_hwc(to_pixels(G(sample_z(2, 8, 4, "family"), truncation_psi=0.5)))
    assert np.array_equal(shown["pixels"][2], expected)


def test_a_mapper_of_other_weights_is_refused(family, mapper):
    with pytest.raises(LineageError, match="of other weights of child"):
        open_variants(family["parent"], {"same": family["copy"]}, "same", mapper)
