"""The study's own CLIP, trained on its worlds' images and captions, rebuilt from one file (``results/judges/{judge}``).

The networks are open_clip's classes and the tokens are of open_clip's tokenizer. Of its 49408 tokens the network knows
those of the captions it learned from; all others are one token, ``UNKNOWN``, which training strews into texts so that
it means nothing: templates such as "a rendering of a person" can be read, and the log says which words were not.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from stylealign.errors import JudgeError
from stylealign.judges.clip import ClipJudge, Tokenize, open_tokenizer
from stylealign.judges.weights import require_weights
from stylealign.sealed import UNREADABLE, described, read_sealed, write_sealed

log = logging.getLogger(__name__)

KIND = "clip"
CURE = "it is made by the rule clip: run the workflow, or name the file it wrote"
PADDING, UNKNOWN, FIRST_KNOWN = 0, 1, 2  # ids; the known ones follow in the tokenizer's order, the end token last
NUM_TOKENS = 49408


def build_clip(description: Mapping[str, Any]) -> nn.Module:
    """open_clip's network, without training, from its description: ``embed_dim``, ``vision``, ``text``."""
    import open_clip

    vision, text = open_clip.CLIPVisionCfg(**description["vision"]), open_clip.CLIPTextCfg(**description["text"])
    return open_clip.CLIP(description["embed_dim"], vision, text)


def known_tokens(texts: Sequence[str]) -> list[int]:
    """The ids of open_clip's tokenizer, in order, that ``texts`` are made of, with their start and end."""
    import open_clip

    tokenizer = open_clip.SimpleTokenizer()
    words = {word for text in texts for word in text.replace(",", " ,").split()}
    found = {token for word in words for token in tokenizer.encode(word)}
    return sorted({*found, tokenizer.sot_token_id, tokenizer.eot_token_id})


def own_tokenizer(tokens: Sequence[int], context_length: int, name: str = "clip") -> Tokenize:
    """Texts to ids of the network's own: those of ``tokens`` from ``FIRST_KNOWN`` on, all others ``UNKNOWN``."""
    tokenize = open_tokenizer(context_length)
    table = torch.full([NUM_TOKENS], UNKNOWN)
    table[torch.tensor(list(tokens))] = torch.arange(len(tokens)) + FIRST_KNOWN
    table[PADDING] = PADDING

    def own(texts: Sequence[str]) -> torch.Tensor:
        ids = table[tokenize(texts)]  # [T, C]
        strange = [text for text, row in zip(texts, ids, strict=True) if bool((row == UNKNOWN).any())]
        if strange:
            log.warning(
                "judge %s: words that no caption it learned from has are read as nothing in particular, in: %s",
                *(name, "; ".join(strange[:5])),
            )
        return ids

    return own


def save_embedded_clip(
    path: str | os.PathLike[str], network: nn.Module, description: Mapping[str, Any], passport: Mapping[str, Any]
) -> None:
    """Write the judge beside ``path``, then rename. ``description`` rebuilds the network and its tokenizer."""
    meta = {"kind": KIND, "network": dict(description), "passport": dict(passport)}
    write_sealed(path, network.state_dict(), meta)


def load_embedded_clip(
    name: str, path: Path | None, device: torch.device | str = "cpu", batch_size: int = 64
) -> ClipJudge:
    """The judge in ``path``; :class:`JudgeError` when it is absent or not such a file."""
    path = require_weights(name, path, CURE)
    key = f"judges.{name}"
    try:
        state, meta = read_sealed(path)
    except UNREADABLE as error:
        raise JudgeError(f"{key}: {path} is not a file of this package, or damaged ({error}); {CURE}") from error
    if meta.get("kind") != KIND:
        raise JudgeError(f"{key}: {path} holds a {meta.get('kind')}, not a CLIP; {CURE}")
    try:
        network, tokens = _with_weights(meta["network"], state), [int(token) for token in meta["network"]["tokens"]]
        tokenize = own_tokenizer(tokens, int(network.context_length), name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        raise JudgeError(f"{key}: {path} describes no CLIP of this version ({error}); {CURE}") from error
    return ClipJudge(name, network, tokenize, device=device, batch_size=batch_size)


def _with_weights(description: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> nn.Module:
    """The network described, its shapes compared with the weights before any memory is taken."""
    sizes = {f"{part}.{key}": value for part in ("vision", "text") for key, value in description[part].items()}
    plan = described(lambda **_: build_clip(description), sizes | {"embed_dim": description["embed_dim"]}, state)
    planned = {name: value.shape for name, value in plan.state_dict().items()}
    if planned != {name: value.shape for name, value in state.items()}:
        raise ValueError("its weights are another network's")
    network = build_clip(description)
    network.load_state_dict(state)
    return network
