import numpy as np

from stylealign.figures import progress, style
from stylealign.figures.samples import load_samples
from stylealign.figures.sheet import resample


def find(drawn, image):
    """How often an image occurs on a page, pixel for pixel."""
    side = len(image)
    rows, columns = np.nonzero((drawn == image[0, 0]).all(-1))
    inside = [
        (y, x) for y, x in zip(rows, columns, strict=True) if y + side <= len(drawn) and x + side <= drawn.shape[1]
    ]
    return [(y, x) for y, x in inside if np.array_equal(drawn[y : y + side, x : x + side], image)]


def test_a_row_is_one_z_and_a_childs_first_column_is_its_parent(samples, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: progress.draw_progress(samples, parents, png, num_z=2, pdf=pdf)))
    dog, face = load_samples(samples["dog"]), load_samples(samples["face"])
    places = [find(drawn, resample(dog.pixels[moment, 1], 96)) for moment in range(3)]
    assert len({place[-1][0] for place in places}) == 1, "one row"
    assert places[1][0][1] < places[2][0][1], "time runs to the right"
    end_of_face = find(drawn, resample(face.finished[1], 96))
    assert len(end_of_face) == 3, "face's last, painting's first, dog's first"
    assert places[0][-1] in end_of_face


def test_a_child_without_a_sample_at_zero_is_led_by_its_parent(samples, parents):
    late = dict(np.load(samples["dog"])) | {"kimg": np.array([1, 2, 3], np.float32)}
    np.savez(samples["dog"], **late)
    with style.applied():
        sheet = progress.compose_progress(samples, parents, num_z=1)
    captions = [text.get_text() for text in sheet.figure.texts]
    assert captions.count("0 (face)") == 2
    assert len(sheet.figure.images) == 5 * 3 + 1


def test_the_first_column_of_an_adapted_models_child_is_its_parent_only_where_it_was_drawn_at_zero(samples, parents):
    """Adapted models are not in the figure themselves: what they begin with is known from their children alone."""
    trained = {name: path for name, path in samples.items() if name != "dog"}
    captions = []
    for first in (0, 1):
        np.savez(samples["cat"], **dict(np.load(samples["cat"])) | {"kimg": np.array([first, 2, 3], np.float32)})
        with style.applied():
            texts = progress.compose_progress(trained, parents, num_z=1).figure.texts
        captions.append([text.get_text() for text in texts])
        assert "cat, from dog" in captions[-1]
    assert "0 (dog)" in captions[0]
    assert not [text for text in captions[1] if "(dog)" in text]


def test_many_moments_are_thinned_evenly():
    assert progress.spread(5, 8) == [0, 1, 2, 3, 4]
    assert progress.spread(57, 8) == [0, 8, 16, 24, 32, 40, 48, 56]
    assert progress.spread(1, 8) == [0]
