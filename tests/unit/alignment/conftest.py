"""A tiny family on disk (16 px): a parent, its child (every weight moved), a stranger, and an untrained judge."""

import pytest


@pytest.fixture(scope="session")
def family(make_family):
    return make_family(0.3)


@pytest.fixture(scope="session")
def judge(make_judge):
    return make_judge(["yaw_deg"])
