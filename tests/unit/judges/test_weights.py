"""Weights come from where the config says, whole, with the checksum it names, and without running code."""

import hashlib
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from stylealign.errors import JudgeError
from stylealign.judges.weights import fetch_weights, fit_state_dict, load_state_dict, require_weights, unfilled


def test_absent_weights_name_the_key_and_the_cure(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.sq\.weights: not given; fetch it"):
        require_weights("sq", None, "fetch it")
    with pytest.raises(JudgeError, match=r"judges\.sq\.weights: no file .*absent\.pt; fetch it"):
        require_weights("sq", tmp_path / "absent.pt", "fetch it")


def test_a_download_with_the_right_checksum_is_kept_and_not_fetched_again(tmp_path: Path) -> None:
    origin, target = tmp_path / "origin.pt", tmp_path / "kept" / "w.pt"
    origin.write_bytes(b"weights")
    checksum = hashlib.sha256(b"weights").hexdigest()
    assert fetch_weights("j", origin.as_uri(), checksum, target).read_bytes() == b"weights"
    origin.unlink()
    assert fetch_weights("j", origin.as_uri(), checksum, target) == target


def test_a_download_with_another_checksum_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    origin, target = tmp_path / "origin.pt", tmp_path / "kept" / "w.pt"
    origin.write_bytes(b"other")
    with pytest.raises(JudgeError, match=r"judges\.j\.download\.sha256"):
        fetch_weights("j", origin.as_uri(), "0" * 64, target)
    assert list(target.parent.iterdir()) == []


def test_an_address_that_cannot_be_read_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.j\.download\.url.*judges\.j\.weights"):
        fetch_weights("j", (tmp_path / "nowhere").as_uri(), "0" * 64, tmp_path / "w.pt")


class Bomb:
    """Unpickling it would run code."""

    def __reduce__(self):
        return (Path.touch, (Path("exploded"),))


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = tmp_path / "bomb.pt"
    for write in (lambda: torch.save(Bomb(), bomb), lambda: bomb.write_bytes(pickle.dumps(Bomb(), protocol=2))):
        write()
        with pytest.raises(JudgeError, match="without running code"):
            load_state_dict("j", bomb)
        assert not Path("exploded").exists()


def test_state_dicts_of_every_form_are_read(tmp_path: Path) -> None:
    state = {"fc.weight": torch.arange(6.0).reshape(2, 3)}
    torch.save(state, tmp_path / "plain.pt")
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "wrapped.pt")
    save_file(state, tmp_path / "without_suffix")
    for name in ("plain.pt", "wrapped.pt", "without_suffix"):
        assert torch.equal(load_state_dict("j", tmp_path / name)["fc.weight"], state["fc.weight"])


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "text.pt").write_text("not weights")
    for name in ("list.pt", "text.pt"):
        with pytest.raises(JudgeError, match=r"judges\.j\.weights"):
            load_state_dict("j", tmp_path / name)


def test_weights_of_another_network_are_named() -> None:
    with pytest.raises(
        JudgeError, match=r"not the weights of a line: missing \['bias'\], unknown \['more'\], other shape"
    ):
        fit_state_dict("j", torch.nn.Linear(2, 3), {"weight": torch.zeros(1), "more": torch.zeros(1)}, "a line")


def test_a_network_is_built_without_weights_and_filled_whole() -> None:
    def build() -> torch.nn.Module:
        return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4))

    state = {key: value + 1 for key, value in build().state_dict().items() if not key.endswith("num_batches_tracked")}
    before = torch.get_rng_state()
    network = unfilled(build)
    fit_state_dict("j", network, state, "two layers")
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(network.state_dict()[key], value) for key, value in state.items())
    assert network[1].num_batches_tracked == 0


def test_names_of_a_parallel_module_lose_what_stands_before_them(tmp_path: Path) -> None:
    torch.save({"module.a": torch.zeros(1), "module.b": torch.ones(1)}, tmp_path / "w.pt")
    assert set(load_state_dict("j", tmp_path / "w.pt")) == {"a", "b"}
    torch.save({"module.a": torch.zeros(1), "b": torch.ones(1)}, tmp_path / "w.pt")
    assert set(load_state_dict("j", tmp_path / "w.pt")) == {"module.a", "b"}
