"""Which tests stay together when several processes share them (``pytest -n 2 --dist loadgroup``)."""

import pytest

ONE_STUDY = ("finished", "cluster")  # fixtures that are made once: all their tests run in one process


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in a hook of the same name
def pytest_collection_modifyitems(items):
    """A file's tests stay together, so that its fixtures are made once; so do all tests of one expensive fixture."""
    for item in items:
        shared = next((name for name in ONE_STUDY if name in getattr(item, "fixturenames", ())), None)
        item.add_marker(pytest.mark.xdist_group(shared or item.nodeid.split("::")[0]))
