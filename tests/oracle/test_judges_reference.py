"""Judges against the packages they come from: clean-fid's Inception pipeline, LPIPS, and the recipe written slowly."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import get_model

from stylealign.errors import JudgeError
from stylealign.images import to_hwc, to_net
from stylealign.judges.inception import InceptionJudge
from stylealign.judges.lpips import LpipsJudge
from stylealign.judges.perceptual import perceptual_distance

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


class SmallInception(torch.nn.Module):
    """The interface of inception-2015-12-05.pt, with few weights."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 2048, 8, stride=32), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


@pytest.fixture(scope="module")
def torchscript(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "inception-2015-12-05.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(SmallInception().eval()).save(path)
    return path


def test_inception_equals_cleanfid_pipeline(torchscript: Path) -> None:
    from cleanfid.inception_torchscript import InceptionV3W
    from cleanfid.resize import build_resizer

    pixels = torch.randint(0, 256, [3, 3, 40, 40], dtype=torch.uint8, generator=torch.Generator())
    theirs, resize = InceptionV3W(str(torchscript.parent), download=False), build_resizer("clean")
    resized = np.stack([resize(image) for image in to_hwc(pixels)]).transpose(0, 3, 1, 2)
    expected = theirs(torch.from_numpy(resized)).detach().numpy()
    np.testing.assert_allclose(InceptionJudge("i", torchscript).features(pixels), expected, rtol=1e-5, atol=1e-6)


def test_inception_without_weights_names_key_and_cure(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.i\.weights: not given; name clean-fid's inception"):
        InceptionJudge("i", None)
    (tmp_path / "w.pt").write_text("no script")
    with pytest.raises(JudgeError, match="not a TorchScript file"):
        InceptionJudge("i", tmp_path / "w.pt")


def pairs_px64() -> tuple[torch.Tensor, torch.Tensor]:
    a, b = torch.randint(0, 256, [2, 4, 3, 64, 64], dtype=torch.uint8, generator=torch.Generator())
    return a, b


def test_lpips_equals_the_package_with_the_same_backbone(tmp_path: Path) -> None:
    import lpips

    torch.manual_seed(3)
    backbone = get_model("squeezenet1_1", weights=None)
    torch.save(backbone.state_dict(), tmp_path / "backbone.pt")
    theirs = lpips.LPIPS(net="squeeze", pnet_rand=True, verbose=False)  # heads from the package
    modules = dict(backbone.features.named_children())
    for part in theirs.net.children():
        for place, layer in part.named_children():
            layer.load_state_dict(modules[place].state_dict())
    a, b = pairs_px64()
    expected = theirs(to_net(a), to_net(b)).flatten().detach().numpy()
    assert expected.min() > 0
    np.testing.assert_allclose(LpipsJudge("l", "squeeze", tmp_path / "backbone.pt").distance(a, b), expected, rtol=1e-5)


def test_lpips_alex_equals_the_package(tmp_path: Path) -> None:
    import lpips

    theirs = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    state = {f"features.{key.split('.', 1)[1]}": value for key, value in theirs.net.state_dict().items()}
    torch.save({**state, "classifier.6.bias": torch.zeros(1000)}, tmp_path / "backbone.pt")
    a, b = pairs_px64()
    expected = theirs(to_net(a), to_net(b)).flatten().detach().numpy()
    np.testing.assert_allclose(LpipsJudge("l", "alex", tmp_path / "backbone.pt").distance(a, b), expected, rtol=1e-5)


def test_lpips_needs_its_backbone_and_large_enough_images(tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.l\.weights: not given; name a torchvision alexnet state dict"):
        LpipsJudge("l", "alex", None)
    state = get_model("squeezenet1_1", weights=None).state_dict()
    torch.save({key: value for key, value in state.items() if "features.12" not in key}, tmp_path / "cut.pt")
    with pytest.raises(JudgeError, match="not the weights of squeezenet1_1: missing"):
        LpipsJudge("l", "squeeze", tmp_path / "cut.pt")
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(JudgeError, match=r"judges\.l\.network: 'resnet' is not one of alex, vgg, squeeze"):
        LpipsJudge("l", "resnet", tmp_path / "w.pt")
    small = torch.zeros([1, 3, 16, 16], dtype=torch.uint8)
    with pytest.raises(JudgeError, match="needs images of 32 px"):
        LpipsJudge("l", "squeeze", tmp_path / "w.pt").distance(small, small)


def test_perceptual_distance_equals_the_recipe_written_slowly() -> None:
    rng = np.random.default_rng(0)
    layers_a, layers_b = ([rng.normal(size=(2, c, s, s)) for c, s in ((3, 4), (5, 2))] for _ in range(2))
    expected = np.zeros(2)
    for n in range(2):
        for a, b in zip(layers_a, layers_b, strict=True):
            side, total = a.shape[2], 0.0
            for i in range(side):
                for j in range(side):
                    u, v = a[n, :, i, j], b[n, :, i, j]
                    total += np.sum((u / np.linalg.norm(u) - v / np.linalg.norm(v)) ** 2)
            expected[n] += total / side**2 / 2
    tensors = [[torch.from_numpy(layer) for layer in layers] for layers in (layers_a, layers_b)]
    np.testing.assert_allclose(perceptual_distance(*tensors).numpy(), expected, rtol=1e-9)
