"""The eight ways to invert an image, as one function of a batch (StyleAlign, A.5).

``{space}_opt`` is optimisation; ``{space}_enc`` an encoder, from whose code optimisation may go on for a few steps.

Legend: N images, R resolution.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from stylealign.codes import Passport
from stylealign.config.inversion import Inversion, is_encoder
from stylealign.encoders import load_encoder
from stylealign.errors import CodesError
from stylealign.inversion.encode import encode, refuse_other_generator
from stylealign.inversion.found import Found, best_of
from stylealign.inversion.key import refinement
from stylealign.inversion.optimise import optimise

if TYPE_CHECKING:
    from stylealign.encoders import AnyEncoder
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

Invert = Callable[[Tensor, Sequence[str]], Found]  # of uint8 [N, 3, R, R] and the images' ids


def inversion_of(
    G: "Generator", passport: Passport, settings: Inversion, *, judge: "Judge", encoder: Path | None, seed: int
) -> Invert:
    """The function that finds the codes that ``passport`` describes.

    Raises :class:`CodesError` for an encoder that is absent or of another model, space or truncation,
    :class:`CheckpointError` for a damaged one.
    """
    if is_encoder(passport.method):
        network = _encoder_of(passport, encoder, G)
        return lambda pixels, image_ids: _by_encoder(G, judge, pixels, image_ids, network, passport, settings, seed)
    how = {"space": passport.space, "truncation_psi": passport.truncation_psi, "settings": settings.optimisation}
    return lambda pixels, image_ids: optimise(G, judge, pixels, image_ids=image_ids, seed=seed, **how)


def _by_encoder(
    G: "Generator",
    judge: "Judge",
    pixels: Tensor,
    image_ids: Sequence[str],
    encoder: "AnyEncoder",
    passport: Passport,
    settings: Inversion,
    seed: int,
) -> Found:
    """The encoder's code, or what the steps of refinement made of it, whichever is nearer to the image."""
    found = encode(G, judge, pixels, encoder, truncation_psi=passport.truncation_psi)
    if not settings.encoders.refine_steps:
        return found
    how = {"space": passport.space, "truncation_psi": passport.truncation_psi, "settings": refinement(settings)}
    return best_of(found, optimise(G, judge, pixels, image_ids=image_ids, seed=seed, start=found.code, **how))


def _encoder_of(passport: Passport, path: Path | None, G: "Generator") -> "AnyEncoder":
    if path is None:
        raise CodesError(f"{passport.method}: this method needs an encoder into {passport.space}; give its file")
    encoder, card = load_encoder(path, G.mapping.w_avg.device)
    space, psi = passport.space, passport.truncation_psi
    refuse_other_generator(card, space=space, generator=passport.generator, truncation_psi=psi)
    return encoder
