"""Images that direct an adaptation: read by the one safe decoder, cut to the model's size, refused in a line."""

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.adaptation.directions import image_guide
from stylealign.adaptation.target_images import first_images, pictures
from stylealign.checkpoint import load_generator, read_card
from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.errors import ImageSetError


def picture(path, size=(40, 24), mode="RGB", seed=0):
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else size[::-1]
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    files = {name: folder / name for name in ("images.zip", "index.parquet", "regions.npz", "rejected.parquet",
                                              "summary.json", "preview.png")}  # fmt: skip
    named = {name.partition(".")[0]: path for name, path in files.items()}
    domain = WorldDomain(source="world", world="painting", num_train=6, num_test=2)
    build_image_set(domain, name="painting", resolution=16, seed=0, **named)
    return named["images"], named["index"]


def test_pictures_of_any_size_become_the_models_in_their_order(tmp_path):
    paths = [picture(tmp_path / "b.png"), picture(tmp_path / "a.webp", (16, 90), "RGBA"), picture(tmp_path / "c.jpg")]
    found = pictures(paths, 16)
    assert [(image.dtype, tuple(image.shape)) for image in found] == [(torch.uint8, (3, 16, 16))] * 3
    assert torch.equal(pictures(paths[:1], 16)[0], found[0])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.png", b"", "cannot be used"),
        ("page.png", b"<!doctype html><p>404</p>", "no reader recognises it"),
        ("cut.png", "half", "cannot be used"),
        ("run.png", b"cos\nsystem\n(S'touch canary'\ntR.", "no reader recognises it"),
    ],
)
def test_one_that_is_broken_is_named(tmp_path, name, content, told):
    path = tmp_path / name
    if content == "half":
        whole = picture(tmp_path / "whole.png").read_bytes()
        content = whole[: len(whole) // 2]
    path.write_bytes(content)
    with pytest.raises(ImageSetError, match=f"{name}.*{told}.*replace it"):
        pictures([picture(tmp_path / "good.png"), path], 16)
    assert not (tmp_path / "canary").exists()


def test_one_that_would_be_enlarged_is_refused(tmp_path):
    with pytest.raises(ImageSetError, match="enlarged"):
        pictures([picture(tmp_path / "small.png", (4, 4))], 16)


def test_of_a_domain_the_first_training_images_are_taken(world):
    train = ImageSet.open(*world, "train")
    found = first_images(*world, 4)
    assert torch.equal(torch.stack(found), train.read(range(4)))
    with pytest.raises(ImageSetError, match="has 6 training images, and num_images asks for 7"):
        first_images(*world, 7)


def test_the_direction_leads_from_the_parents_images_to_the_given_ones(make_adapted, tiny_clip, world):
    """Appendix C of StyleGAN-NADA: it does not depend on the order, nor on how often all are given."""
    G, _ = load_generator(make_adapted.parent)
    images = first_images(*world, 3)
    guide = image_guide(tiny_clip, 1.0, G, images, seed=0)
    assert guide.direction.norm().item() == pytest.approx(1, abs=1e-5)
    again = image_guide(tiny_clip, 1.0, G, [*images[::-1], *images], seed=0)
    assert torch.allclose(guide.direction, again.direction, atol=1e-5)
    mean = torch.cat([tiny_clip.embed_pixels(image[None]) for image in images]).mean(0)
    assert torch.cosine_similarity(guide.target, mean, dim=0).item() == pytest.approx(1, abs=1e-5)


def test_images_adapt_a_model_towards_them(make_adapted, tiny_clip, world):
    """More alike than the parent's of the same z are its images to those given, as the CLIP sees them."""
    images = first_images(*world, 3)
    by_images = {"target_text": None, "image_domain": "painting", "num_images": 3}
    files = make_adapted("by_images", images=images, iterations=25, lr=0.01, batch_size=4, **by_images)
    z = torch.randn([8, 8], generator=torch.Generator().manual_seed(0))
    target = torch.nn.functional.normalize(
        torch.cat([tiny_clip.embed_pixels(one[None]) for one in images]).mean(0), dim=0
    )
    with torch.no_grad():
        nearness = [
            (tiny_clip.embed(load_generator(path)[0](z)) @ target).mean().item()
            for path in (make_adapted.parent, files.g_ema)
        ]
    assert nearness[1] > nearness[0]
    card = read_card(files.g_ema)
    assert card.transfer["adapted"]["image_domain"] == "painting"
    assert len(card.image_set) == 64, "the digest of the images that were seen"


def test_other_images_give_another_model(make_adapted, world):
    images = first_images(*world, 4)
    models = [
        read_card(make_adapted("one", images=some, image_domain="painting", num_images=2).g_ema)
        for some in (images[:2], images[2:])
    ]
    assert models[0].digest != models[1].digest
    assert models[0].image_set != models[1].image_set
