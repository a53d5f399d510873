"""Published CLIPs: read without running anything, and every mistake told in a line with its cure."""

import json
import re
from pathlib import Path

import open_clip
import pytest
import torch
from pydantic import TypeAdapter
from safetensors.torch import save_file

from stylealign.config import judges as config
from stylealign.errors import JudgeError
from stylealign.judges.load import load_judge
from stylealign.judges.published_clip import open_published_clip

SMALL = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 8, "heads": 2, "layers": 1},
}


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory):
    """A tiny architecture that open_clip knows as it knows its own."""
    folder = tmp_path_factory.mktemp("configs")
    (folder / "tiny-test.json").write_text(json.dumps(SMALL), encoding="utf-8")
    other = SMALL | {"embed_dim": 12}
    (folder / "tiny-other.json").write_text(json.dumps(other), encoding="utf-8")
    open_clip.add_model_config(folder)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return open_clip.create_model("tiny-test", load_weights=False)


def images(num: int) -> torch.Tensor:
    return torch.randint(0, 256, [num, 3, 40, 40], dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_safetensors_and_torch_files_give_open_clips_own_embeddings(network, tmp_path: Path) -> None:
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    torch.save(
        {"state_dict": {f"module.{key}": value for key, value in network.state_dict().items()}}, tmp_path / "b.pt"
    )
    for file in ("a.safetensors", "b.pt"):
        section = {"kind": "open_clip", "architecture": "tiny-test", "weights": tmp_path / file}
        judge = load_judge("big", TypeAdapter(config.Judge).validate_python(section))
        tokens = open_clip.get_tokenizer("tiny-test")(["a dog", "two dogs"])
        theirs = network.eval().encode_text(tokens, normalize=True)
        torch.testing.assert_close(judge.embed_texts(["a dog", "two dogs"]), theirs.detach())
        seen = network.encode_image(judge.prepare(images(2).float() / 127.5 - 1), normalize=True)
        torch.testing.assert_close(judge.embed_pixels(images(2)), seen.detach())
        assert (judge.kind, judge.input_px, judge.embedding_dim) == ("open_clip", 32, 8)


def test_half_precision_is_read_as_single(network, tmp_path: Path) -> None:
    save_file({key: value.half() for key, value in network.state_dict().items()}, tmp_path / "half.safetensors")
    judge = open_published_clip("big", "tiny-test", tmp_path / "half.safetensors")
    assert {parameter.dtype for parameter in judge.network.parameters()} == {torch.float32}


def test_pixels_may_be_wanted_from_minus_one_to_one(network, tmp_path: Path) -> None:
    save_file(network.state_dict(), tmp_path / "a.safetensors")
    judge = open_published_clip("big", "tiny-test", tmp_path / "a.safetensors", scale="unit")
    x = torch.rand([1, 3, 32, 32]) * 2 - 1
    torch.testing.assert_close(judge.prepare(x), x)


def _wrong(kind: str, network, path: Path) -> str:
    """A file that is wrong in one way; the architecture that it is asked for."""
    state = dict(network.state_dict())
    if kind == "missing":
        state.pop("logit_scale")
    if kind == "damaged":
        path.write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{broken")
    elif kind == "program":
        torch.jit.script(torch.nn.Linear(2, 2)).save(str(path))
    elif kind != "absent":
        save_file(state, path)
    return {"other": "tiny-other", "unknown": "ViT-B-33", "hub": "ViT-B-16-SigLIP"}.get(kind, "tiny-test")


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (
            "missing",
            r"judges\.big\.weights: not the weights of open_clip's tiny-test: missing \['logit_scale'\].*name weights",
        ),
        ("other", r"judges\.big\.weights: not the weights of open_clip's tiny-other.*judges\.big\.architecture"),
        ("damaged", r"judges\.big\.weights: .*is not a state dict that can be read without running code"),
        ("program", r"judges\.big\.weights: .*TorchScript, a program.*safetensors.*-quickgelu"),
        ("absent", r"judges\.big\.weights: no file"),
        ("unknown", r"judges\.big\.architecture: open_clip has no 'ViT-B-33'"),
        ("hub", r"judges\.big\.architecture: .*a tokenizer that is fetched"),
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_wrong_file_is_told_in_a_line(kind: str, told: str, network, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    architecture = _wrong(kind, network, path)
    with pytest.raises(JudgeError) as error:
        open_published_clip("big", architecture, path)
    assert re.search(told, str(error.value))
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_vit_b_32_sees_and_reads(vit_b_32) -> None:
    judge = vit_b_32.judge
    x = (images(2).float() / 127.5 - 1).requires_grad_()
    (judge.embed(x) @ judge.embed_texts(["a photo of a person", "a painting of a person"]).T).sum().backward()
    assert judge.features(images(2)).shape == (2, 512)
    assert float(x.grad.abs().max()) > 0
    torch.testing.assert_close(judge.embed_texts(vit_b_32.texts), vit_b_32.embeddings, rtol=1e-4, atol=1e-5)
