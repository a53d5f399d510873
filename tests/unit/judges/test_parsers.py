"""Region parsers of photographs, tiny and with random weights: opened as a study opens them, merged, refused."""

import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter
from torch.nn import functional as F

from stylealign.config import judges as config
from stylealign.errors import JudgeError
from stylealign.judges.bisenet import LABELS
from stylealign.judges.bisenet_network import BiSeNet
from stylealign.judges.judge import Judge
from stylealign.judges.load import fetch, load_judge
from stylealign.judges.transformers_parser import pack

MERGED = ("background", "skin", "eyebrow", "eye", "ear", "nose", "mouth", "neck", "cloth", "hair", "other")


def images(num: int, side: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    blocks = torch.rand([num, 3, 4, 4], generator=generator)
    smooth = F.interpolate(blocks, [side, side], mode="bilinear")
    return (smooth * 255).to(torch.uint8)


def opened(weights: Path, kind: str, **settings) -> Judge:
    section = {"kind": kind, "weights": str(weights), **settings}
    return load_judge("mine", TypeAdapter(config.Judge).validate_python(section))


def settled(network: torch.nn.Module) -> torch.nn.Module:
    """Random batch norms that differ from the identity, so that a forgotten one would show."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    return network.eval()


@pytest.fixture(scope="module")
def bisenet(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "79999_iter.pth"
    torch.save(settled(BiSeNet(19)).state_dict(), path)
    return path


@pytest.fixture(scope="module")
def segformer(tmp_path_factory) -> Path:
    from transformers import SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessor

    torch.manual_seed(0)
    shape = {"depths": [1] * 4, "hidden_sizes": [8, 8, 16, 16], "num_attention_heads": [1] * 4}
    labels = {"id2label": dict(enumerate(LABELS)), "label2id": {label: k for k, label in enumerate(LABELS)}}
    model = SegformerForSemanticSegmentation(SegformerConfig(num_labels=19, decoder_hidden_size=16, **shape, **labels))
    torch.nn.init.normal_(model.decode_head.classifier.weight, std=3)
    folder = tmp_path_factory.mktemp("segformer")
    model.save_pretrained(folder)
    SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def parsers(bisenet: Path, segformer: Path) -> list[Judge]:
    return [
        opened(bisenet, "bisenet", input_px=64),
        opened(bisenet, "bisenet", input_px=None, regions=None),
        opened(segformer, "transformers", regions="celebamask-hq"),
        opened(segformer, "transformers", regions={"eye": [4, "r_eye"], "hair": [17]}, input_px=32),
    ]


def test_every_parser_gives_ids_of_its_region_names(parsers: list[Judge]) -> None:
    for parser in parsers:
        ids = parser.regions(images(3))
        assert parser.measures == {"regions"}
        assert (ids.dtype, ids.shape) == (np.uint8, (3, 32, 32))
        assert ids.max() < len(parser.region_names)
        assert parser.regions(images(3)[:0]).shape == (0, 32, 32)
    assert [parser.region_names for parser in parsers] == [MERGED, LABELS, MERGED, ("eye", "hair", "other")]


def test_what_an_image_shows_does_not_depend_on_its_batch(parsers: list[Judge]) -> None:
    pixels = images(11)
    for parser in parsers:
        single = np.concatenate([parser.regions(pixels[place : place + 1]) for place in range(len(pixels))])
        assert len(np.unique(single)) > 1
        assert np.mean(parser.regions(pixels) == single) > 0.999  # rounding may turn a tie


def test_merging_regions_is_merging_classes(bisenet: Path) -> None:
    classes = opened(bisenet, "bisenet", input_px=64, regions=None).regions(images(4))
    merged = opened(bisenet, "bisenet", input_px=64).regions(images(4))
    mouth = np.isin(classes, [LABELS.index(label) for label in ("mouth", "u_lip", "l_lip")])
    np.testing.assert_array_equal(merged == MERGED.index("mouth"), mouth)


def test_the_size_of_the_input_is_a_setting(bisenet: Path, segformer: Path) -> None:
    for weights, kind in ((bisenet, "bisenet"), (segformer, "transformers")):
        small, large = (opened(weights, kind, input_px=side, regions=None).regions(images(4)) for side in (32, 96))
        assert small.shape == large.shape
        assert (small != large).any()


def test_a_parsers_own_processor_is_heeded_and_can_be_absent(segformer: Path, tmp_path: Path) -> None:
    """It resizes to 64 px and normalises as ImageNet: without it, at that size, images are prepared alike."""
    for path in segformer.iterdir():
        if path.name != "preprocessor_config.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with_one, without = opened(segformer, "transformers"), opened(tmp_path, "transformers", input_px=64)
    assert without.processor is None
    assert with_one._prepare(images(2)).shape == (2, 3, 64, 64)
    native = images(2, 64)  # nothing to resize: the same normalisation
    torch.testing.assert_close(with_one._prepare(native), without._prepare(native), rtol=1e-5, atol=1e-5)
    assert opened(tmp_path, "transformers")._prepare(images(2)).shape == (2, 3, 32, 32)


def test_classes_are_those_of_the_librarys_own_post_processing(segformer: Path) -> None:
    from transformers import AutoImageProcessor, AutoModelForSemanticSegmentation

    pixels = images(3)
    processor = AutoImageProcessor.from_pretrained(segformer)
    network = AutoModelForSemanticSegmentation.from_pretrained(segformer).eval()
    with torch.inference_mode():
        outputs = network(**processor(images=list(pixels), return_tensors="pt"))
    expected = processor.post_process_semantic_segmentation(outputs, target_sizes=[(32, 32)] * 3)
    found = opened(segformer, "transformers").regions(pixels)
    assert np.mean(found == torch.stack(expected).numpy()) > 0.999


def test_names_and_shapes_are_those_of_the_published_file(bisenet: Path) -> None:
    shapes = {key: list(value.shape) for key, value in torch.load(bisenet, weights_only=True).items()}
    published = {
        "cp.resnet.conv1.weight": [64, 3, 7, 7],
        "cp.resnet.layer1.0.conv1.weight": [64, 64, 3, 3],
        "cp.resnet.layer2.0.downsample.0.weight": [128, 64, 1, 1],
        "cp.resnet.layer4.1.bn2.running_var": [512],
        "cp.arm16.conv.conv.weight": [128, 256, 3, 3],
        "cp.arm32.conv.conv.weight": [128, 512, 3, 3],
        "cp.arm32.conv_atten.weight": [128, 128, 1, 1],
        "cp.arm32.bn_atten.weight": [128],
        "cp.conv_head32.conv.weight": [128, 128, 3, 3],
        "cp.conv_head16.bn.bias": [128],
        "cp.conv_avg.conv.weight": [128, 512, 1, 1],
        "ffm.convblk.conv.weight": [256, 256, 1, 1],
        "ffm.conv1.weight": [64, 256, 1, 1],
        "ffm.conv2.weight": [256, 64, 1, 1],
        "conv_out.conv.conv.weight": [256, 256, 3, 3],
        "conv_out.conv_out.weight": [19, 256, 1, 1],
        "conv_out16.conv.conv.weight": [64, 128, 3, 3],
        "conv_out32.conv_out.weight": [19, 64, 1, 1],
    }
    assert {key: shapes.get(key) for key in published} == published
    parts = {".".join(key.split(".")[:2]) if key.startswith("cp.") else key.split(".")[0] for key in shapes}
    assert parts == {
        *("cp.resnet", "cp.arm16", "cp.arm32", "cp.conv_head32", "cp.conv_head16", "cp.conv_avg"),
        *("ffm", "conv_out", "conv_out16", "conv_out32"),
    }


def test_nothing_is_asked_of_the_network(segformer: Path, monkeypatch) -> None:
    def refuse(*_):
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    opened(segformer, "transformers").regions(images(1))
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: no model folder someone/segformer"):
        opened(Path("someone/segformer"), "transformers")


def test_a_backbone_that_a_config_names_is_not_looked_up(tmp_path: Path, monkeypatch) -> None:
    asked = []

    def refuse(*address, **_):
        asked.append(address)
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    (tmp_path / "config.json").write_text('{"model_type": "upernet", "backbone": "someone/backbone"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: .*no semantic segmentation model"):
        opened(tmp_path, "transformers")
    assert not asked


def test_what_was_fetched_is_one_file_and_opens_as_the_folder_does(segformer: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack(segformer, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    of_file, of_folder = opened(tmp_path / "a", "transformers"), opened(segformer, "transformers")
    np.testing.assert_array_equal(of_file.regions(images(2)), of_folder.regions(images(2)))


def test_a_model_is_fetched_by_its_commit_and_only_when_asked(segformer: Path, tmp_path: Path, monkeypatch) -> None:
    asked = []

    def stand_in(repo: str, revision: str, local_dir: str, allow_patterns: list[str]) -> None:
        asked.append((repo, revision))
        for path in segformer.iterdir():
            (Path(local_dir) / path.name).write_bytes(path.read_bytes())
        (Path(local_dir) / "code.py").write_text("raise SystemExit")

    monkeypatch.setattr("huggingface_hub.snapshot_download", stand_in)
    download = config.HubDownload(repo="someone/segformer", revision="0" * 40)
    kept = tmp_path / "kept" / "weights"
    fetch("mine", download, kept)
    assert asked == [("someone/segformer", "0" * 40)]
    assert opened(kept, "transformers").region_names == LABELS
    assert [path.name for path in kept.parent.iterdir()] == ["weights"]
    before = kept.stat().st_mtime_ns
    section = config.TransformersParser(kind="transformers", download=download)
    assert load_judge("mine", section, kept).region_names == LABELS  # every later job: nothing is asked or written
    assert (len(asked), kept.stat().st_mtime_ns) == (1, before)
    fetch("mine", config.HubDownload(repo="someone/segformer", revision="1" * 40), kept)
    assert asked[1:] == [("someone/segformer", "1" * 40)]


def test_a_model_that_cannot_be_fetched_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    def fail(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    with pytest.raises(JudgeError, match=r"judges\.mine\.download: cannot fetch a/b .*no route.*judges\.mine\.weights"):
        fetch("mine", config.HubDownload(repo="a/b", revision="0" * 40), tmp_path / "weights")
    assert not list(tmp_path.iterdir())


def test_models_that_are_not_whole_or_not_of_the_kind_are_refused(segformer: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    (tmp_path / "config.json").write_bytes((segformer / "config.json").read_bytes())
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: .* holds no safetensors"):
        opened(tmp_path, "transformers")
    state = load_file(segformer / "model.safetensors")
    del state["decode_head.classifier.weight"]
    save_file(state, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(JudgeError, match=r"does not hold all weights: \['decode_head.classifier.weight'\]"):
        opened(tmp_path, "transformers")
    (tmp_path / "config.json").write_text('{"model_type": "theirs", "auto_map": {"AutoConfig": "code.Config"}}')
    with pytest.raises(JudgeError, match="no semantic segmentation model that transformers reads without running code"):
        opened(tmp_path, "transformers")


def test_weights_of_other_names_or_shapes_are_refused_by_name(bisenet: Path, tmp_path: Path) -> None:
    state = torch.load(bisenet, weights_only=True)
    torch.save({key: value for key, value in state.items() if "arm16" not in key}, tmp_path / "less.pth")
    with pytest.raises(JudgeError, match=r"missing \['cp\.arm16\.conv\.conv\.weight'.*79999_iter"):
        opened(tmp_path / "less.pth", "bisenet")
    torch.save({**state, "ffm.conv1.weight": torch.zeros(3)}, tmp_path / "shape.pth")
    with pytest.raises(JudgeError, match=r"other shape \['ffm\.conv1\.weight'\]"):
        opened(tmp_path / "shape.pth", "bisenet")
    torch.save({"w": torch.zeros(3)}, tmp_path / "foreign.pth")
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: .*holds no conv_out\.conv_out\.weight"):
        opened(tmp_path / "foreign.pth", "bisenet")
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: no file"):
        opened(tmp_path / "absent.pth", "bisenet")


def test_counters_may_be_absent_and_names_may_be_those_of_a_parallel_module(bisenet: Path, tmp_path: Path) -> None:
    state = torch.load(bisenet, weights_only=True)
    kept = {f"module.{key}": value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(kept, tmp_path / "old.pth")
    old, new = opened(tmp_path / "old.pth", "bisenet", input_px=32), opened(bisenet, "bisenet", input_px=32)
    np.testing.assert_array_equal(old.regions(images(3)), new.regions(images(3)))


def test_a_label_that_the_parser_does_not_have_names_its_key(segformer: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.mine\.regions\.eye: no class is called 'left_eye'"):
        opened(segformer, "transformers", regions={"eye": ["left_eye"]})
