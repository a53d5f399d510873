"""Cross-domain correspondence (Ojha et al. 2021, sections 3.1 and 3.2): a child of few images like its parent.

Two things are added to plain fine-tuning. *Distance consistency:* the images of a batch of codes differ from each
other in the child as they do in the parent; for each image, a softmax over the cosine similarities of its features to
those of the others, and the divergence of the child's from the parent's. *Relaxed realism:* only images of codes near a
few fixed anchors must look real as a whole; of all others D judges patches, from its features of an early block.

As the authors' training does it, where the paper leaves it open: each image is compared at one layer, drawn anew; the
divergence is the mean over all pairs, which the published weight of 1000 is meant for; every fourth step is of anchors.

Legend: N images, C x r x r features, P patches an image, A anchors.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylealign.config.correspondence import Correspondence
from stylealign.latents import Stream, normal, sample_z, torch_stream
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.networks.layers import Conv2d
from stylealign.networks.stylespace import num_channels
from stylealign.networks.synthesis import SynthesisLayer

PATCH_RESOLUTION = 32  # of the features that patches are judged from: patches of 1/6 to 1/4 of the image's width


class PatchHead(nn.Module):
    """D's features of one resolution to a logit for each place: [N, C, r, r] -> [N, P]."""

    def __init__(self, D: Discriminator):
        super().__init__()
        self.resolution = min(PATCH_RESOLUTION, D.img_resolution // 2)
        channels = num_channels(self.resolution, D.init_kwargs["channel_base"], D.init_kwargs["channel_max"])
        self.hidden = Conv2d(channels, channels, 1)
        self.out = Conv2d(channels, 1, 1, activate=False)

    def forward(self, D: Discriminator, x: Tensor) -> Tensor:
        features = D.features(x, self.resolution).to(x.dtype)
        return self.out(self.hidden(features)).flatten(1)


@dataclass
class Twin:
    """What a training holds for the sake of correspondence: the parent, frozen; the anchors; the patches' judge."""

    settings: Correspondence
    source: Generator
    patches: PatchHead
    anchors: Tensor  # [A, z_dim]

    def judges_patches(self, step: int) -> bool:
        """Whether this step is of any codes, and D sees patches; else it is of codes near anchors."""
        return step % self.settings.anchor_interval != 0

    def near_anchors(self, num: int, choice: torch.Generator, stream: Stream) -> Tensor:
        """Codes z [num, z_dim] near anchors drawn by ``choice``, on the CPU, each moved by ``stream``'s noise."""
        which = torch.randint(len(self.anchors), [num], generator=choice)
        anchors = self.anchors[which.to(self.anchors.device)]
        return anchors + self.settings.anchor_std * normal(anchors.shape, stream)


def build_twin(
    settings: Correspondence, G: Generator, D: Discriminator, *, num_images: int, seed: int, device: torch.device
) -> Twin:
    """A twin of ``G`` before the parent's weights are known; its own first weights are of the stream of ``seed``."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_stream(seed, "init", "patches").initial_seed())
        patches = PatchHead(D).to(device)
        source = Generator(**G.init_kwargs).to(device).eval().requires_grad_(False)
    source.synthesis.num_fp16_res = G.synthesis.num_fp16_res
    num = settings.num_anchors or num_images
    return Twin(settings, source, patches, sample_z(num, G.z_dim, seed, "anchors").to(device))


def correspondence_loss(twin: Twin, G: Generator, z: Tensor, choice: torch.Generator) -> Tensor:
    """The divergence [] of ``G``'s similarities between the images of ``z`` [N, z_dim] from its parent's.

    ``choice`` draws the layer at which each image is compared with the others, on the CPU. 0 where both are equal.
    """
    num_layers = len(_convolutions(G))
    layers = torch.randint(num_layers, [len(z)], generator=choice).tolist()
    with torch.no_grad():
        theirs = log_similarities(layer_features(twin.source, z), layers)
    own = log_similarities(layer_features(G, z), layers)
    return (theirs.exp() * (theirs - own)).mean()  # over all N (N - 1) pairs


def layer_features(G: Generator, z: Tensor) -> list[Tensor]:
    """What every convolution of ``G`` makes of ``z`` with constant noise: [N, C r r] each, the coarsest first."""
    with _watched(_convolutions(G)) as seen:
        G.synthesis(G.styles(G.mapping(z)), noise_mode="const")
    return [features.flatten(1).float() for features in seen]


def log_similarities(features: Sequence[Tensor], layers: Sequence[int]) -> Tensor:
    """Log-softmax over the others of the cosine similarities of image i to them at layer ``layers[i]``: [N, N - 1]."""
    rows = []
    for place, layer in enumerate(layers):
        others = torch.cat([features[layer][:place], features[layer][place + 1 :]])
        rows.append(F.cosine_similarity(features[layer][place : place + 1], others).log_softmax(0))
    return torch.stack(rows)


def _convolutions(G: Generator) -> list[nn.Module]:
    return [module for module in G.synthesis.modules() if isinstance(module, SynthesisLayer)]


@contextmanager
def _watched(modules: Sequence[nn.Module]) -> Iterator[list[Tensor]]:
    """What ``modules`` give while the block runs, in the order in which they do."""
    seen: list[Tensor] = []
    hooks = [module.register_forward_hook(lambda _module, _inputs, output: seen.append(output)) for module in modules]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
