"""Zero-shot transfer on drawn images: from files to rows and pictures, with real encoders and a real reader."""

import dataclasses
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch

from stylealign.boundaries import Boundaries
from stylealign.checkpoint import load_generator, read_card, save_generator
from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard, save_encoder
from stylealign.errors import CodesError, ConfigError, JudgeError, LineageError
from stylealign.images import to_net
from stylealign.judges.embedded import EmbeddedJudge, save_embedded
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.encoder import Encoder
from stylealign.tables import ZERO_SHOT_CLASSIFICATION, ZERO_SHOT_REGRESSION, to_frame
from stylealign.transfer.zero_shot import METHODS
from stylealign.transfer.zero_shot_images import Side, load_reader
from stylealign.transfer.zero_shot_pictures import bins_of, example_pictures
from stylealign.transfer.zero_shot_questions import classes_asked, numbers_asked
from stylealign.transfer.zero_shot_rows import predict, rows_of, see_pair

FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
HOW = {"num_layers": 3, "num_random": 4}
ABOUT = {
    "direction": "parent2child",
    "parent": "parent",
    "model": "child",
    "space": "wplus",
    "judge": "tiny",
    "seed": 0,
}
READ = {"yaw_deg": (), "coat_length": (), "background_hue": (), "glasses": ("no", "yes")}


@pytest.fixture(scope="module")
def family(make_family, tmp_path_factory):
    """A parent, its child, whose card says so, and a stranger."""
    torch.set_num_threads(1)
    found = make_family(0.1)
    parent, (G, card) = read_card(found["parent"]), load_generator(found["child"])
    line = {"lineage": ("parent", "child"), "lineage_digests": (parent.digest, card.digest)}
    child = tmp_path_factory.mktemp("child") / "child.safetensors"
    save_generator(child, G, dataclasses.replace(card, **line))
    return {**found, "child": child}


@pytest.fixture(scope="module")
def sides(family, tmp_path_factory):
    """Faces for the parent, dogs for the child, cats for a model that is not asked about floppy ears; in W+ and W."""

    def side(model, world, space):
        folder = tmp_path_factory.mktemp(f"{model}_{world}_{space}")
        files = {name.split(".")[0]: folder / name for name in FILES}
        domain = WorldDomain(source="world", world=world, num_train=60, num_test=30)
        build_image_set(domain, name=world, resolution=16, seed=0, **files, num_threads=1)
        encoder = folder / f"{space}.safetensors"
        _save_encoder(encoder, family[model], space)
        return Side(family[model], files["images"], files["index"], encoder)

    made = [("parent", "face", "wplus"), ("child", "dog", "wplus"), ("child", "cat", "wplus"), ("child", "dog", "w")]
    return {world + space: side(model, world, space) for model, world, space in made}


def _save_encoder(path, g_ema, space):
    torch.manual_seed(0)
    card = read_card(g_ema)
    sizes = {"img_resolution": 16, "num_ws": 6, "z_dim": 8, "w_dim": 8}
    encoder = Encoder(space=space, width=4, **sizes).eval()
    for head in encoder.heads.values():
        torch.nn.init.normal_(head.weight, std=0.3)
    rest = {"truncation_psi": 1.0, "judge": "tiny", "settings": {}, "kimg": 0, "seed": 0, "recipe": 1}
    card = EncoderCard(
        space, "random", card.model, card.digest, img_resolution=16, network=encoder.init_kwargs, version="test",
        image_set="", **rest
    )  # fmt: skip
    save_encoder(path, encoder, card)


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    described = [Attribute(name, "class" if values else "number", 0, 1, "", values) for name, values in READ.items()]
    return EmbeddedJudge("reader", EmbeddedNetwork(16, 8, Vocabulary(("face",), tuple(described), ())))


@pytest.fixture(scope="module")
def pair(sides, reader):
    return see(sides["facewplus"], sides["dogwplus"], reader)


@pytest.fixture(scope="module")
def boundaries():
    names = ("yaw_deg", "coat_length", "background_hue", "glasses:yes")
    normals = np.random.default_rng(0).normal(size=[len(names), 8])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Boundaries(names, normals.astype(np.float32), np.zeros(len(names), np.float32), names)


def see(parent, child, reader, **changed):
    settings = {"space": "wplus", "num_train": 50, "num_test": 100, **changed}
    return see_pair("parent2child", parent, child, reader, **settings)


def predicted(pair, truths):
    return [predict(pair, truth, **HOW, seed=0) for truth in truths]


def test_images_go_through_their_own_models_encoder(pair, sides, reader):
    nums = [one.num for one in (pair.parent_train, pair.parent_test, pair.child_train, pair.child_test)]
    assert nums == [50, 30, 50, 30]  # as many as there are
    assert pair.num_read == 60
    images = ImageSet.open(sides["dogwplus"].images, sides["dogwplus"].index, "test")
    assert np.array_equal(pair.child_test.pixels, images.all().permute(0, 2, 3, 1).numpy())
    assert pair.child_test.codes.shape == (30, 6, 8)
    reading = reader.network(to_net(images.all())).outputs.detach().numpy()
    seen = pair.child_test.seen_for("coat_length").outputs
    assert np.allclose(seen, reading[:, [2]], atol=1e-4)
    assert np.array_equal(pair.child_test.values("yaw_deg", "key"), images.attributes["yaw_deg"].to_numpy())


def test_rows_of_numbers(pair, boundaries):
    found = predicted(pair, numbers_asked(pair, ["yaw_deg", "background_hue"], boundaries))
    table = to_frame(ZERO_SHOT_REGRESSION, rows_of(pair, found, about=ABOUT, **HOW))
    assert set(zip(table["attribute"], table["method"], strict=True)) == {
        (attribute, method) for attribute in ("yaw_deg", "background_hue") for method in METHODS
    }
    rows = table[table["attribute"] == "yaw_deg"].set_index("method")
    assert rows["unit"].unique().tolist() == ["deg"]
    assert rows["num_train"].to_dict() == dict.fromkeys(METHODS, 50) | {"image_trained": 60}
    assert rows["num_layers"].to_dict() == dict.fromkeys(METHODS, 3) | {"image_trained": 0, "upper_bound": 6}
    assert rows["num_random"].to_dict() == dict.fromkeys(METHODS, 0) | {"random_boundary": 4}
    assert (rows["mae_low"] <= rows["mae"]).all()
    assert (rows["mae"] <= rows["mae_high"]).all()
    assert pd.isna(rows.loc["upper_bound", "parent_spearman"])
    truth, code = found[0].truth.answers[3], found[0].child["zero_shot"][0]
    assert rows.loc["zero_shot", "mae"] == pytest.approx(np.abs(code - truth).mean())


def test_questions_are_answered_as_they_read(pair, boundaries):
    asked = [["long", "coat_length", "ear_shape=floppy"], ["bluish", "background_hue", "background_hue"]]
    long, bluish = classes_asked(pair, asked, boundaries)
    ears = pair.child_test.values("ear_shape", "key")
    assert np.array_equal(long.answers[3], ears == 1)
    hair = pair.parent_train.values("coat_length", "key")
    assert np.array_equal(long.answers[1], pair.parent_test.values("coat_length", "key") > np.median(hair))
    hue = np.median(pair.parent_train.values("background_hue", "key"))  # the parent's median holds for the child too
    assert np.array_equal(bluish.answers[3], pair.child_test.values("background_hue", "key") > hue)
    assert np.array_equal(long.boundary.normal, boundaries.normal("coat_length"))
    rows = rows_of(pair, predicted(pair, [long]), about=ABOUT, **HOW)
    table = to_frame(ZERO_SHOT_CLASSIFICATION, rows).set_index("method")
    assert table["share_yes"].unique().tolist() == [pytest.approx((ears == 1).mean())]
    assert (table["child_question"] == "ear_shape=floppy").all()


def test_a_class_of_two_is_asked_for_its_second(pair, boundaries):
    (truth,) = classes_asked(pair, [["glasses", "glasses", "collar"]], boundaries)
    assert np.array_equal(truth.answers[0], pair.parent_train.values("glasses", "key"))
    assert np.array_equal(truth.boundary.normal, boundaries.normal("glasses:yes"))


def test_a_question_without_two_answers_is_left_out(sides, reader, boundaries, caplog):
    cats = see(sides["facewplus"], sides["catwplus"], reader)
    assert list(classes_asked(cats, [["ears", "coat_length", "ear_shape=floppy"]], boundaries)) == []
    assert "ear_shape=floppy alike" in caplog.text


@pytest.mark.parametrize(
    ("question", "complaint"),
    [
        (["ears", "coat_length", "ear_shape"], "write ear_shape=value with one of erect, floppy"),
        (["long", "coat_length=long", "coat_length"], "write coat_length alone"),
        (["hat", "glasses", "glases"], "no exact 'glases'"),
        (["old", "age", "collar"], "no boundary 'age'"),
    ],
)
def test_questions_that_cannot_be_asked(pair, boundaries, question, complaint):
    with pytest.raises((JudgeError, ConfigError), match=complaint):
        list(classes_asked(pair, [question], boundaries))


def test_a_class_is_no_number(pair, boundaries):
    with pytest.raises(JudgeError, match=r"no exact 'glasses'|no number"):
        list(numbers_asked(pair, ["glasses"], boundaries))


@pytest.mark.parametrize("is_class", [False, True])
def test_what_does_not_vary_in_the_parent_is_named(pair, boundaries, is_class):
    alike = pair.parent_train.attributes.assign(yaw_deg=3.0)
    pair = dataclasses.replace(pair, parent_train=dataclasses.replace(pair.parent_train, attributes=alike))
    if is_class:
        (truth,) = classes_asked(pair, [["turned", "yaw_deg", "coat_length"]], boundaries)
    else:
        (truth,) = numbers_asked(pair, ["yaw_deg"], boundaries)
    key = r"zero_shot_classification\.attributes\.turned" if is_class else r"zero_shot_regression\.attributes"
    with pytest.raises(JudgeError, match=rf"^studies\.{key} = yaw_deg: the parent's train images are all alike"):
        predict(pair, truth, **HOW, seed=0)


def test_strangers_and_other_encoders_are_refused(sides, reader, family):
    parent, child = sides["facewplus"], sides["dogwplus"]
    with pytest.raises(LineageError, match="parent2child: parent and stranger have no common ancestor"):
        see(parent, dataclasses.replace(child, g_ema=family["stranger"]), reader)
    with pytest.raises(CodesError, match="train it again"):
        see(parent, dataclasses.replace(child, encoder=parent.encoder), reader)
    with pytest.raises(CodesError, match="codes in w of another"):
        see(parent, sides["dogw"], reader)


def test_the_network_on_images_comes_from_its_own_rule(reader, family, tmp_path):
    path = tmp_path / "face.safetensors"
    for made in (
        lambda: None,
        lambda: path.write_text("nothing"),
        lambda: path.write_bytes(family["child"].read_bytes()),
    ):
        made()
        with pytest.raises(JudgeError, match=r"^studies\.zero_shot_\*: .*face.*; it is made by the rule image_reader:"):
            load_reader(path)
    save_embedded(path, reader.network, {})
    assert load_reader(path).vocabulary == reader.vocabulary


def test_bins_hold_every_image_once_in_order():
    predicted = np.random.default_rng(0).random(53)
    for is_class, num in ((False, 5), (True, 3)):
        bins = bins_of(predicted, is_class)
        assert len(bins) == num
        assert sorted(np.concatenate(bins).tolist()) == list(range(53))
        assert all(predicted[a].max() <= predicted[b].min() for a, b in pairwise(bins))
    no, neutral, yes = bins
    assert (predicted[no] <= 0.5).all()
    assert (predicted[yes] > 0.5).all()
    off = np.abs(predicted - 0.5)
    assert off[neutral].max() <= min(off[no].min(), off[yes].min())


def test_pictures_say_what_they_show(pair, boundaries):
    found = predicted(pair, numbers_asked(pair, ["yaw_deg"], boundaries))
    shown = example_pictures(pair, found, about=ABOUT, num_shown=2)
    assert shown["images"].shape == (1, 2, 5, 2, 16, 16, 3)
    truth, read = found[0].truth.answers[3], found[0].child["zero_shot"][0]
    first = bins_of(read, False)[0]
    assert shown["low"][0, 1, 0] == read.min()
    assert shown["exact"][0, 1, 0] == pytest.approx(truth[first].mean())
    of_bin = {pair.child_test.pixels[row].tobytes() for row in first}
    assert {image.tobytes() for image in shown["images"][0, 1, 0]} <= of_bin
    again = example_pictures(pair, found, about=ABOUT, num_shown=2)
    assert all(np.array_equal(shown[name], again[name]) for name in ("images", "low", "exact"))
