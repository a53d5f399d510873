"""A published encoder, pSp's or e4e's, becomes an encoder of the study (rule ``adopt_encoder``; StyleAlign, A.5).

Nothing is trained. What a file does not say is found out with the model, and said: the mean of w that codes are
differences from, and whether rows are codes (pSp) or differences from the first (e4e). Two things are looked at and
warned of: whether the generator in the bundle is the model, and whether the encoder gives the model's images back.

Legend: N images, R resolution.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylealign import __version__
from stylealign.checkpoint import load_generator, misfits
from stylealign.encoders import PublishedCard, save_encoder
from stylealign.errors import CheckpointError
from stylealign.formats.encoder_bundle import EncoderBundle, read_encoder_bundle
from stylealign.formats.names import generator_names, ours_of
from stylealign.images import to_net
from stylealign.inversion.found import pixel_rms, render
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.networks.psp_encoder import PUBLISHED_PX, PspEncoder
from stylealign.provenance import file_sha256

log = logging.getLogger(__name__)

RECIPE = 1  # bump when a change alters the encoder that the same file gives
NUM_SAMPLES, AT_ONCE, PSI = 8, 2, 0.7  # of the model's own images, which an encoder should give back


def adopt_encoder(
    file: Path, *, space: str, model: str, g_ema: Path, output: Path, seed: int, device: torch.device | str = "cpu"
) -> None:
    """Write the published encoder in ``file`` as the encoder into ``space`` of ``model``, whose weights are ``g_ema``.

    Raises :class:`CheckpointError` when the file holds no pSp or e4e encoder, or one of another space or shape.
    """
    bundle = read_encoder_bundle(file)
    G, card = load_generator(g_ema, device)
    network = {"img_resolution": G.img_resolution, "num_ws": G.num_ws, "input_px": PUBLISHED_PX, **bundle.architecture}
    _refuse_other_shape(network, space, G, f"{file}, for {model}")
    latent_avg = _latent_avg(bundle, G)
    kinds = ["e4e", "psp"] if bundle.kind is None else [bundle.kind]
    tried = {kind: build(bundle.encoder, {"kind": kind, **network}, latent_avg, file) for kind in kinds}
    kind, errors = _best(tried, G, seed)
    said = [*_assumed(bundle, errors), *_another_generator(bundle, G, model), *_doubts(errors, kind)]
    for line in said:
        log.warning("%s: %s", file, line)
    source = {"file": Path(file).name, "sha256": file_sha256(file), "kind": kind, "said": said}
    who = {"model": model, "generator": card.digest, "seed": seed, "source": source}
    save_encoder(output, tried[kind], _card(tried[kind], **who))


def build(weights: Mapping[str, Tensor], network: Mapping[str, Any], latent_avg: Tensor, file: Path) -> PspEncoder:
    """The network with published weights, ready to encode; names and shapes are compared before any is allocated.

    Raises :class:`CheckpointError` with the first names or shapes that are not those of ``network``.
    """
    with torch.device("meta"):
        encoder = PspEncoder(**network)
    own = encoder.state_dict()
    counters = {name: torch.zeros([], dtype=torch.long) for name in own if name.endswith("num_batches_tracked")}
    found = {**weights, **counters, "latent_avg": latent_avg}
    if problems := misfits(encoder, found):
        raise CheckpointError(
            f"{file}: its encoder is not pSp's or e4e's IR-SE50: {problems}; it is damaged or of "
            "another architecture, name another"
        )
    encoder.load_state_dict(found, assign=True)
    return encoder.eval().requires_grad_(False)


def _refuse_other_shape(network: Mapping[str, Any], space: str, G: Generator, what: str) -> None:
    if (found := network["space"]) != space:
        raise CheckpointError(f"{what}: is an encoder into {found}, not {space}; name it for {found}")
    own = {"num_ws": G.num_ws, "w_dim": G.w_dim}
    others = [
        f"{name} {network[name]}, the model's is {value}" for name, value in own.items() if network[name] != value
    ]
    if others:
        raise CheckpointError(f"{what}: is an encoder of models with {'; '.join(others)}; name one for this model")


def _latent_avg(bundle: EncoderBundle, G: Generator) -> Tensor:
    """What is added to the network's output: [num_ws, w_dim], or [1, w_dim] in W."""
    rows = bundle.architecture.get("num_ws", 1)
    if not bundle.starts_at_latent_avg:
        return torch.zeros([rows, G.w_dim])
    if bundle.latent_avg is not None:
        return bundle.latent_avg
    return G.mapping.w_avg.detach().cpu().expand(rows, -1).contiguous()


def _best(tried: Mapping[str, PspEncoder], G: Generator, seed: int) -> tuple[str, dict[str, float]]:
    """The kind whose codes give back the model's own samples best, and how far off (in grey levels) each is.

    Beside them, under ``mean``, how far off the model's mean image is.
    """
    z = sample_z(NUM_SAMPLES, G.z_dim, seed, "published_encoder").to(G.mapping.w_avg.device)
    pixels = torch.cat([render(G, "z", part, PSI) for part in z.split(AT_ONCE)])  # uint8 [8, 3, R, R]
    errors = {kind: _off(pixels, _given_back(G, encoder, pixels)) for kind, encoder in tried.items()}
    best = min(errors, key=lambda kind: errors[kind])
    mean = render(G, "w", G.mapping.w_avg[None], 1.0)
    return best, {**errors, "mean": _off(pixels, mean.expand_as(pixels))}


@torch.no_grad()
def _given_back(G: Generator, encoder: PspEncoder, pixels: Tensor) -> Tensor:
    encoder.to(G.mapping.w_avg.device)
    codes = (encoder(to_net(part)) for part in pixels.split(AT_ONCE))
    return torch.cat([render(G, encoder.space, code, 1.0) for code in codes])


def _off(pixels: Tensor, others: Tensor) -> float:
    return float(pixel_rms(pixels.cpu(), others.cpu()).mean())


def _assumed(bundle: EncoderBundle, errors: Mapping[str, float]) -> Iterator[str]:
    """What the file does not say."""
    if bundle.starts_at_latent_avg and bundle.latent_avg is None:
        yield "has no latent_avg; the model's own mean of w stands for it"
    if bundle.kind is None:
        kind, other = sorted(("e4e", "psp"), key=lambda one: errors[one])
        how = f"gives back its samples better ({errors[kind]:.1f} grey levels off, as {other} {errors[other]:.1f})"
        yield f"does not say whether it is pSp's or e4e's (opts.encoder_type); {kind} is taken, for it {how}"


def _another_generator(bundle: EncoderBundle, G: Generator, model: str) -> Iterator[str]:
    """Whether the generator that the encoder was trained for is the model, weight by weight."""
    if bundle.decoder is None:
        return
    own, names = G.state_dict(), generator_names(G.img_resolution, G.init_kwargs["mapping_layers"])
    theirs = ours_of(bundle.decoder, names)
    weights = [name for name in names if not name.endswith("noise_const")]
    other = [name for name in weights if name not in theirs or not _alike(own[name].cpu(), theirs[name])]
    if other:
        count = f"{len(other)} of {len(weights)} weights, {other[0]} the first"
        yield f"was trained for another generator than {model} (they differ in {count}); its codes may mean little here"


def _alike(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b.to(a.dtype), rtol=1e-3, atol=1e-5)


def _doubts(errors: Mapping[str, float], kind: str) -> Iterator[str]:
    """Whether it is an encoder of this model at all."""
    if errors[kind] >= errors["mean"]:
        off = f"{errors[kind]:.1f} grey levels off, the mean image {errors['mean']:.1f}"
        yield f"gives the model's own samples back no better than its mean image would ({off}); is it for this model?"


def _card(encoder: PspEncoder, *, model: str, generator: str, seed: int, source: dict[str, Any]) -> PublishedCard:
    return PublishedCard(
        space=encoder.space,
        start="published",
        model=model,
        generator=generator,
        truncation_psi=1.0,
        judge="",
        img_resolution=encoder.img_resolution,
        network=encoder.init_kwargs,
        settings={},
        kimg=0.0,
        seed=seed,
        recipe=RECIPE,
        version=__version__,
        image_set="",
        source=source,
    )
