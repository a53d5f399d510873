"""The judge that knows text: gradients through images, texts remembered, anything else refused in a line."""

import copy
import logging

import pytest
import torch
from torch.nn import functional as F

from stylealign.errors import JudgeError
from stylealign.images import to_net
from stylealign.judges.clip import CLIP_MEAN, CLIP_STD, ClipJudge, open_tokenizer


def images(num, side=20, seed=0):
    return torch.randint(0, 256, [num, 3, side, side], dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def double(judge):
    """The same judge in double precision, for finite differences."""
    twin = ClipJudge("double", copy.deepcopy(judge.network), judge.tokenize)
    twin.network.double()
    twin._mean, twin._std = (torch.tensor(v, dtype=torch.float64).view(3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))
    return twin


def test_embeddings_have_unit_length_and_follow_the_pixels(tiny_clip) -> None:
    pixels = images(5)
    seen = tiny_clip.embed_pixels(pixels)
    assert seen.shape == (5, tiny_clip.embedding_dim)
    torch.testing.assert_close(seen.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(seen, tiny_clip.embed(to_net(pixels)))
    assert (tiny_clip.features(pixels) == seen.numpy()).all()
    torch.testing.assert_close(F.normalize(tiny_clip.embed_raw(to_net(pixels)), dim=1), seen)


def test_gradients_through_images_are_those_of_finite_differences(tiny_clip) -> None:
    judge = double(tiny_clip)
    stream = torch.Generator().manual_seed(1)
    x = (torch.rand([1, 3, 24, 20], generator=stream, dtype=torch.float64) * 2 - 1).requires_grad_()
    away = torch.randn(x.shape, generator=stream, dtype=torch.float64)
    to = F.normalize(torch.randn([judge.embedding_dim], generator=stream, dtype=torch.float64), dim=0)
    (judge.embed(x) @ to).sum().backward()
    with torch.no_grad():
        steps = [float((judge.embed(x + sign * 1e-5 * away) @ to).sum()) for sign in (1, -1)]
    assert (steps[0] - steps[1]) / 2e-5 == pytest.approx(float((x.grad * away).sum()), rel=1e-5)
    assert all(parameter.grad is None for parameter in judge.network.parameters())


def test_values_beyond_black_and_white_still_have_a_gradient(tiny_clip) -> None:
    x = torch.full([1, 3, 16, 16], 1.5).requires_grad_()
    tiny_clip.embed(x)[0, 0].backward()
    assert float(x.grad.abs().max()) > 0


def test_what_is_kept_may_take_part_in_a_loss(tiny_clip) -> None:
    with torch.inference_mode():
        texts, seen = tiny_clip.embed_texts(["a fish"]), tiny_clip.embed_pixels(images(2))
    x = to_net(images(2, seed=3)).requires_grad_()
    ((tiny_clip.embed(x) - seen) @ texts.T).sum().backward()
    assert x.grad is not None


def test_no_image_depends_on_its_batch(tiny_clip) -> None:
    pixels = images(7)
    whole, tiny_clip.batch_size = tiny_clip.embed_pixels(pixels), 2
    try:
        torch.testing.assert_close(tiny_clip.embed_pixels(pixels), whole, rtol=0, atol=1e-6)
    finally:
        tiny_clip.batch_size = 64
    prepared = tiny_clip.prepare(to_net(pixels))
    assert torch.equal(torch.cat([tiny_clip.prepare(to_net(one[None])) for one in pixels]), prepared)


def test_a_text_is_embedded_once(tiny_clip) -> None:
    asked = []
    judge = ClipJudge("counted", tiny_clip.network, lambda texts: asked.extend(texts) or tiny_clip.tokenize(texts))
    twice = judge.embed_texts(["a dog", "a cat", "a dog"])
    assert asked == ["a dog", "a cat"]
    assert torch.equal(twice[0], twice[2])
    assert torch.equal(judge.embed_texts(["a cat"])[0], twice[1])
    assert asked == ["a dog", "a cat"]
    assert judge.embed_texts([]).shape == (0, judge.embedding_dim)


@pytest.mark.parametrize(("text", "why"), [("  ", "an empty text"), ("dog " * 200, "a text of 202 tokens")])
def test_texts_that_cannot_be_read_are_told(tiny_clip, text: str, why: str) -> None:
    with pytest.raises(JudgeError, match=f"judge tiny: {why}"):
        tiny_clip.embed_texts([text])


def test_only_uint8_images_are_judged(tiny_clip) -> None:
    with pytest.raises(JudgeError, match="wants uint8"):
        tiny_clip.embed_pixels(torch.zeros([1, 3, 16, 16]))


def test_loading_a_judge_leaves_the_log_as_it_is() -> None:
    level = logging.getLogger().level
    open_tokenizer(16)(["a dog"])
    assert logging.getLogger().level == level
