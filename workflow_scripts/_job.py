"""The only door to Snakemake: a script's job, its log, and what becomes of an error."""

import atexit
import logging
import os
import sys

from stylealign.job import error_text, exit_code, job_of, settle_times
from stylealign.signature import sign


def start(snakemake):
    """The job of a script, whose log and uncaught errors go to the rule's log and to the terminal."""
    sys.excepthook = report
    logging.raiseExceptions = False  # a line that the disk has no room for is on the terminal all the same
    handlers = [logging.FileHandler(snakemake.log[0], mode="w"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)
    logging.captureWarnings(True)
    job = job_of(snakemake)
    sign(job.provenance)
    atexit.register(settle_times, job)
    return job


def report(kind, error, trace):
    logging.error(error_text(error))
    logging.shutdown()
    os._exit(exit_code(error))
