"""What the code of an image depends on besides the image: the key of the cache, and the codes' passport.

The key is canonical JSON, so that a person can read it. A setting that a method does not use is not in its key: a
change of it inverts nothing again. Neither is what changes the speed alone (images at once, device).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.checkpoint import ModelCard
from stylealign.codes import Passport
from stylealign.config.inversion import TRUNCATED_SPACES, Inversion, Optimisation, is_encoder, space_of
from stylealign.judge_identity import judge_identity
from stylealign.networks.spaces import code_shape
from stylealign.provenance import canonical_json, file_sha256

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

INVERSION_RECIPE = 1
"""Raise it when a change alters the codes that inversion finds: no digest of its code is in the key, since inverting
again costs hours. Note each raise in CHANGELOG.md."""

_SPEED_ALONE = {"batch_size"}


def truncation_of(method: str, settings: Inversion) -> float:
    """The truncation of a method's codes: the study's in Z and Z+, none (1) in W and W+."""
    return settings.truncation_psi if space_of(method) in TRUNCATED_SPACES else 1.0


def num_steps(method: str, settings: Inversion) -> int:
    """Steps of optimisation that a method takes: an encoder's are those of refinement."""
    return settings.encoders.refine_steps if is_encoder(method) else settings.optimisation.steps


def refinement(settings: Inversion) -> Optimisation:
    """The settings of the optimisation that starts from an encoder's code."""
    return settings.optimisation.model_copy(update={"steps": settings.encoders.refine_steps, "restarts": 1})


def inversion_key(
    method: str, settings: Inversion, *, generator: str, judge: "Judge", encoder: Path | None, seed: int
) -> dict[str, Any]:
    """All that a code by ``method`` depends on: ``generator`` is the model's digest, ``encoder`` the encoder's file."""
    key: dict[str, Any] = {"recipe": INVERSION_RECIPE, "method": method, "generator": generator}
    key["judge"] = judge_identity(judge)
    if space_of(method) in TRUNCATED_SPACES:
        key["truncation_psi"] = settings.truncation_psi
    if encoder is not None:
        key["encoder"] = file_sha256(encoder)
    if num_steps(method, settings):
        key |= {"optimisation": _optimisation(method, settings), "seed": seed}
    return key


def _optimisation(method: str, settings: Inversion) -> dict[str, Any]:
    """The settings of optimisation that ``method`` uses."""
    used = refinement(settings) if is_encoder(method) else settings.optimisation
    unused = set(_SPEED_ALONE)
    if is_encoder(method) or space_of(method) not in TRUNCATED_SPACES:  # it starts at the encoder's code, or w_avg
        unused.add("start")
        if used.restarts == 1:
            unused.add("candidates")
    if not used.noise_maps:
        unused.add("noise_weight")
    if used.patience is None:
        unused.add("tolerance")
    return used.model_dump(mode="json", exclude=unused)


def passport_of(
    G: "Generator",
    card: ModelCard,
    method: str,
    settings: Inversion,
    *,
    judge: "Judge",
    encoder: Path | None,
    seed: int,
) -> Passport:
    """The passport of the codes that ``method`` finds in the model ``card``."""
    space = space_of(method)
    key = inversion_key(method, settings, generator=card.digest, judge=judge, encoder=encoder, seed=seed)
    psi = truncation_of(method, settings)
    return Passport(space, method, code_shape(G, space), card.digest, psi, judge.name, canonical_json(key))
