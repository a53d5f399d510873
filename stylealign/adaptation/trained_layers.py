"""Which weights an adaptation trains, and which of them belong to which row of W+ (StyleGAN-NADA, section 4.2).

The mapping network and all toRGB layers are frozen; by the paper's rules the affine layers too, by the released code's
they are trained with their convolution (see :mod:`stylealign.adaptation.rules`).
"""

from collections.abc import Iterable

from torch import nn

from stylealign.adaptation.rules import Rules
from stylealign.networks.generator import Generator
from stylealign.networks.stylespace import StyleLayer

CONST = "synthesis.b4.const"


def layers_of_rows(G: Generator, rules: Rules) -> list[str | None]:
    """For each row of W+ the layer that it stands for, as ``b8.conv0``; None where it stands for none.

    By the paper's rules the convolution that it drives. The released code takes the list conv1, to_rgb1, convs...,
    which is one behind from the third row on, and has a toRGB in it.
    """
    convs = [layer for layer in G.style_layers if layer.kind != "torgb"]
    if rules.shifts_rows:
        return [_name(G, "b4.conv1"), _name(G, "b4.torgb"), *(layer.name for layer in convs[1:])][: G.num_ws]
    driven = {layer.ws_index: layer.name for layer in convs}
    return [driven.get(row) for row in range(G.num_ws)]


def _name(G: Generator, name: str) -> str:
    assert any(layer.name == name for layer in G.style_layers), name
    return name


def parameters_of_layer(G: Generator, layer: str, rules: Rules) -> list[str]:
    """The names of a layer's trained parameters, in the order of the network's own."""
    own = [name for name, _ in G.named_parameters() if name.startswith(f"synthesis.{layer}.")]
    kept = own if rules.trains_affine else [name for name in own if ".affine." not in name]
    return [CONST, *kept] if rules.ties_const and layer == "b4.conv1" else kept


def trained_without_choice(G: Generator, rules: Rules) -> list[str]:
    """What is trained where no layers are chosen: the constant input and every convolution, in the network's order."""
    convs: list[StyleLayer] = [layer for layer in G.style_layers if layer.kind != "torgb"]
    found = {name for layer in convs for name in parameters_of_layer(G, layer.name, rules)} | {CONST}
    return [name for name, _ in G.named_parameters() if name in found]


def trained_with_rows(G: Generator, rows: Iterable[int], rules: Rules) -> list[str]:
    """What is trained where these rows of W+ are chosen, in the network's order."""
    layers = [layer for row in rows if (layer := layers_of_rows(G, rules)[row]) is not None]
    found = {name for layer in layers for name in parameters_of_layer(G, layer, rules)}
    return [name for name, _ in G.named_parameters() if name in found]


def train_only(G: nn.Module, names: Iterable[str]) -> None:
    """Let gradients reach these parameters and no other, whose gradients are dropped: an optimiser passes them by."""
    chosen = set(names)
    for name, parameter in G.named_parameters():
        parameter.grad = None
        parameter.requires_grad_(name in chosen)
