"""Channel maps of the default architecture: the published formulation, plain forward mode, and ours, in one run.

    python benchmarks/channel_maps.py [--rounds 5] [--threads 1 2] [--outputs 96]

Published (StyleSpace's code): one backward pass per pooled output and per layer. It is timed on ``--outputs`` of the
3,072 outputs, all layers, and multiplied; one layer is done whole, to compare values. Plain forward mode: torch.func's
jvp of the whole network, mapped over all channels, a batch at a time. Every round times each of the three once.

The multiplications that ours cannot avoid are counted from the shapes, and its rate is set beside the rate of one
large convolution and one large matrix product on the same threads.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.alignment.channel_derivatives import channel_maps
from stylealign.config.models import Architecture
from stylealign.networks.generator import Generator
from stylealign.networks.stylespace import StyleLayer

GRID, JVP_BATCH = 32, 32


def default_generator(resolution: int = 32) -> Generator:
    """Random weights, with noise and biases, so that slopes vary from pixel to pixel as in a trained network."""
    torch.manual_seed(0)
    G = Generator(img_resolution=resolution, **Architecture().model_dump(exclude={"mbstd_group_size"}))
    with torch.no_grad():
        for name, parameter in G.synthesis.named_parameters():
            if name.endswith(("noise_strength", "bias")) and "affine" not in name:
                parameter.normal_(std=0.2)
    return G.eval().requires_grad_(False)


def styles(G: Generator, num: int) -> Tensor:
    with torch.no_grad():
        return G.styles(G.mapping(torch.randn([num, G.z_dim], generator=torch.Generator().manual_seed(1))))


def conv_layers(G: Generator) -> list[StyleLayer]:
    return [layer for layer in G.style_layers if layer.kind != "torgb"]


def pooled(G: Generator, s: Tensor) -> Tensor:
    """[1, 3, g, g]."""
    x = G.synthesis(s, noise_mode="const")
    return x if x.shape[2] == GRID else F.avg_pool2d(x, x.shape[2] // GRID)


def published(G: Generator, s: Tensor, which: Tensor, layers: list[StyleLayer]) -> Tensor:
    """The derivatives of the outputs ``which`` by the styles of ``layers``: [outputs, C]."""
    parts = {layer: s[:, layer.columns].clone().requires_grad_() for layer in G.style_layers}
    outputs = pooled(G, torch.cat(list(parts.values()), 1)).flatten()
    rows = [[torch.autograd.grad(outputs[i], parts[layer], retain_graph=True)[0][0] for i in which] for layer in layers]
    return torch.cat([torch.stack(layer) for layer in rows], 1)


def forward_mode(G: Generator, s: Tensor) -> Tensor:
    """Maps [C, g, g] of one image."""
    columns = torch.cat([torch.arange(G.num_styles)[layer.columns] for layer in conv_layers(G)])
    directions = torch.eye(G.num_styles)[columns, None]  # [C, 1, num_styles]

    def change(direction: Tensor) -> Tensor:
        return torch.func.jvp(lambda s: pooled(G, s), (s,), (direction,))[1][0]

    with torch.no_grad():
        parts = [torch.func.vmap(change)(batch) for batch in directions.split(JVP_BATCH)]  # [n, 3, g, g] each
    return torch.cat(parts).abs().mean(1)


def ours(G: Generator, s: Tensor) -> Tensor:
    return next(channel_maps(G, s, grid=GRID))


def multiplications(G: Generator) -> int:
    """What ours must multiply and add for an image, by the shapes: each channel through every layer above its own."""
    total = below = 0
    layers = conv_layers(G)
    for layer in layers:
        conv = G.synthesis.get_submodule(f"b{layer.resolution}.{layer.kind}")
        num_out, num_in = conv.weight.shape[:2]
        pixels = layer.resolution**2
        dense = 27 * num_in * pixels if layer is layers[-1] else 9 * num_out * num_in * pixels // (4 if conv.up else 1)
        filtered = 16 * num_out * pixels if conv.up else 0
        to_rgb = 3 * num_out * pixels if layer.kind == "conv1" and layer is not layers[-1] else 0
        total += below * (dense + filtered + to_rgb)  # carried
        total += num_in * num_out * 9 * pixels  # started
        below += num_in
    return total


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak_rates() -> dict[str, float]:
    """GMAC/s of one large matrix product and one large convolution."""
    a, x, weight = torch.randn(2048, 2048), torch.randn(32, 64, 32, 32), torch.randn(64, 64, 3, 3)
    x, weight = (each.contiguous(memory_format=torch.channels_last) for each in (x, weight))
    with torch.inference_mode():
        products = [seconds(lambda: a @ a) for _ in range(8)]
        convolutions = [seconds(lambda: F.conv2d(x, weight, padding=1)) for _ in range(8)]
    return {
        "matrix product": 2048**3 / statistics.median(products) / 1e9,
        "convolution": 32 * 1024 * 9 * 64**2 / statistics.median(convolutions) / 1e9,
    }


def time_all(G: Generator, s: Tensor, rounds: int, num_outputs: int) -> dict[str, float]:
    """Median seconds per image of each formulation."""
    num_all = 3 * GRID**2
    which = torch.arange(0, num_all, num_all // num_outputs)
    runs = {
        "published": lambda: published(G, s, which, conv_layers(G)),
        "forward mode": lambda: forward_mode(G, s),
        "ours": lambda: ours(G, s),
    }
    ours(G, s)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(seconds(run))
    medians = {name: statistics.median(each) for name, each in times.items()}
    return medians | {"published": medians["published"] * num_all / len(which)}


def report_values(G: Generator, s: Tensor) -> None:
    """Ours against plain forward mode (all channels) and the published formulation (one layer, all outputs)."""
    found = ours(G, s)
    last = conv_layers(G)[-1]
    start = time.perf_counter()
    rows = published(G, s, torch.arange(3 * GRID**2), [last])
    took = time.perf_counter() - start
    by_backward = rows.unflatten(0, (3, GRID, GRID)).abs().mean(0).permute(2, 0, 1)
    for name, theirs, mine in [
        ("forward mode", forward_mode(G, s), found),
        (f"published ({last.name}, whole, {took:.1f} s)", by_backward, found[-last.channels :]),
    ]:
        error = ((mine - theirs).abs().amax((1, 2)) / theirs.amax((1, 2))).max()
        print(f"  largest difference from {name}: {error:.1e} of a map's maximum")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--outputs", type=int, default=96)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    G = default_generator()
    s, work = styles(G, 1), multiplications(G) / 1e9
    num = sum(layer.channels for layer in conv_layers(G))
    print(f"default architecture, 32 px, {num} channels, grid {GRID}, torch {torch.__version__}")
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        print(f"{threads} thread(s), per image:")
        medians = time_all(G, s, arguments.rounds, arguments.outputs)
        for name, median in medians.items():
            print(f"  {median:8.3f} s  {medians['published'] / median:6.1f} x  {name}")
        rates = ", ".join(f"{name} {rate:.0f}" for name, rate in peak_rates().items())
        print(f"  ours: {work:.2f} GMAC at {work / medians['ours']:.0f} GMAC/s ({rates})", flush=True)
    report_values(G, s)
    larger = default_generator(64)
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        times = [seconds(lambda: ours(larger, styles(larger, 1))) for _ in range(arguments.rounds + 1)]
        print(f"64 px, ours, {threads} thread(s): {statistics.median(times[1:]):.3f} s per image")


if __name__ == "__main__":
    main()
