"""A checkpoint's kind is told by its first bytes: what people have on disk under that name, each with its cure."""

import io
import pickle
import subprocess
import sys
import tarfile
import zipfile

import pytest
import torch

from stylealign.config.checkpoint_kind import kind_of
from stylealign.config.load import parse_study
from stylealign.errors import CheckpointError, ConfigError

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")

QUOTA = "<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 381673535\n"


def saved(**options):
    buffer = io.BytesIO()
    torch.save({"g_ema": {"input.input": torch.ones(1, 4, 4, 4)}}, buffer, **options)
    return buffer.getvalue()


def scripted():
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), buffer)
    return buffer.getvalue()


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"x" * 100)
    return buffer.getvalue()


def packed():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 1_000_000)
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.pkl"), io.BytesIO(b""))
    return buffer.getvalue()


def long_listing():
    """The end of a zip file that says its list of entries is a gigabyte long."""
    return b"PK\x03\x04" + b"x" * 200 + b"PK\x05\x06" + b"\0" * 8 + (1 << 30).to_bytes(4, "little") + b"\0" * 6


KNOWN = {
    "torch_zip": saved,
    "torch_legacy": lambda: saved(_use_new_zipfile_serialization=False),
    "pickle": lambda: pickle.dumps({"G_ema": 1}, 4),
    "safetensors": lambda: (30).to_bytes(8, "little") + b'{"__metadata__":{"a":"b"}}    ',
}
REFUSED = {
    "empty": (lambda: b"", "is empty; fetch it again"),
    "zeros": (lambda: bytes(10_000), "begins with zeros only, so its download never finished"),
    "quota": (lambda: QUOTA.encode(), "web page.*Google Drive.*quota"),
    "html": (lambda: b"\xef\xbb\xbf\n <HTML lang=en>", "web page"),
    "denied": (lambda: b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "web page"),
    "lfs": (lambda: POINTER.encode(), "git-lfs pointer.*git lfs pull"),
    "torchscript": (scripted, "TorchScript, and that is code; nothing of it was run"),
    "archive": (lambda: zipped("ffhq/model.pkl", "readme.txt"), "zip archive of ffhq/model.pkl, readme.txt; unpack it"),
    "cut": (lambda: saved()[:-40], "zip file cut short or damaged.*fetch it again"),
    "bomb": (packed, "unfolds to more than its size"),
    "listing": (long_listing, "far more entries"),
    "gzip": (lambda: b"\x1f\x8b\x08" + bytes(50), r"is packed \(gzip\); unpack it"),
    "tar": (tarred, "tar archive; unpack it"),
    "keras": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(50), "HDF5"),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "picture; name a checkpoint"),
    "text": (lambda: b"hello, world", r"no checkpoint of a known kind \(it begins with 68 65"),
    "short": (lambda: b"\x80", "no checkpoint of a known kind"),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_a_known_kind_is_told_whatever_its_name(tmp_path, kind):
    for name in ("x.pkl", "x.pt", "x.jpg"):
        (tmp_path / name).write_bytes(KNOWN[kind]())
        assert kind_of(tmp_path / name) == kind


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_none_is_refused_with_its_cure(tmp_path, kind):
    make, message = REFUSED[kind]
    (tmp_path / "x.pkl").write_bytes(make())
    with pytest.raises(CheckpointError, match=message) as caught:
        kind_of(tmp_path / "x.pkl")
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(CheckpointError, match="there is no such file"):
        kind_of(tmp_path / "nope.pkl")
    with pytest.raises(CheckpointError, match="cannot be read"):
        kind_of(tmp_path)


def study(path):
    models = {"ffhq": {"domain": "face", "from": str(path)}}
    domains = {"face": {"source": "world", "world": "face"}}
    return parse_study({"resolution": 16, "domains": domains, "models": models})


@pytest.mark.parametrize("kind", ["torch_zip", "torch_legacy", "pickle"])
def test_a_study_takes_every_kind_by_path(tmp_path, kind):
    (tmp_path / "x.bin").write_bytes(KNOWN[kind]())
    assert study(tmp_path / "x.bin").adopted() == ["ffhq"]


@pytest.mark.parametrize("kind", REFUSED)
def test_a_study_refuses_the_rest_by_key(tmp_path, monkeypatch, kind):
    make, message = REFUSED[kind]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.bin").write_bytes(make())
    with pytest.raises(ConfigError, match=rf'models\.ffhq\.from = "x\.bin": .*{message}'):
        study("x.bin")


def test_parsing_needs_no_torch(tmp_path):
    (tmp_path / "x.pkl").write_bytes(KNOWN["pickle"]())
    (tmp_path / "x.pt").write_bytes(KNOWN["torch_zip"]())
    text = (
        "import sys; from stylealign.config.load import parse_study\n"
        "domains = {'face': {'source': 'world', 'world': 'face'}}\n"
        "models = {n: {'domain': 'face', 'from': f'x.{n}'} for n in ('pkl', 'pt')}\n"
        "parse_study({'resolution': 16, 'domains': domains, 'models': models})\n"
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", text], cwd=tmp_path, check=True)
