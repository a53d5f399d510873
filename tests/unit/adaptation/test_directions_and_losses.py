"""Directions from texts and images, and the two losses: laws, and what a CLIP that knows nothing is told."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from stylealign.adaptation.directions import image_direction, image_guide, measured_direction, sentences, text_direction
from stylealign.adaptation.losses import SMALLEST_MOVE, direction_similarity, directional_loss, global_loss
from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.images import to_pixels
from stylealign.latents import sample_z


@pytest.mark.parametrize("templates", ["none", "imagenet", ("a bad {}", "{}, close")])
def test_a_direction_of_texts_is_a_unit_vector_and_turns_round_with_them(tiny_clip, templates):
    there = text_direction(tiny_clip, "a photo", "a painting", templates)
    back = text_direction(tiny_clip, "a painting", "a photo", templates)
    assert float(there.norm()) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(there, -back)


def test_a_direction_is_the_mean_over_templates_scaled_to_one(tiny_clip):
    found = text_direction(tiny_clip, "x", "y", ("a {}", "the {}!"))
    moves = [tiny_clip.embed_texts(["a y", "the y!"]), tiny_clip.embed_texts(["a x", "the x!"])]
    mean = (moves[0][0] - moves[1][0] + moves[0][1] - moves[1][1]) / 2
    torch.testing.assert_close(found, mean / mean.norm())


def test_sentences_are_the_texts_own_or_in_templates():
    assert sentences("a dog", "none") == ["a dog"]
    assert sentences("a dog", ("{} here", "no {}")) == ["a dog here", "no a dog"]
    published = sentences("dog", "imagenet")
    assert (len(published), published[0]) == (80, "a bad photo of a dog.")


def test_images_direct_away_from_the_parents_own(make_family, tiny_clip):
    G = load_generator(make_family(0.1)["parent"])[0]
    images = list(torch.randint(0, 255, [3, 3, 16, 16], dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))
    guide = image_guide(tiny_clip, 1.0, G, images, 3)
    with torch.no_grad():
        own = torch.stack(
            [tiny_clip.embed_pixels(to_pixels(G(z[None])))[0] for z in sample_z(16, 8, 3, "adapt", "source")]
        )
    seen = tiny_clip.embed_pixels(torch.stack(images)).mean(0)
    expected = F.normalize(seen - own.mean(0), dim=0)
    torch.testing.assert_close(guide.direction, expected, rtol=1e-3, atol=1e-4)
    texts = {"source_text": None, "target_text": None, "templates": "none"}
    assert torch.equal(measured_direction(tiny_clip, G, **texts, images=images, seed=3), guide.direction)
    assert measured_direction(tiny_clip, G, **texts, images=(), seed=3) is None


def test_what_is_alike_tells_no_direction(tiny_clip):
    same = tiny_clip.embed_texts(["a photo"])[0]
    with pytest.raises(JudgeError, match="judge tiny cannot tell the parent's images and the given ones apart"):
        image_direction(tiny_clip, same, same)


def units(num, seed):
    return F.normalize(torch.randn(num, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)), dim=1)


@given(st.integers(0, 10_000))
def test_losses_lie_between_0_and_2_and_agree_with_the_similarity(seed):
    source, moved, direction = units(5, seed), units(5, seed + 1), units(1, seed + 2)[0]
    loss = float(directional_loss(source, moved, direction))
    assert 0 <= loss <= 2
    assert 0 <= float(global_loss(moved, direction)) <= 2
    if (moved - source).norm(dim=1).min() > SMALLEST_MOVE:
        assert loss == pytest.approx(1 - float(direction_similarity(source, moved, direction).mean()))


def test_the_directional_loss_is_least_along_the_direction_and_asks_nothing_of_its_length():
    source, direction = units(4, 0), units(1, 1)[0]
    for length in (0.1, 0.5, 3):
        assert float(directional_loss(source, source + length * direction, direction)) == pytest.approx(0, abs=1e-9)
        assert float(directional_loss(source, source - length * direction, direction)) == pytest.approx(2)


def test_no_change_costs_1_and_its_gradient_is_the_direction_over_the_floor():
    source, direction = units(1, 0), units(1, 1)[0]
    moved = source.clone().requires_grad_(True)
    loss = directional_loss(source, moved, direction)
    loss.backward()
    assert float(loss.detach()) == 1
    torch.testing.assert_close(moved.grad[0], -direction / SMALLEST_MOVE)


def test_one_image_for_all_codes_pleases_the_global_loss_and_not_the_directional_one():
    """Section 4.1: directions from different sources to one image cannot all be the same."""
    source, target = units(20, 0), units(1, 1)[0]
    collapsed = target.expand(20, -1)
    direction = F.normalize(target - source.mean(0), dim=0)
    assert float(global_loss(collapsed, target)) == pytest.approx(0, abs=1e-9)
    assert float(directional_loss(source, collapsed, direction)) > 0.1
