"""Figures of zero-shot transfer: every score where it belongs, every image in its bin, nothing over the edge."""

import numpy as np
import pytest

from stylealign import tables
from stylealign.figures import style
from stylealign.figures import zero_shot_examples as examples
from stylealign.figures.picture_grid import LEFT, TOP
from stylealign.figures.sheet import resample
from stylealign.figures.zero_shot_classification import CLASSIFICATION
from stylealign.figures.zero_shot_regression import REGRESSION, draw_zero_shot_regression
from stylealign.figures.zero_shot_scores import METHODS, compose_zero_shot

MODELS = ("face", "dog", "cat")
NAN = float("nan")
TAIL = {"num_train": 9, "num_test": 8, "num_random": 0, "space": "wplus", "num_layers": 4, "judge": "tiny", "seed": 0}


def rows_of(measure, values, attribute, model="dog"):
    """Rows of one attribute; ``values`` by method."""
    scores = ("r2", "spearman", "mae") if measure is REGRESSION else ("auc", "accuracy")
    for method, value in values.items():
        row = {"parent": "face", "model": model, "attribute": attribute, "method": method, "protocol": "test8", **TAIL}
        row |= {f"{name}{end}": min(value + off, 1) for name in scores for end, off in _ENDS}
        if measure is REGRESSION:
            yield row | {"unit": "deg", "parent_spearman": value / 2}
        else:
            asked = {"question": attribute, "child_question": "ear_shape=floppy", "share_yes": 0.4}
            yield row | asked | {"parent_auc": NAN if method == "upper_bound" else 0.75}


_ENDS = (("", 0), ("_low", -0.1), ("_high", 0.1))
VALUES = {"zero_shot": 0.8, "image_trained": 0.2, "random_boundary": -0.1, "upper_bound": 0.9}


def table_of(measure, *rows):
    made = tables.ZERO_SHOT_REGRESSION if measure is REGRESSION else tables.ZERO_SHOT_CLASSIFICATION
    return tables.to_frame(made, [row for some in rows for row in some])


def compose(table, measure=REGRESSION):
    with style.applied():
        return compose_zero_shot(table, measure, MODELS)


def test_dots_bars_and_strokes_are_the_tables_numbers():
    sheet = compose(table_of(REGRESSION, rows_of(REGRESSION, VALUES, "yaw_deg")))
    (axes,) = sheet.figure.axes
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    strokes = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "|"]
    bars = [list(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 2.0]
    assert dots == list(VALUES.values())
    assert strokes == [value / 2 for value in VALUES.values()]
    assert bars == [pytest.approx([value - 0.1, value + 0.1]) for value in VALUES.values()]
    colours = [line.get_color() for line in axes.lines if line.get_marker() == "o"]
    assert colours == [colour for colour, _ in METHODS.values()]
    assert {text.get_text() for text in axes.texts} == {"holds", "0.80", "0.20", "\N{MINUS SIGN}0.10", "0.90"}


def test_pairs_stand_in_the_configs_order_and_a_question_may_change():
    asked = [rows_of(CLASSIFICATION, {"zero_shot": 0.7}, "coat_length", model) for model in ("cat", "dog")]
    sheet = compose(table_of(CLASSIFICATION, *asked), CLASSIFICATION)
    (axes,) = sheet.figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert [label.split()[-1] for label in labels] == ["dog", "cat"]
    assert axes.get_title(loc="left").endswith("coat_length \N{RIGHTWARDS ARROW} ear_shape=floppy")
    assert axes.get_xlim() == (0, 1)


def test_what_was_not_asked_is_said():
    first = rows_of(REGRESSION, VALUES, "smile", "cat")
    sheet = compose(table_of(REGRESSION, first, rows_of(REGRESSION, VALUES, "yaw_deg")))
    assert [any("not asked" in text.get_text() for text in axes.texts) for axes in sheet.figure.axes] == [True, True]
    assert [len([line for line in axes.lines if line.get_marker() == "o"]) for axes in sheet.figure.axes] == [4, 4]


def said(values, measure=REGRESSION, **changed):
    """The verdict in the panel, and how many hold by the line above all panels."""
    rows = [row | changed for row in rows_of(measure, values, "smile")]
    sheet = compose(table_of(measure, rows), measure)
    (line,) = [text.get_text() for text in sheet.figure.texts if " here." in text.get_text()]
    (found,) = [text.get_text() for text in sheet.figure.axes[0].texts if text.get_fontweight() == "bold"]
    return found, line.split(": ")[1]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({}, "holds"),
        ({"image_trained": 0.55}, "holds"),  # its interval ends below 0.7, where that of the codes begins
        ({"image_trained": 0.65}, "the network is as good"),
        ({"image_trained": 0.98, "zero_shot": 0.7}, "the network is better"),
        ({"random_boundary": 0.65}, "within what random boundaries reach"),
        ({"image_trained": 0.65, "random_boundary": 0.9}, "the network is as good"),
        ({"zero_shot": 0.5}, "the parent's own codes do not tell it"),  # 0.25 there
        ({"zero_shot": NAN}, "cannot be said"),
        ({"random_boundary": NAN}, "cannot be said"),
    ],
)
def test_the_verdict_is_the_tables(changed, text):
    assert said(VALUES | changed) == (text, f"{int(text == 'holds')} of 1 here.")


@pytest.mark.parametrize(("parent_auc", "text"), [(0.66, "holds"), (0.64, "the parent's own codes do not tell it")])
def test_the_floor_of_auc_is_as_far_from_guessing(parent_auc, text):
    assert said(VALUES, CLASSIFICATION, parent_auc=parent_auc)[0] == text
    assert (CLASSIFICATION.floor - 0.5) * 2 == pytest.approx(REGRESSION.floor)


@pytest.mark.parametrize("missing", ["zero_shot", "image_trained", "random_boundary"])
def test_without_a_rival_nothing_is_said(missing):
    assert said({name: value for name, value in VALUES.items() if name != missing})[0] == "cannot be said"


def test_no_rows():
    sheet = compose(table_of(REGRESSION))
    assert any("No rows" in text.get_text() for text in sheet.figure.texts)


def test_scores_are_drawn_the_same_twice(drawn_twice):
    table = table_of(REGRESSION, rows_of(REGRESSION, VALUES, "yaw_deg"))
    drawn_twice(lambda png, pdf: draw_zero_shot_regression(table, MODELS, png, pdf))


@pytest.fixture
def shown(tmp_path):
    """Pictures of a direction: a number, or a question, with ``num`` images in each bin."""

    def make(model="dog", *, is_class=False, num=4, attribute="yaw_deg"):
        rng, bins = np.random.default_rng(len(model)), 3 if is_class else 5
        numbers = {name: rng.normal(size=[1, 2, bins]) for name in ("low", "high", "exact")}
        images = rng.integers(0, 256, [1, 2, bins, num, 16, 16, 3], dtype=np.uint8)
        names = {"attributes": [attribute], "questions": [["coat_length", "ear_shape=floppy"]], "units": ["deg"]}
        path = tmp_path / f"{model}_{attribute}.npz"
        np.savez(path, images=images, parent="face", model=model, is_class=[is_class], **names, **numbers)
        return path

    return make


def compose_examples(*paths):
    with style.applied():
        return examples.compose_zero_shot_examples(paths, MODELS)


def test_images_stand_in_their_bins(shown, drawn_twice, read_png):
    path = shown(is_class=True)
    drawn = read_png(drawn_twice(lambda png, pdf: examples.draw_zero_shot_examples([path], MODELS, png, pdf)))
    images, side = np.load(path)["images"][0], 96
    for row in (0, 1):
        top = TOP + examples.HEAD + row * (side + examples.FOOT)
        for place, pixels in enumerate(images[row]):
            left = LEFT + examples.NAMES_WIDTH + place * (4 * side + 3 * examples.GAP + examples.APART)
            for column, image in enumerate(pixels):
                x = left + column * (side + examples.GAP)
                assert np.array_equal(drawn[top : top + side, x : x + side], resample(image, side))


def test_the_parent_stands_once_over_its_relatives(shown):
    sheet = compose_examples(shown("cat"), shown("dog"), shown("dog", is_class=True, attribute="ears"))
    words = [text.get_text() for text in sheet.figure.texts]
    models = [word for word in words if word in MODELS]
    assert models == ["face", "dog", "cat", "face", "dog"]
    assert len(sheet.figure.images) == 3 * 5 * 4 + 2 * 3 * 4
    assert any("coat_length \N{RIGHTWARDS ARROW} ear_shape=floppy" in word for word in words)
    assert [word.split(":")[0] for word in words if word.startswith(("no:", "neutral", "yes"))] == [
        "no", "neutral", "yes"] * 2  # fmt: skip


def test_an_empty_bin_says_so(tmp_path, shown):
    arrays = dict(np.load(shown(is_class=True)))
    arrays["low"][0, 1, 0] = NAN
    np.savez(tmp_path / "empty.npz", **arrays)
    words = [text.get_text() for text in compose_examples(tmp_path / "empty.npz").figure.texts]
    assert words.count("none") == 1


@pytest.mark.parametrize("num", [1, 4, 9])
def test_images_stay_large_enough_and_on_the_page(shown, num):
    sheet = compose_examples(shown(num=num))
    for image in sheet.figure.images:
        assert image.get_array().shape[0] >= 96
        assert 0 <= image.ox <= sheet.width - image.get_array().shape[1]
        assert image.oy >= 0


@pytest.mark.parametrize("name", ["dog", "a_painting_of_a_dog"])
def test_pages_are_sound(shown, page_is_sound, name):
    models = ("face", name)
    rows = rows_of(CLASSIFICATION, VALUES | {"zero_shot": 0.99, "random_boundary": 0.5}, "a_rather_long_question", name)
    with style.applied():
        page_is_sound(compose_zero_shot(table_of(CLASSIFICATION, rows), CLASSIFICATION, models))
        some = [shown(name), shown(name, is_class=True, attribute="ears")]
        page_is_sound(examples.compose_zero_shot_examples(some, models))
