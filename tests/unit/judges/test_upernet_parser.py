"""The parts parser: sizes are averaged, parts belong to their object only, and its two files must fit."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from stylealign.config import judges as config
from stylealign.errors import JudgeError
from stylealign.judges.load import load_judge
from stylealign.judges.upernet import HEADS, NUM_OBJECTS, NUM_PARTS, UpernetParser, _prepare
from stylealign.judges.upernet_network import Decoder, Encoder

PARTS = ("background", "leg", "head", "torso", "eye", "ear", "nose", "neck", "tail", "muzzle", "paw", "other")


def images(num: int, side: int = 32) -> torch.Tensor:
    return torch.randint(0, 256, [num, 3, side, side], dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("upernet")
    decoder = Decoder(NUM_OBJECTS, NUM_PARTS, channels=16)
    with torch.no_grad():
        decoder.object_head[1].weight[HEADS["dog"].object_class] *= 20  # dogs in some places, nothing known elsewhere
    unread = {"scene_head.2.weight": torch.zeros(5), "material_head.1.bias": torch.zeros(5)}
    torch.save(Encoder().state_dict(), folder / "encoder_epoch_40.pth")
    torch.save({**decoder.state_dict(), **unread}, folder / "decoder_epoch_40.pth")
    return folder


def opened(weights: Path, **settings) -> UpernetParser:
    section = {"kind": "upernet", "weights": str(weights), "object": "dog", "short_px": [32, 48], **settings}
    return load_judge("mine", TypeAdapter(config.Judge).validate_python(section))


@pytest.fixture(scope="module")
def dog(folder: Path) -> UpernetParser:
    return opened(folder)


def test_parts_are_the_regions(dog: UpernetParser, folder: Path) -> None:
    ids = dog.regions(images(3))
    assert (ids.dtype, ids.shape) == (np.uint8, (3, 32, 32))
    assert dog.region_names == PARTS
    assert dog.regions(images(3)[:0]).shape == (0, 32, 32)
    assert opened(folder, regions={"face": ["eye", "nose", "muzzle"]}).region_names == ("face", "other")


def test_an_image_is_parsed_alone_as_in_a_batch(dog: UpernetParser) -> None:
    pixels = images(6)
    single = np.concatenate([dog.regions(pixels[place : place + 1]) for place in range(len(pixels))])
    assert np.mean(dog.regions(pixels) == single) > 0.999


def test_parts_belong_to_pixels_of_the_object_and_no_part_is_other(dog: UpernetParser) -> None:
    """Logits written by hand, at two sizes that disagree: the mean of their shares decides."""
    start, size = dog.head.first_part, torch.Size([1, 4])
    objects, parts = torch.zeros([2, NUM_OBJECTS, 1, 4]), torch.zeros([2, NUM_PARTS, 1, 4])
    objects[:, dog.head.object_class] = torch.tensor([9.0, 9.0, 9.0, -9.0])  # the last pixel is no dog
    parts[:, start + 1, 0, [0, 3]] = 9.0  # leg
    parts[0, start, 0, 1], parts[1, start + 10, 0, 1] = 9.0, 4.0  # none, against paw, which is less sure
    parts[:, start + 10, 0, 2] = 9.0  # paw
    parts[:, start + 11], parts[:, start - 1] = 50.0, 50.0  # others' channels on both sides
    classes = dog._of_one(list(zip(objects, parts, strict=True)), size)
    assert [PARTS[one] for one in classes[0]] == ["leg", "other", "paw", "background"]


def test_images_are_bgr_less_the_mean_at_multiples_of_eight() -> None:
    red = torch.zeros([1, 3, 30, 40], dtype=torch.uint8)
    red[:, 0] = 200
    x = _prepare(red, 50)
    assert x.shape == (1, 3, 56, 72)  # 50 x 66, rounded up
    np.testing.assert_allclose(x[0, :, 0, 0].tolist(), [-102.9801, -115.9465, 200 - 122.7717], rtol=1e-5)
    assert max(_prepare(torch.zeros([1, 3, 20, 80], dtype=torch.uint8), 600).shape) == 1000


def test_known_heads_lie_one_after_another_within_the_network() -> None:
    spans = sorted((head.first_part, head.first_part + len(head.parts) + 1) for head in HEADS.values())
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert spans[-1][1] <= NUM_PARTS
    assert HEADS["cat"].parts == tuple(part for part in HEADS["dog"].parts if part != "muzzle")


def test_another_object_needs_its_head_and_the_head_must_fit(folder: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.mine\.object: 'hors' is not known here \(did you mean 'horse'\?\)"):
        opened(folder, object="hors")
    head = {"object_class": 13, "first_part": 3, "parts": ["wheel", "door"]}
    assert opened(folder, object="car", head=head).region_names == ("background", "wheel", "door", "other")
    with pytest.raises(JudgeError, match=r"judges\.mine\.head: reaches beyond the network's 336 objects and 427"):
        opened(folder, object="car", head={**head, "first_part": NUM_PARTS - 2})


def test_heads_of_another_size_are_not_guessed(tmp_path: Path) -> None:
    torch.save(Decoder(10, 20, channels=16).state_dict(), tmp_path / "decoder_epoch_40.pth")
    with pytest.raises(JudgeError, match=r"10 objects and 20 parts, Broden\+ has 336 and 427; say in judges.mine.head"):
        opened(tmp_path)


def test_both_files_must_be_there_and_fit(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: no folder"):
        opened(tmp_path / "absent")
    with pytest.raises(JudgeError, match=r"holds 0 files decoder\*"):
        opened(tmp_path)
    state = torch.load(folder / "decoder_epoch_40.pth", weights_only=True)
    renamed = {key.replace("fpn_in.0.0", "fpn_in.0.2"): value for key, value in state.items()}
    torch.save(renamed, tmp_path / "decoder_epoch_40.pth")
    with pytest.raises(JudgeError, match=r"missing \['fpn_in\.0\.0\.weight'\], unknown \['fpn_in\.0\.2\.weight'\]"):
        opened(tmp_path)
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "decoder_epoch_40.pth")
    with pytest.raises(JudgeError, match=r"the decoder has no 'object_head\.1\.weight'"):
        opened(tmp_path)
    torch.save(state, tmp_path / "decoder_epoch_40.pth")
    with pytest.raises(JudgeError, match=r"holds 0 files encoder\*"):
        opened(tmp_path)
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "encoder_epoch_40.pth")
    with pytest.raises(JudgeError, match="not the weights of unifiedparsing's ResNet-50 encoder"):
        opened(tmp_path)
