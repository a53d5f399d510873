"""Shape of an image, random texture: outlines become shoes (StyleAlign, Figure 37).

As :mod:`stylealign.editing.reference_mix`, with random codes of the target model in the place of references. Every
source has the same styles, so that a column of the figure is one texture on many shapes.

Legend: m images shown, K styles, R pixels a side.
"""

from pathlib import Path

import numpy as np
import torch

from stylealign.codes import read_codes
from stylealign.editing.reference_mix import rows_below, switch
from stylealign.editing.source_images import read_images
from stylealign.editing.translate import check_codes, open_crossing, render_ws, ws_of_codes
from stylealign.latents import sample_z
from stylealign.translated_images import SourceSet


def texture_pictures(
    source: Path,
    target: Path,
    sources: SourceSet,
    *,
    direction: str,
    method: str,
    switch_px: int,
    num_styles: int,
    num_shown: int,
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray]:
    """What the figure ``texture_translations`` shows of one direction: the first images of ``sources``.

    ``sources`` and ``plain`` (the code alone) uint8 [m, R, R, 3]; ``styled`` [m, K, R, R, 3]: below ``switch_px`` the
    source's code, from it on a random one at ``truncation_psi``.

    Raises:
        LineageError: source and target have no common ancestor.
        CodesError: the codes are damaged or another model's.
    """
    card, model = open_crossing(source, target, device)
    codes = read_codes(sources.codes[method])
    check_codes(codes, card, model)
    G, codes = model[0], codes.take(range(min(num_shown, codes.num)))
    coarse = ws_of_codes(G, codes)  # [m, num_ws, w_dim]
    fine = G.mapping(
        sample_z(num_styles, G.z_dim, seed, "textures").to(coarse.device), truncation_psi=truncation_psi
    )  # [K, num_ws, w_dim]
    row = rows_below(G, switch_px)
    styled = [render_ws(G, [switch(coarse, style.expand_as(coarse), row)]) for style in fine]
    return {
        "direction": np.array(direction),
        "method": np.array(method),
        "sources": read_images(sources, codes.image_ids),
        "plain": render_ws(G, [coarse]),
        "styled": np.stack(styled, axis=1),
        "switch_px": np.array(switch_px),
    }
