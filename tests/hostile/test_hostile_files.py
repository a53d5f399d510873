"""Hostile studies, checkpoints and weights: each ends in one clear line, and no code in them ever runs."""

import os
import pickle

import pytest
import torch
import yaml
from checkpoints import _Canary, _PlainScript, _saved, _script
from expected import check_group

CANARY = "canary"


@pytest.mark.parametrize("group", ["configs", "checkpoints"])
def test_each_ends_as_it_should_and_cheaply(group):
    check_group(group)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_canaries_sing_where_nobody_is_careful(tmp_path, monkeypatch):
    """Python's own readers run what the cases are armed with: a canary that is not there proves something."""
    monkeypatch.chdir(tmp_path)
    armed = {
        "pickle": lambda: pickle.loads(pickle.dumps(_Canary())),
        "yaml": lambda: yaml.unsafe_load("!!python/object/apply:os.system ['touch canary']"),
        "torch": lambda: torch.load(_file(_saved({"a": _Canary()})), weights_only=False),
        "script": lambda: torch.jit.load(_file(_script(_PlainScript())))(torch.zeros(1)),
    }
    for name, read in armed.items():
        read()
        assert os.path.exists(CANARY), name
        os.remove(CANARY)


def _file(content: bytes) -> str:
    with open("armed", "wb") as file:
        file.write(content)
    return "armed"
