"""The ``stylealign`` command: what a user does outside the workflow."""

import logging
import math
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from stylealign.errors import StyleAlignError
from stylealign.locks import FolderLock
from stylealign.writing import PARTIAL

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

RESUME_FOLDERS = (
    "results/models/*/.resume",
    "results/judges/*/.resume",
    "results/encoders/*/.*.resume",
    "results/channel_maps/*/.*.resume",
)
UNFINISHED_AFTER_SEC = 3600  # no write takes so long


@app.command()
def check(config: Annotated[Path, typer.Argument(help="the study's file")] = Path("config.yaml")) -> None:
    """Report every mistake of a study at once; say what it would make."""
    from stylealign.config import plan
    from stylealign.config.load import read_study
    from stylealign.lineage import lineage

    study = _or_exit(read_study, config)
    typer.echo(f"{config}: {len(study.domains)} domains, {len(study.models)} models at {study.resolution} px")
    for model in study.models:
        typer.echo(f"  {' -> '.join(lineage(study.parents(), model))}")
    typer.echo(f"tables: {', '.join(plan.tables(study))}")
    typer.echo(f"figures: {', '.join(plan.figures(study))}")


@app.command("config-docs")
def config_docs(folder: Annotated[Path, typer.Argument(help="where the pages go")] = Path("docs")) -> None:
    """Write the pages generated from the code: the keys of a study, their JSON schema, the tables."""
    from stylealign.config.reference import config_page, config_schema
    from stylealign.figures.table_page import reference_page

    pages = {"config.md": config_page(), "config.schema.json": config_schema(), "tables.md": reference_page()}
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(folder / name)


@app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="any result, a study's file, or another project's checkpoint")],
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Say what a file is, who made it and how."""
    from stylealign.inspection.inspect_file import inspected

    typer.echo(_or_exit(inspected, file, as_json=as_json))


@app.command()
def clean(
    root: Annotated[Path, typer.Argument(help="the folder that holds results/")] = Path(),
    everything: Annotated[bool, typer.Option("--results", help="all results, not only states for resuming")] = False,
) -> None:
    """Remove what interrupted jobs left for resuming (their progress is lost); with --results, all results.

    Nothing is removed while a job works on any of it.
    """
    found = [path for pattern in RESUME_FOLDERS for path in sorted(root.glob(pattern))]
    with ExitStack() as held:
        for path in found:
            _or_exit(held.enter_context, FolderLock(path))
        found += [path for path in sorted((root / "results").rglob(f"*{PARTIAL}")) if _is_forgotten(path)]
        if everything:
            found = [path for path in sorted((root / "results").glob("*")) if path.name != ".gitkeep"]
        for path in found:
            typer.echo(path)
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _is_forgotten(path: Path) -> bool:
    """Whether an unfinished file is so old that whoever wrote it is no more."""
    return time.time() - path.stat().st_mtime > UNFINISHED_AFTER_SEC


@app.command()
def manipulate(
    generator: Annotated[Path, typer.Argument(help="a model (.safetensors)")],
    output: Annotated[Path, typer.Option(help="the picture to write (.png)")],
    channel: Annotated[list[str] | None, typer.Option(help="a style channel: 6_12 or b16.conv1:12; repeatable")] = None,
    direction: Annotated[list[str] | None, typer.Option(help="boundaries.npz:name; repeatable")] = None,
    strengths: Annotated[str, typer.Option(help="in standard deviations of the reference's samples")] = "-5,0,5",
    reference: Annotated[Path | None, typer.Option(help="the model whose deviations count (default: itself)")] = None,
    num: Annotated[int, typer.Option(min=1, help="latent codes")] = 4,
    seed: Annotated[int, typer.Option(help="of the latent codes: a study's seed gives its own z")] = 0,
    truncation_psi: Annotated[float, typer.Option(min=0, max=1)] = 0.7,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
) -> None:
    """Draw edits of a model's images: style channels, or directions in W, the same step as in its reference."""
    from stylealign.editing.manipulate import edited_samples
    from stylealign.figures.edit_sheet import draw_edits

    steps = _or_exit(_numbers, "--strengths", strengths)
    _or_exit(_check_output, output, (".png",), "a PNG")
    protocol = {"num": num, "seed": seed, "truncation_psi": truncation_psi, "device": device}
    pixels, titles = _or_exit(
        edited_samples, generator, reference or generator, channel or [], direction or [], steps, **protocol
    )
    name, other = (path.parent.name or path.stem for path in (generator, reference or generator))
    note = f"Steps in deviations of {other}; a row a code (seed {seed}, psi {truncation_psi:g}); 0 is unedited."
    draw_edits(pixels, titles, steps, (f"Edits of {name}", note), output)
    typer.echo(output)


@app.command()
def invert(
    generator: Annotated[Path, typer.Argument(help="a model (.safetensors)")],
    images: Annotated[Path, typer.Argument(help="a folder of images of what the model depicts")],
    output: Annotated[Path, typer.Option(help="the file of codes to write (.parquet)")],
    method: Annotated[str, typer.Option(help="z_opt, w_opt, wplus_opt, w_enc, ...")] = "w_opt",
    config: Annotated[Path, typer.Option(help="the study whose `inversion` and judge are used")] = Path("config.yaml"),
    encoder: Annotated[Path | None, typer.Option(help="for methods that end in _enc (.safetensors)")] = None,
    seed: Annotated[int, typer.Option(help="of every draw")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
) -> None:
    """Find a model's codes of your own images; more images in the folder later cost only themselves."""
    from stylealign.inversion.own_images import invert_folder

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    _or_exit(_check_method, method, encoder)
    _or_exit(_check_codes, output, images)
    settings, judge = _or_exit(_inverting, config, device)
    options = {"method": method, "settings": settings, "judge": judge, "encoder": encoder, "seed": seed}
    _or_exit(invert_folder, generator, images, output, device=device, **options)
    typer.echo(output)


def _check_method(method: str, encoder: Path | None) -> None:
    from stylealign.config.inversion import METHODS, is_encoder

    if method not in METHODS:
        raise StyleAlignError(f"--method {method}: there is no such method; take one of {', '.join(METHODS)}")
    if encoder is not None and not is_encoder(method):
        raise StyleAlignError(f"--encoder {encoder}: {method} asks no encoder; leave it out, or name a method in _enc")
    if encoder is not None and not encoder.is_file():
        raise StyleAlignError(f"--encoder {encoder}: there is no such file")


def _check_codes(output: Path, images: Path) -> None:
    if output.suffix != ".parquet" or output.is_dir():
        raise StyleAlignError(f"--output {output}: codes are a Parquet file; name one that ends in .parquet")
    if not images.is_dir():
        raise StyleAlignError(f"{images}: there is no such folder; name a folder of images")


def _inverting(config: Path, device: str):  # type: ignore[no-untyped-def]
    """The settings of a study's inversion, and its judge."""
    from stylealign.config import plan
    from stylealign.config.load import read_study
    from stylealign.judges.load import load_judge

    study = read_study(config)
    if study.inversion is None:
        raise StyleAlignError(f"{config}: has no section `inversion`; name another study with --config")
    name = study.inversion.judge
    source = plan.weights_source(study.judges[name])
    made = {
        "trained": f"results/judges/{name}/judge.safetensors",
        "fetched": f"results/judges/{name}/weights",
        "": None,
    }
    weights = made.get(source, source)
    return study.inversion, load_judge(name, study.judges[name], weights and Path(weights), device)


@app.command()
def translate(
    codes: Annotated[Path, typer.Argument(help="codes that `invert` or a study wrote (.parquet)")],
    source: Annotated[Path, typer.Argument(help="the model they were found in (.safetensors)")],
    target: Annotated[Path, typer.Argument(help="a relative of it (.safetensors)")],
    output: Annotated[Path, typer.Option(help="the folder for the images")],
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
) -> None:
    """Images of one domain as images of another: render codes by a relative of the model they were found in."""
    from stylealign.editing.translate import translate_codes

    num = _or_exit(translate_codes, codes, source, target, output, device=device)
    typer.echo(f"{output}: {num} images")


@app.command()
def morph(
    models: Annotated[list[Path], typer.Argument(help="two models or more, all relatives (.safetensors)")],
    output: Annotated[Path, typer.Option(help="the video: .mp4, .webp or .gif")],
    codes: Annotated[
        list[Path] | None, typer.Option(help="codes found in the first model, then in the next ... (none: random z)")
    ] = None,
    num: Annotated[int, typer.Option(min=1, help="morphs side by side, of the first codes")] = 8,
    frames: Annotated[int, typer.Option(min=3, help="frames from one end to the other")] = 60,
    seconds: Annotated[float, typer.Option(min=0.1, help="how long that takes; the video comes back, too")] = 4.0,
    easing: Annotated[str, typer.Option(help="smooth or linear")] = "smooth",
    seed: Annotated[int, typer.Option(min=0, help="of the random z")] = 0,
    truncation_psi: Annotated[float, typer.Option(min=0, max=1, help="of the random z")] = 0.7,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
) -> None:
    """A video from images of one model to images of another: codes and weights interpolated."""
    from stylealign.editing.morph import EASINGS
    from stylealign.editing.morph_pairs import open_code_pairs, open_pairs
    from stylealign.editing.morph_smoothness import morph_film
    from stylealign.editing.video import WRITERS, make_videos

    def film() -> None:
        _check_output(output, tuple(WRITERS), "a video")
        if easing not in EASINGS:
            raise StyleAlignError(f"--easing {easing}: give {' or '.join(EASINGS)}")
        if codes:
            pairs = open_code_pairs(models, codes, num_pairs=num, device=device)
        else:
            pairs = open_pairs(models, [], num_pairs=num, truncation_psi=truncation_psi, seed=seed, device=device)
        make_videos([output], morph_film(pairs, num_frames=frames, easing=easing, num_shown=num), seconds)

    _or_exit(film)
    typer.echo(output)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="a checkpoint: ours, an NVIDIA .pkl, a rosinality .pt, a bundle")],
    output: Annotated[Path, typer.Argument(help="the file to write: .safetensors (ours) or .pt (rosinality's)")],
) -> None:
    """Write a checkpoint of any known kind as ours, or under rosinality's names; nothing of the file is executed."""
    from stylealign.training.convert import convert_checkpoint

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for path in _or_exit(convert_checkpoint, source, output):
        typer.echo(path)


def _numbers(option: str, text: str) -> list[float]:
    cure = f"{option} {text}: give numbers with commas between, as -5,0,5"
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise StyleAlignError(cure) from error
    if not all(map(math.isfinite, numbers)):
        raise StyleAlignError(cure)
    return numbers


def _check_output(output: Path, suffixes: tuple[str, ...], what: str) -> None:
    if output.suffix.lower() not in suffixes or output.is_dir():
        raise StyleAlignError(f"--output {output}: {what} is written; name a file that ends in {' or '.join(suffixes)}")
    if not output.parent.is_dir():
        raise StyleAlignError(f"--output {output}: there is no folder {output.parent}; make it first")


def _or_exit(function, *arguments, **options):  # type: ignore[no-untyped-def]
    try:
        return function(*arguments, **options)
    except StyleAlignError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
