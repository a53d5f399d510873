"""A judge that knows text: a CLIP, whose image and text embeddings share one sphere (Radford et al. 2021).

One class for every CLIP, whether trained in the study (:mod:`stylealign.judges.embedded_clip`) or published
(:mod:`stylealign.judges.published_clip`). Adaptation by text (StyleGAN-NADA, section 3) takes gradients of
:meth:`ClipJudge.embed` through images; the weights are frozen and keep none.

How a CLIP wants images is hidden here and pure tensor arithmetic: the shorter side to ``input_px`` by the antialiased
bicubic filter that Pillow has too, the centre, and the mean and deviation of the CLIP's training. Values beyond black
and white, which filters and generators both make, are left as they are, so that gradients live there.

Legend: N images, H x W pixels, P input_px, T texts, C context length, E embedding_dim, x images in [-1, 1].
"""

import logging
from collections.abc import Callable, Sequence
from typing import ClassVar

import torch
from torch import nn
from torch.nn import functional as F

from stylealign.errors import JudgeError
from stylealign.images import to_net
from stylealign.judges.judge import FEATURES, TEXT, Judge

log = logging.getLogger(__name__)

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of red, green, blue in 0..1, as all CLIPs of OpenAI's recipe
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

Tokenize = Callable[[Sequence[str]], torch.Tensor]
"""Texts to token ids int64 [T, C]; :class:`ValueError` for a text that does not fit into C."""


class ClipJudge(Judge):
    """Unit embeddings of images, differentiable, and of texts."""

    kind: ClassVar[str] = "embedded_clip"
    measures: ClassVar[frozenset[str]] = frozenset({FEATURES, TEXT})

    def __init__(
        self,
        name: str,
        network: nn.Module,
        tokenize: Tokenize,
        *,
        mean: Sequence[float] = CLIP_MEAN,
        std: Sequence[float] = CLIP_STD,
        device: torch.device | str = "cpu",
        batch_size: int = 64,
    ):
        super().__init__(name, device, batch_size)
        self.network = network.eval().requires_grad_(False).to(self.device)
        self.tokenize = tokenize
        self.input_px = _side(network.visual.image_size)
        self._mean = torch.tensor(mean, device=self.device).view(3, 1, 1)
        self._std = torch.tensor(std, device=self.device).view(3, 1, 1)
        self._known: dict[str, torch.Tensor] = {}  # unit embeddings [E] of texts
        self.embedding_dim = self.embed_pixels(torch.zeros([0, 3, 1, 1], dtype=torch.uint8)).shape[1]

    # -- what users call ----------------------------------------------------------------------------------------------

    def embed(self, x: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [N, E] of ``x`` [N, 3, H, W] in [-1, 1], differentiable in ``x``; any H and W."""
        return F.normalize(self.embed_raw(x), dim=1)

    def embed_raw(self, x: torch.Tensor) -> torch.Tensor:
        """:meth:`embed` before it is scaled to unit length."""
        return self.network.encode_image(self.prepare(x))

    def embed_pixels(self, pixels: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [N, E] of uint8 ``pixels`` [N, 3, H, W], in batches, on the judge's device.

        Plain tensors without gradient, whatever the mode: constants of a loss may be made of them.

        Raises:
            JudgeError: anything but uint8 RGB images.
        """
        self._check(pixels)
        with torch.inference_mode(False), torch.no_grad():
            return torch.cat([self._features(some) for (some,) in self._batches(pixels)])

    def embed_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit embeddings [T, E] of ``texts``, on the judge's device; plain tensors as of :meth:`embed_pixels`.

        A text is embedded once and remembered.

        Raises:
            JudgeError: a text that is empty or longer than the CLIP can read.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        with torch.inference_mode(False), torch.no_grad():
            for start in range(0, len(new), self.batch_size):
                some = new[start : start + self.batch_size]
                self._known |= zip(some, self._embed_new(some), strict=True)
            none = torch.zeros([0, self.embedding_dim], device=self.device)
            return torch.stack([self._known[text] for text in texts]) if len(texts) else none

    # -- the machinery ------------------------------------------------------------------------------------------------

    def prepare(self, x: torch.Tensor) -> torch.Tensor:
        """``x`` [N, 3, H, W] in [-1, 1] as the network wants it, [N, 3, P, P]: resized, cropped, normalised."""
        x = (x + 1) / 2
        if min(x.shape[2:]) != self.input_px and len(x):
            x = F.interpolate(x, _shorter_side(*x.shape[2:], self.input_px), mode="bicubic", antialias=True)
        top, left = (_offset(side, self.input_px) for side in x.shape[2:])
        x = x[:, :, top : top + self.input_px, left : left + self.input_px]
        return (x - self._mean) / self._std

    def _features(self, pixels: torch.Tensor) -> torch.Tensor:
        if not len(pixels):
            return self.embed(torch.zeros([1, 3, self.input_px, self.input_px], device=self.device))[:0]
        return self.embed(to_net(pixels))

    def _embed_new(self, texts: Sequence[str]) -> torch.Tensor:
        empty = [text for text in texts if not text.strip()]
        if empty:
            raise JudgeError(f"judge {self.name}: an empty text says nothing; write what the picture shows")
        try:
            tokens = self.tokenize(texts)  # [T, C]
        except ValueError as error:
            raise JudgeError(f"judge {self.name}: {error}") from error
        return F.normalize(self.network.encode_text(tokens.to(self.device)).float(), dim=1)


def open_tokenizer(context_length: int) -> Tokenize:
    """open_clip's own byte-pair tokenizer, whose vocabulary comes with the package, but no text is cut in silence."""
    import open_clip

    tokenizer = open_clip.SimpleTokenizer(context_length=context_length)

    def tokenize(texts: Sequence[str]) -> torch.Tensor:
        for text in texts:
            num = len(tokenizer.encode(text)) + 2  # with its start and end
            if num > context_length:
                raise ValueError(f"a text of {num} tokens, of which it reads {context_length}; shorten {text[:60]!r}")
        return tokenizer(list(texts))

    return tokenize


def _side(image_size: int | tuple[int, int]) -> int:
    """open_clip gives one number or two alike."""
    return image_size if isinstance(image_size, int) else int(image_size[0])


def _shorter_side(height: int, width: int, to_px: int) -> list[int]:
    """The size at which the shorter side is ``to_px``, rounded down as torchvision's transforms do."""
    short = min(height, width)
    return [height * to_px // short, width * to_px // short]


def _offset(side: int, inner: int) -> int:
    """Where a centre crop begins, rounded as torchvision's transforms do."""
    return round((side - inner) / 2)
