"""Mistakes in CLIPs and in what they are asked, found before any job starts."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import WorldDomain
from stylealign.config.judges import EmbeddedClip, OpenClip
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch

STUDY = "studies.clip_accuracy"
HEAD, SMALLEST_FOR_RESNET = 32, 32  # channels of a vit's head, and pixels


@cache
def open_clip_architectures() -> dict[str, str]:
    """The architectures of the installed open_clip, read from its files: an import would cost every dry run seconds.

    Each with what stands in the way of it: nothing, or a tokenizer that would be fetched from a hub. Empty where
    open_clip is absent.
    """
    found = find_spec("open_clip")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    files = [file for folder in folders for file in Path(folder, "model_configs").glob("*.json")]
    return {file.stem: _obstacle(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(files)}


def _obstacle(described: dict[str, dict[str, object]]) -> str:
    text = described.get("text_cfg", {})
    source = text.get("hf_tokenizer_name") or text.get("hf_model_name")
    return f"reads text by a tokenizer that is fetched ({source})" if source else ""


def check_clips(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in CLIPs that no single key shows, beside those of every judge."""
    for name, judge in sketch.judges.items():
        if isinstance(judge, OpenClip):
            yield from _check_architecture(f"judges.{name}.architecture", judge.architecture)
        elif isinstance(judge, EmbeddedClip):
            yield from _check_embedded(sketch, f"judges.{name}", judge)


def _check_architecture(key_name: str, architecture: str) -> Iterator[Problem]:
    known = open_clip_architectures()
    able = [name for name, obstacle in known.items() if not obstacle]
    if known and architecture not in known:
        yield Problem(key_name, f"open_clip has no such architecture; {nearest(architecture, able)}", architecture)
    elif known.get(architecture):
        yield Problem(key_name, f"{known[architecture]}; take one with open_clip's own, as ViT-B-32", architecture)


def _check_embedded(sketch: Sketch, key_name: str, judge: EmbeddedClip) -> Iterator[Problem]:
    yield from _check_network(sketch.resolution, key_name, judge)
    worlds = [name for name in sketch.domains if _may_be_true(sketch, name)]
    for name in judge.domains or ():
        if name not in sketch.domains:
            yield Problem(f"{key_name}.domains", f"there is no such domain; {nearest(name, sketch.domains)}", name)
        elif name not in worlds:
            yield Problem(f"{key_name}.domains", f"{UNTRUE}; name worlds as they are drawn", name)
    learned = worlds if judge.domains is None else judge.domains
    if not learned:
        yield Problem(key_name, "no domain has captions to learn from; photographs need a judge of kind open_clip")
    if judge.batch_size < len(learned):
        cure = f"is less than one image of each of its {len(learned)} domains; raise it"
        yield Problem(f"{key_name}.batch_size", cure, judge.batch_size)


def _check_network(resolution: int | None, key_name: str, judge: EmbeddedClip) -> Iterator[Problem]:
    if judge.network == "vit" and judge.width % HEAD:
        yield Problem(f"{key_name}.width", f"is no multiple of {HEAD}, as a vit's heads want", judge.width)
    if resolution is None:
        return
    if judge.network == "resnet" and resolution < SMALLEST_FOR_RESNET:
        cure = f"halves images five times and needs {SMALLEST_FOR_RESNET} px; at {resolution} px take network: vit"
        yield Problem(f"{key_name}.network", cure, judge.network)
    if judge.network == "vit" and resolution % judge.patch_px:
        cure = f"does not divide the resolution ({resolution}); take a power of two"
        yield Problem(f"{key_name}.patch_px", cure, judge.patch_px)


UNTRUE = "has no captions that are true of its images"


def _may_be_true(sketch: Sketch, name: str) -> bool:
    """Whether captions are true of a domain's images, as far as is known: of worlds that nothing has moved."""
    domain = sketch.domains[name]
    return domain is None or (isinstance(domain, WorldDomain) and domain.transform is None)


def check_clip_accuracy(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in this study."""
    asked = None if sketch.studies is None else sketch.studies.clip_accuracy
    if asked is None:
        return
    worlds = [name for name in sketch.domains if _may_be_true(sketch, name)]
    for name in asked.domains or ():
        if name not in sketch.domains:
            cure = f"there is no such domain; {nearest(name, sketch.domains)}"
            yield Problem(f"{STUDY}.domains", cure, name)
        elif name not in worlds:
            yield Problem(f"{STUDY}.domains", f"{UNTRUE}; name worlds as they are drawn", name)
    shown = [name for name in worlds if asked.domains is None or name in asked.domains]
    if not worlds:
        yield Problem(STUDY, "asks about worlds, and there are none; declare one, or drop the study")
    for clip in asked.clips:
        yield from check_judge_of(sketch, f"{STUDY}.clips", "text", clip, shown)
