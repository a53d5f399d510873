"""Attempt the cases of a group, from the N-th on: ``python tests/hostile/worker.py GROUP [N]``; one JSON line each."""

import importlib
import json
import logging
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

from cases import LIMIT_BYTES, LIMIT_CPU_SEC, LIMIT_SEC, Case, attempt, say


def cases_of(group: str) -> list[Case]:
    """The cases of a group, in order; their names differ."""
    found = importlib.import_module(group).cases()
    assert len({(case.kind, case.name) for case in found}) == len(found), "two cases of one name"
    return found


def main(group: str, first: int = 0, only: str = "") -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    module = importlib.import_module(group)
    module.warm_up()
    for case in cases_of(group)[first:]:
        if only in case.name:
            print(json.dumps({"kind": case.kind, "name": case.name}), flush=True)
            signal.alarm(LIMIT_SEC)  # either ends the process: nothing may catch it
            signal.setitimer(signal.ITIMER_PROF, LIMIT_CPU_SEC)
            with tempfile.TemporaryDirectory() as folder:
                say(attempt(case, Path(folder), module.read))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]), *sys.argv[3:4])
