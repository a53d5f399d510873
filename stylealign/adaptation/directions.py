"""What a CLIP asks of an adaptation: a direction and a target in its space, from texts or from images.

StyleGAN-NADA, section 4.1 (Equations 2 and 3) and Appendix C: from texts the direction is the mean difference of the
two texts in every template; from images it is the way from the mean embedding of the parent's own images to the mean of
the given ones.

Legend: E numbers of an embedding; all embeddings are unit vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.adaptation.rules import Rules
from stylealign.config.adaptation import Adaptation
from stylealign.errors import JudgeError
from stylealign.images import to_pixels
from stylealign.judges.clip import ClipJudge
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator

NUM_SOURCE_IMAGES = 16
DRAWN_AT_ONCE = 4  # of these: no more memory than an iteration takes, whatever the resolution
SAME = 1e-4  # two texts whose embeddings are nearer than this tell no direction


@dataclass(frozen=True)
class Guide:
    """One CLIP, its weight, and what it asks: unit vectors [E] on the judge's device."""

    clip: ClipJudge
    weight: float
    direction: Tensor | None  # of the directional loss; none where no source is told
    target: Tensor  # of the global loss
    goal: Tensor  # of the choice of layers


def sentences(text: str, templates: str | Sequence[str]) -> list[str]:
    """``text`` in each template: ``none``, ``imagenet`` (OpenAI's, as open_clip has them), or templates with {}."""
    if templates == "none":
        return [text]
    if templates == "imagenet":
        from open_clip import OPENAI_IMAGENET_TEMPLATES

        return [template(text) for template in OPENAI_IMAGENET_TEMPLATES]
    return [template.replace("{}", text) for template in templates]


def text_direction(clip: ClipJudge, source: str, target: str, templates: str | Sequence[str]) -> Tensor:
    """The unit direction [E] from one text to another, the mean over templates.

    Raises :class:`JudgeError` where the CLIP cannot tell the texts apart.
    """
    moves = clip.embed_texts(sentences(target, templates)) - clip.embed_texts(sentences(source, templates))
    return _direction(moves.mean(dim=0), clip, f"{source!r} and {target!r}")


def image_direction(clip: ClipJudge, source: Tensor, target: Tensor) -> Tensor:
    """The unit direction [E] between mean embeddings [E] of two groups of images; errors as :func:`text_direction`."""
    return _direction(target - source, clip, "the parent's images and the given ones")


def _direction(move: Tensor, clip: ClipJudge, what: str) -> Tensor:
    length = move.norm()
    if not length > SAME:
        raise JudgeError(f"judge {clip.name} cannot tell {what} apart; name others, or another judge in adapt.clips")
    return move / length


def text_guide(clip: ClipJudge, weight: float, adapt: Adaptation, rules: Rules) -> Guide:
    """What ``clip`` asks by the texts of ``adapt``."""
    source, target = adapt.source_text, adapt.target_text
    assert target is not None
    mean = F.normalize(clip.embed_texts(sentences(target, adapt.templates)).mean(dim=0), dim=0)
    direction = None if source is None else text_direction(clip, source, target, adapt.templates)
    if rules.uses_templates:
        return Guide(clip, weight, direction, mean, mean)
    said, raw = clip.embed_texts([f"a {target}", target])
    return Guide(clip, weight, direction, said, raw)


def measured_direction(
    clip: ClipJudge,
    parent: Generator,
    *,
    source_text: str | None,
    target_text: str | None,
    templates: str | Sequence[str],
    images: Sequence[Tensor],
    seed: int,
) -> Tensor | None:
    """The direction [E] that an adaptation of ``parent`` asked for, in any CLIP's space; None where it had none."""
    if images:
        return image_guide(clip, 1.0, parent, images, seed).direction
    if source_text is None or target_text is None:
        return None
    return text_direction(clip, source_text, target_text, templates)


def image_guide(clip: ClipJudge, weight: float, frozen: Generator, images: Sequence[Tensor], seed: int) -> Guide:
    """What ``clip`` asks by images, each uint8 [3, H, W] of any size: away from the mean of 16 of the parent's."""
    seen = torch.cat([clip.embed_pixels(image[None]) for image in images]).mean(dim=0)
    z = sample_z(NUM_SOURCE_IMAGES, frozen.z_dim, seed, "adapt", "source").to(frozen.mapping.w_avg.device)
    with torch.no_grad():
        pixels = torch.cat([to_pixels(frozen(some)).cpu() for some in z.split(DRAWN_AT_ONCE)])
    own = clip.embed_pixels(pixels).mean(dim=0)
    target = F.normalize(seen, dim=0)
    return Guide(clip, weight, image_direction(clip, own, seen), target, target)
