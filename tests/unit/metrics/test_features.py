"""Features kept on disk: what the judges saw, in the order of the images, the same bytes each time."""

from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.errors import JudgeError
from stylealign.images import to_pixels
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.latents import sample_z, torch_stream
from stylealign.metrics.features import Features, judge_generator, judge_image_set, load_features, save_features
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def image_set(tmp_path_factory) -> ImageSet:
    folder = tmp_path_factory.mktemp("face")
    files = {key: folder / key for key in ("images", "index", "regions", "rejected", "summary")}
    domain = WorldDomain(source="world", world="face", num_train=12, num_test=6)
    build_image_set(domain, name="face", resolution=16, seed=0, **files, preview=folder / "preview.png")
    return ImageSet.open(files["images"], files["index"])


@pytest.fixture(scope="module")
def judge() -> EmbeddedJudge:
    torch.manual_seed(0)
    attributes = (Attribute("yaw_deg", "number", -40, 40, "deg", std=20.0),)
    return EmbeddedJudge("mine", EmbeddedNetwork(16, 8, Vocabulary(("face",), attributes, ("background", "skin"))))


def test_an_image_set_is_judged_in_its_order_whole(image_set: ImageSet, judge: EmbeddedJudge) -> None:
    judged = judge_image_set(judge, image_set)
    assert judged.image_ids.tolist() == image_set.image_ids
    assert judged.protocol == "all-18"
    assert (judged.split == "test").sum() == 6
    np.testing.assert_allclose(judged.features[7:9], judge.features(image_set.read([7, 8])), rtol=1e-4, atol=1e-5)
    assert judged.attribute_names == ("yaw_deg",)
    expected = judge.attributes(image_set.read([0, 1, 2]))["yaw_deg"]
    np.testing.assert_allclose(judged.attributes[:3, 0], expected, rtol=1e-4)
    assert judged.of_split("test").shape == (6, 128)
    assert judged.of_split(None).shape == (18, 128)


def test_a_generator_is_judged_on_the_studys_own_z(judge: EmbeddedJudge) -> None:
    torch.manual_seed(2)
    sizes = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}
    G = Generator(**sizes).eval().requires_grad_(False)
    judged = judge_generator(judge, G, num=70, seed=5, truncation_psi=0.5)
    assert judged.protocol == "gen-70-psi0.5-fresh-noise"
    assert judged.features.shape == (70, 128)
    z = sample_z(70, 8, 5, "family")[64:]
    expected = judge.features(to_pixels(G(z, truncation_psi=0.5, noise_mode="const")))  # untrained: noise strength 0
    np.testing.assert_allclose(judged.features[64:], expected, rtol=1e-3, atol=1e-4)


def test_every_image_has_noise_of_its_own_and_models_share_it(judge: EmbeddedJudge) -> None:
    torch.manual_seed(2)
    sizes = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}
    G = Generator(**sizes).eval().requires_grad_(False)
    for parameter in (p for name, p in G.named_parameters() if name.endswith("noise_strength")):
        parameter.fill_(0.5)
    judged = judge_generator(judge, G, num=4, seed=5)
    noise = torch_stream(5, "features", "noise", 0)
    x = G(sample_z(4, 8, 5, "family"), noise_mode="random", generator=noise)
    np.testing.assert_allclose(judged.features, judge.features(to_pixels(x)), rtol=1e-3, atol=1e-4)
    constant = judge.features(to_pixels(G(sample_z(4, 8, 5, "family"), noise_mode="const")))
    assert np.abs(judged.features - constant).max() > 1e-3


def test_what_is_saved_is_what_is_read_and_bytes_repeat(image_set: ImageSet, tmp_path: Path) -> None:
    judged = judge_image_set(ColourJudge("colour"), image_set)
    assert judged.features.shape == (18, 0)
    for name in ("a.npz", "b.npz"):
        save_features(tmp_path / name, judged)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    read = load_features(tmp_path / "a.npz")
    assert read.attribute_names == judged.attribute_names
    np.testing.assert_array_equal(read.attributes, judged.attributes)
    np.testing.assert_array_equal(read.image_ids, judged.image_ids)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_what_is_no_feature_file_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text.npz").write_text("nothing")
    for name in ("other.npz", "text.npz", "absent.npz"):
        with pytest.raises(JudgeError, match="delete it and run again"):
            load_features(tmp_path / name)


def test_a_split_without_images_is_an_error() -> None:
    judged = Features(np.zeros([2, 3]), np.zeros([2, 0]), (), "all-2", np.array(["a", "b"]), np.array(["train"] * 2))
    with pytest.raises(JudgeError, match="no images in split 'test'"):
        judged.of_split("test")
