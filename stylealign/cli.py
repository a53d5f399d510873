"""The ``stylealign`` command: what a user does outside the workflow."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer

from stylealign.errors import StyleAlignError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

RESUME_FOLDERS = ("results/models/*/.resume", "results/judges/*/.resume")


@app.command()
def check(config: Annotated[Path, typer.Argument(help="the study's file")] = Path("config.yaml")) -> None:
    """Report every mistake of a study at once; say what it would make."""
    from stylealign.config import slices
    from stylealign.config.load import read_study
    from stylealign.lineage import lineage

    study = _or_exit(read_study, config)
    typer.echo(f"{config}: {len(study.domains)} domains, {len(study.models)} models at {study.resolution} px")
    for model in study.models:
        typer.echo(f"  {' -> '.join(lineage(study.parents(), model))}")
    typer.echo(f"tables: {', '.join(slices.tables(study))}")
    typer.echo(f"figures: {', '.join(slices.figures(study))}")


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
def describe(file: Annotated[Path, typer.Argument(help="a table (.parquet) or a model (.safetensors)")]) -> None:
    """Say what a result is and how it was made."""
    found = _or_exit(_description, file)
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))


def _description(file: Path) -> object:
    from stylealign.config.checkpoint_header import read_card_values
    from stylealign.tables import read_provenance, read_table

    if not file.is_file():
        raise StyleAlignError(f"{file}: there is no such file")
    if file.suffix == ".parquet":
        table = read_table(file)
        return {"rows": len(table), "columns": list(table.columns), "provenance": read_provenance(file)}
    if file.suffix == ".safetensors":
        return read_card_values(file) or {"card": None}
    raise StyleAlignError(f"{file}: give a table (.parquet) or a model (.safetensors)")


@app.command()
def clean(
    root: Annotated[Path, typer.Argument(help="the folder that holds results/")] = Path(),
    everything: Annotated[bool, typer.Option("--results", help="all results, not only states for resuming")] = False,
) -> None:
    """Remove the private states of interrupted trainings (their progress is lost); with --results, all results."""
    folders = [path for pattern in RESUME_FOLDERS for path in sorted(root.glob(pattern))]
    if everything:
        folders = [path for path in sorted((root / "results").glob("*")) if path.name != ".gitkeep"]
    for path in folders:
        typer.echo(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _or_exit(function, *arguments):  # type: ignore[no-untyped-def]
    try:
        return function(*arguments)
    except StyleAlignError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
