"""The torchvision judge: any classifier, from a file, with stages found by itself."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from torchvision.models import get_model

from stylealign.errors import JudgeError
from stylealign.judges.torchvision import TorchvisionJudge, pooled

REAL = Path(os.environ.get("STYLEALIGN_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
STAGES = {
    "squeezenet1_1": ("features.1", "features.4", "features.7", "features"),
    "resnet18": ("relu", "layer1", "layer2", "layer3", "layer4"),
    "mobilenet_v3_small": ("features.0", "features.1", "features.3", "features.8", "features"),
}


@pytest.fixture(scope="module", params=STAGES)
def judge(request, tmp_path_factory) -> TorchvisionJudge:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "weights.pt"
    torch.save(get_model(request.param, weights=None).state_dict(), path)
    return TorchvisionJudge("tv", request.param, path, input_px=64)


def images(num: int, side: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, [num, 3, side, side], dtype=torch.uint8, generator=torch.Generator())


def test_stages_are_found(judge: TorchvisionJudge) -> None:
    assert judge.layers in STAGES.values()


def test_features_are_the_input_of_the_classifier_averaged(judge: TorchvisionJudge) -> None:
    pixels, network = images(3, 64), judge.network
    with torch.inference_mode():
        x = torchvision.transforms.functional.normalize(
            pixels.float() / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        )
        if isinstance(network, torchvision.models.ResNet):
            stages = (network.conv1, network.bn1, network.relu, network.maxpool)
            stages += (network.layer1, network.layer2, network.layer3, network.layer4)
            expected = torch.nn.Sequential(*stages)(x).mean([2, 3])
        elif isinstance(network, torchvision.models.SqueezeNet):
            expected = network.features(x).mean([2, 3])
        else:
            expected = network.classifier[:-1](network.avgpool(network.features(x)).flatten(1))
    np.testing.assert_allclose(judge.features(pixels), expected.numpy(), rtol=2e-4, atol=2e-4)


def test_distance_is_zero_to_itself_and_symmetric(judge: TorchvisionJudge) -> None:
    a, b = images(3), images(3).flip(0)
    assert judge.distance(a, a).max() == 0
    np.testing.assert_allclose(judge.distance(a, b), judge.distance(b, a), rtol=1e-5)
    assert judge.distance(a, b)[0] > 1e-4


def test_results_do_not_depend_on_the_batch_split(judge: TorchvisionJudge) -> None:
    pixels = images(5)
    whole = judge.features(pixels)
    single = np.concatenate([judge.features(pixels[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(whole, single, rtol=1e-3, atol=1e-5)


def test_layers_can_be_named_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), tmp_path / "w.pt")
    named = TorchvisionJudge("tv", "squeezenet1_1", tmp_path / "w.pt", layers=["features.4"], input_px=64)
    assert named.layers == ("features.4",)
    with pytest.raises(JudgeError, match=r"judges\.tv\.layers: no layers \['conv9'\]"):
        TorchvisionJudge("tv", "squeezenet1_1", tmp_path / "w.pt", layers=["conv9"], input_px=64)


def test_an_unknown_network_names_the_nearest_and_foreign_weights_are_refused(tmp_path: Path) -> None:
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), tmp_path / "w.pt")
    with pytest.raises(JudgeError, match="squeezenet1_1"):
        TorchvisionJudge("tv", "squeezenet_1_1", tmp_path / "w.pt")
    with pytest.raises(JudgeError, match="not the weights of torchvision's squeezenet1_0"):
        TorchvisionJudge("tv", "squeezenet1_0", tmp_path / "w.pt")
    with pytest.raises(JudgeError, match=r"judges\.tv\.weights: not given"):
        TorchvisionJudge("tv", "squeezenet1_0", None)


def test_tokens_are_averaged_over_positions() -> None:
    tokens = torch.arange(24.0).reshape(2, 3, 4)  # [N, T, C]
    torch.testing.assert_close(pooled(tokens), tokens.mean(1))


@pytest.mark.skipif(not (REAL / "weights").is_dir(), reason=f"no real weights at {REAL} (set STYLEALIGN_REAL_DATA)")
def test_real_squeezenet_tells_cats_from_faces() -> None:
    from PIL import Image

    def photographs(folder: str) -> torch.Tensor:
        paths = sorted((REAL / folder).iterdir())[:12]
        arrays = [np.asarray(Image.open(path).convert("RGB").resize((64, 64))) for path in paths]
        return torch.from_numpy(np.stack(arrays)).movedim(-1, 1)

    judge = TorchvisionJudge("sq", "squeezenet1_1", REAL / "weights" / "squeezenet1_1_caffe.pt", scale="unit")
    features = [judge.features(photographs(folder)) for folder in ("cats", "faces")]
    unit = [f / np.linalg.norm(f, axis=1, keepdims=True) for f in features]
    within = [(u @ u.T)[~np.eye(len(u), dtype=bool)].mean() for u in unit]
    assert min(within) > (unit[0] @ unit[1].T).mean() + 0.05
