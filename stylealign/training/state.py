"""Everything one training holds: networks, optimisers, running statistics and the step; to tensors and back."""

import copy
import logging
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from stylealign.config.models import ResolvedModel
from stylealign.latents import torch_stream
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.optim import lazy_adam
from stylealign.training.augment import AugmentPipe
from stylealign.training.correspondence import Twin, build_twin

log = logging.getLogger(__name__)

NUM_FP16_RES = 4
TICK_METERS = ("loss_g", "loss_d", "r1_penalty", "pl_length", "score_real", "score_fake", "sign_real")


@dataclass
class TrainState:
    """One training in progress; ``step`` counts finished iterations of ``batch_size`` images."""

    G: Generator
    D: Discriminator
    g_ema: Generator
    opt_g: torch.optim.Adam
    opt_d: torch.optim.Adam
    augment: AugmentPipe | None
    pl_mean: Tensor  # []
    ada_signs: Tensor  # [2]: sum of sign(D(real)) and their number since p was last adjusted
    meters: Tensor  # [len(TICK_METERS), 2]: sum and number since the last tick
    step: int = 0
    twin: Twin | None = None  # what keeps a child of few images in correspondence with its parent
    fake: Tensor | None = None  # [N, 3, R, R]: what G learned from in this step, where D is to learn from it too

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by a unique name, for the private resume file."""
        found: dict[str, Tensor] = {}
        for name, module in self._modules().items():
            found |= {f"{name}/{key}": value for key, value in module.state_dict().items()}
        for name, optimiser in (("opt_g", self.opt_g), ("opt_d", self.opt_d)):
            for index, moments in optimiser.state_dict()["state"].items():
                found |= {f"{name}/{index}/{key}": torch.as_tensor(value) for key, value in moments.items()}
        found |= {"pl_mean": self.pl_mean, "ada_signs": self.ada_signs, "meters": self.meters}
        return found

    def load(self, tensors: dict[str, Tensor], step: int) -> None:
        """Continue from what :meth:`tensors` gave."""
        for name, module in self._modules().items():
            prefix = f"{name}/"
            module.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        _load_optimiser(self.opt_g, "opt_g/", tensors)
        _load_optimiser(self.opt_d, "opt_d/", tensors)
        for name in ("pl_mean", "ada_signs", "meters"):
            getattr(self, name).copy_(tensors[name])
        self.step = step

    def _modules(self) -> dict[str, nn.Module]:
        modules: dict[str, nn.Module] = {"G": self.G, "D": self.D, "g_ema": self.g_ema}
        if self.augment is not None:
            modules["augment"] = self.augment
        if self.twin is not None:
            modules |= {"source": self.twin.source, "patches": self.twin.patches}
        return modules


def _load_optimiser(optimiser: torch.optim.Adam, prefix: str, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith(prefix):
            index, key = name.removeprefix(prefix).split("/")
            state.setdefault(int(index), {})[key] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def build_networks(spec: ResolvedModel) -> tuple[Generator, Discriminator]:
    """G and D with initial weights from the model's own named stream."""
    shape = spec.architecture
    sizes = {
        "img_resolution": spec.resolution,
        "channel_base": shape.channel_base,
        "channel_max": shape.channel_max,
        "conv_clamp": shape.conv_clamp,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_stream(spec.seed, "init").initial_seed())
        G = Generator(z_dim=shape.z_dim, w_dim=shape.w_dim, mapping_layers=shape.mapping_layers, **sizes)
        D = Discriminator(mbstd_group_size=shape.mbstd_group_size, **sizes)
    return G, D


def build_state(spec: ResolvedModel, device: torch.device, *, augment: bool, num_images: int = 1) -> TrainState:
    """A training on ``num_images`` at step 0, on ``device``, before any parent's weights are loaded."""
    G, D = (network.to(device) for network in build_networks(spec))
    settings = spec.training
    use_half_precision(spec, G, D, device)
    g_ema = copy.deepcopy(G).eval().requires_grad_(False)
    freeze_discriminator(D, settings.freeze_d)
    twin = None
    if settings.correspondence is not None:
        twin = build_twin(settings.correspondence, G, D, num_images=num_images, seed=spec.seed, device=device)
    patches = [] if twin is None else list(twin.patches.parameters())
    return TrainState(
        G=G,
        D=D,
        g_ema=g_ema,
        opt_g=lazy_adam(G.parameters(), lr=settings.lr, interval=settings.pl_interval if settings.pl_weight else 0),
        opt_d=lazy_adam(
            [*(p for p in D.parameters() if p.requires_grad), *patches],
            lr=settings.lr,
            interval=settings.r1_interval if settings.r1_gamma else 0,
        ),
        augment=AugmentPipe() if augment else None,  # on the CPU: its draws are small and the same everywhere
        pl_mean=torch.zeros([], device=device),
        ada_signs=torch.zeros([2], device=device),
        meters=torch.zeros([len(TICK_METERS), 2], dtype=torch.float64, device=device),
        twin=twin,
    )


def use_half_precision(spec: ResolvedModel, G: Generator, D: Discriminator, device: torch.device) -> None:
    """Run the four highest resolutions in float16 on a GPU, where the config allows it and has a clamp for it.

    Half precision without ``conv_clamp`` overflows sooner or later, so it stays off then. On a CPU there is none.
    """
    setting = spec.training.mixed_precision
    if device.type != "cuda":
        if setting == "on":
            log.warning("models.%s.training.mixed_precision: on is ignored on a %s", spec.name, device.type)
        return
    if spec.architecture.conv_clamp is None:
        if setting != "off":
            log.warning("no half precision: it needs architecture.conv_clamp (256, as published)")
        return
    G.synthesis.num_fp16_res = D.num_fp16_res = NUM_FP16_RES if setting != "off" else 0


def discriminator_layers(D: Discriminator) -> list[nn.Module]:
    """D's layers in freeze-D's order: fromrgb, then conv0, conv1, skip of every block from the highest resolution."""
    blocks = [getattr(D, f"b{resolution}") for resolution in D.resolutions]
    layers: list[nn.Module] = [blocks[0].fromrgb]
    for block in blocks:
        layers += [block.conv0, block.conv1, block.skip]
    return layers


def freeze_discriminator(D: Discriminator, num_layers: int) -> None:
    """Freeze-D (Mo et al. 2020; StyleGAN2-ADA's ``--freezed``): the first ``num_layers`` layers stop learning."""
    for layer in discriminator_layers(D)[:num_layers]:
        layer.requires_grad_(False)
