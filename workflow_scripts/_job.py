"""The only door to Snakemake: a script's files, settings and provenance; its log, and what an error looks like."""

import json
import logging
import os
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

from stylealign.errors import InterruptedRun, StyleAlignError
from stylealign.provenance import describe
from stylealign.writing import storage_cure

EXIT_INTERRUPTED = 75  # the state is saved: the same command goes on


def start(snakemake):
    """The job of a script, whose log and uncaught errors go to the rule's log and to the terminal."""
    handlers = [logging.FileHandler(snakemake.log[0], mode="w"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)
    logging.captureWarnings(True)
    sys.excepthook = report
    params = dict(snakemake.params.items())
    spec, code = json.loads(params.pop("spec")), str(params.pop("code", params.get("recipe")))
    device = snakemake.config["device"]
    return SimpleNamespace(
        input=files(snakemake.input),
        output=files(snakemake.output),
        params=SimpleNamespace(**params),
        spec=spec,
        threads=snakemake.threads,
        config=snakemake.config,
        device=device,
        provenance=describe(
            spec=snakemake.params.spec,
            code=code,
            judge=spec.get("judge"),
            seed=spec.get("seed", spec.get("study_seed")),
        ),
    )


def files(named):
    """Named files as paths: one, a list, or None where there is none."""
    return SimpleNamespace(**{name: as_paths(value) for name, value in named.items()})


def as_paths(value):
    return Path(value) if isinstance(value, str) else [Path(one) for one in value] or None


def report(kind, error, trace):
    """A user's mistake, or the disk's, is one line; a programmer's has its traceback."""
    cure = storage_cure(error)
    if issubclass(kind, StyleAlignError):
        logging.error(str(error))
    else:
        logging.error(f"{error}: {cure}" if cure else "".join(traceback.format_exception(kind, error, trace)))
    logging.shutdown()
    os._exit(EXIT_INTERRUPTED if issubclass(kind, InterruptedRun) else 1)
