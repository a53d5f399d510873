"""Images of a generator as an image set, for a training on them (StyleGAN-NADA, Appendix C: "fine-tuned G + D")."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from stylealign.checkpoint import load_generator
from stylealign.data.index import write_index
from stylealign.data.prepare import Facts, Prepared, encode_png, image_id
from stylealign.data.writer import ImageSetWriter
from stylealign.devices import pick_device
from stylealign.errors import ImageSetError
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.latents import sample_z, torch_stream
from stylealign.networks.generator import Generator
from stylealign.writing import whole_file

log = logging.getLogger(__name__)

BATCH = 64


def generate_image_set(
    g_ema: Path, *, num: int, seed: int, images: Path, index: Path, truncation_psi: float = 1.0, device: str = "cpu"
) -> None:
    """Write ``num`` images of the model ``g_ema`` as the image set ``images`` + ``index``, all of split ``train``.

    Each has a z and noise of its own, from named streams of ``seed``. Images with the same pixels are kept once.

    Raises :class:`CheckpointError` for a damaged model, :class:`ImageSetError` where no two images differ.
    """
    G, card = load_generator(g_ema, pick_device(device))
    with (
        whole_file(images) as partial,
        tempfile.TemporaryDirectory(dir=Path(images).parent) as aside,
        ImageSetWriter(partial, Path(aside) / "regions.npz", G.img_resolution, ()) as writer,
    ):
        for one in _prepared(G, card.model, num, seed, truncation_psi):
            writer.take(one)
    if len(writer.facts) < 2:
        raise ImageSetError(f"{g_ema}: all images of {card.model} are the same; nothing can be trained on them")
    with whole_file(index) as partial:
        write_index(partial, writer.facts, ["train"] * len(writer.facts), [])
    log.info("%d images of %s, %d of them twice", len(writer.facts), card.model, len(writer.rejected))


@torch.inference_mode()
def _prepared(G: Generator, model: str, num: int, seed: int, truncation_psi: float) -> Iterator[Prepared]:
    device, side = G.mapping.w_avg.device, G.img_resolution
    together = at_once(side, BATCH)
    for batch, z in enumerate(sample_z(num, G.z_dim, seed, "generated_images").split(together)):  # [n, z_dim]
        noise = torch_stream(seed, "generated_images", "noise", batch, device=device)
        x = G(z.to(device), truncation_psi=truncation_psi, noise_mode="random", generator=noise)
        for place, pixels in enumerate(to_hwc(to_pixels(x).cpu()), start=batch * together):
            yield Prepared(Facts(image_id(pixels), f"{model}/{seed}/{place}", side, side), encode_png(pixels))
