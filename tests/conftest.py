"""Which tests stay together when several processes share them (``pytest -n 2``): files, and what one study serves.

xdist's groups are marks; pytest 9.2 no longer lets it write them into a test's id, so a file's name decides here.
"""

import importlib.util
from pathlib import Path

import pytest

CLUSTER = "tests/cluster/"
FINISHED = (
    "tests/workflow/test_killed_study.py",
    "tests/workflow/test_provenance_of_results.py",
    "tests/workflow/test_report.py",
    "tests/workflow/test_smoke_study.py",
)


def group_of(nodeid: str) -> str:
    """The group of a test: those of the cluster, those of the finished study, else those of its file."""
    file = nodeid.partition("::")[0]
    if file.startswith(CLUSTER):
        return CLUSTER
    return "finished" if file in FINISHED else file


def pytest_collection_modifyitems(items):
    """The long groups first, that none is left for the end; and the finished study is made in one process only."""
    order = {"finished": 0, CLUSTER: 1}
    items.sort(key=lambda item: order.get(group_of(item.nodeid), 2))
    for item in items:
        if "finished" in getattr(item, "fixturenames", ()) and group_of(item.nodeid) != "finished":
            raise pytest.UsageError(f"{item.nodeid} uses the finished study: name its file in tests/conftest.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid)

    return ByGroup(config, log)


@pytest.fixture(scope="session")
def browser():
    """:mod:`tests.browser`, where there is a Chromium."""
    spec = importlib.util.spec_from_file_location("browser", Path(__file__).with_name("browser.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.chromium():
        pytest.skip("no chromium on PATH (set CHROMIUM to its path)")
    return module
