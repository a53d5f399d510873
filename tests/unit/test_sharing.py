"""Tests are shared out by groups (see tests/conftest.py)."""

import pytest


def test_what_is_shared_out_is_grouped(request):
    if not hasattr(request.config, "workerinput"):
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@tests/unit/test_sharing.py")
