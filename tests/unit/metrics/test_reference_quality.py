"""Rows of the table ``reference_translation``: planted translations that are their source, or their reference."""

import weakref

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.images import from_hwc
from stylealign.inversion_tables import REFERENCE_TRANSLATION
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.metrics.features import load_features
from stylealign.metrics.fid import fid
from stylealign.metrics.reference_quality import reference_rows
from stylealign.tables import to_frame
from stylealign.translated_images import ReferenceTranslated

COLOURS = {"yaw": "light_right", "tone": "centre_lightness", "background": "border_blue_yellow"}
NUM, NUM_EACH = 20, 3


@pytest.fixture(scope="module")
def drawn(faces) -> np.ndarray:
    """Numbers of the references of each source, [NUM, NUM_EACH]: any of the other 20 faces, each the same often."""
    order = np.concatenate([np.random.default_rng(seed).permutation(20) for seed in range(NUM_EACH)])
    return 20 + order.reshape(NUM_EACH, NUM).T


@pytest.fixture(scope="module")
def rows(faces, embedded, colour, real):
    known = colour.attributes(from_hwc(faces.pixels))
    exact = faces.as_sources(**{name: known[name] for name in COLOURS.values()})

    def measure(translated, **changes):
        settings = {"judge": embedded, "attributes_judge": colour, "kept": COLOURS, "real": real, "switch_px": 8}
        settings |= {"sources": exact, "references": exact, "split": "test", "diversity_judge": embedded, "seed": 0}
        settings |= changes
        return reference_rows("face2face", translated, **settings)

    return measure


def translated(faces, drawn, pixels, method="z_opt", psi=0.7):
    ids = tuple(tuple(faces.ids[number] for number in some) for some in drawn)
    return ReferenceTranslated("face", method, pixels, faces.ids[:NUM], ids, psi)


@pytest.fixture(scope="module")
def as_source(faces, drawn):
    """A translation that ignores its reference."""
    return translated(faces, drawn, np.repeat(faces.pixels[:NUM, None], NUM_EACH, axis=1))


@pytest.fixture(scope="module")
def as_reference(faces, drawn):
    """A translation that is its reference."""
    return translated(faces, drawn, faces.pixels[drawn], "w_enc", 1.0)


def test_rows_fit_the_table_and_say_their_protocol(as_source, as_reference, rows) -> None:
    found = rows([as_source, as_reference])
    assert [row["protocol"] for row in found] == [
        "reference-test20x3-vs-train20-psi0.7",
        "reference-test20x3-vs-train20-psi1",
    ]
    frame = to_frame(REFERENCE_TRANSLATION, found)
    assert set(frame["num_source"]) == {NUM}
    assert set(frame["num_references"]) == {NUM_EACH}
    assert set(frame["num_target"]) == {20}
    assert set(frame["switch_px"]) == {8}
    assert set(frame["truth"]) == {"exact"}
    assert rows([as_source, as_reference]) == found


def test_what_ignores_its_reference_keeps_all_takes_nothing_and_is_not_diverse(as_source, rows) -> None:
    (row,) = rows([as_source])
    assert row["diversity"] == pytest.approx(0, abs=1e-7)
    for what in COLOURS:
        assert row[f"{what}_kept"] == pytest.approx(1)
        assert row[f"{what}_low"] == pytest.approx(1)
        assert abs(row[f"{what}_shuffled"]) < 0.7
        assert abs(row[f"{what}_taken"]) < 0.4


def test_what_is_its_reference_takes_all_keeps_nothing_and_is_diverse(as_reference, rows) -> None:
    (row,) = rows([as_reference])
    assert row["diversity_low"] > 0.01
    for what in COLOURS:
        assert row[f"{what}_taken"] == pytest.approx(1)
        assert abs(row[f"{what}_kept"]) < 0.4
        assert row[f"{what}_low"] < 0 < row[f"{what}_high"]


def test_scores_are_against_the_targets_train_images_and_over_sources(faces, as_source, rows, embedded, real) -> None:
    target = load_features(real).of_split("train")
    (row,) = rows([as_source])
    features = embedded.features(from_hwc(as_source.pixels.reshape(-1, 16, 16, 3)))
    assert row["fid"] == pytest.approx(fid(target, features), rel=1e-5)
    once = ReferenceTranslated(
        "face", "z_opt", as_source.pixels[:, :2], as_source.source_ids, as_source.reference_ids, 1.0
    )
    twice = rows([ReferenceTranslated(**{**vars(once), "reference_ids": tuple(r[:2] for r in once.reference_ids)})])[0]
    assert (row["kid"], row["low"], row["high"]) == pytest.approx((twice["kid"], twice["low"], twice["high"]), rel=1e-5)


def test_references_that_are_not_known_make_the_truth_judged(faces, as_reference, rows) -> None:
    (row,) = rows([as_reference], references=faces.as_sources())
    assert row["truth"] == "judged"
    assert row["tone_taken"] == pytest.approx(1)


def test_diversity_is_measured_by_a_judge_of_its_own(as_reference, rows, embedded) -> None:
    class Doubling(EmbeddedJudge):
        def _distance(self, seen, pixels):
            return 2 * super()._distance(seen, pixels)

    (row,), (other,) = rows([as_reference]), rows([as_reference], diversity_judge=Doubling("lpips", embedded.network))
    assert (row["judge"], row["diversity_judge"]) == ("mine", "mine")
    assert (other["judge"], other["diversity_judge"]) == ("mine", "lpips")
    assert other["diversity"] == pytest.approx(2 * row["diversity"], rel=1e-5)
    assert other["kid"] == row["kid"]


def test_a_judge_without_a_distance_is_refused_for_diversity(as_source, rows, colour) -> None:
    with pytest.raises(JudgeError, match="distance"):
        rows([as_source], diversity_judge=colour)


def test_one_methods_images_are_gone_before_the_next_are_made(faces, drawn, rows) -> None:
    """Of hundreds of sources with ten references each, a machine holds one method's."""
    made = []

    def one_by_one():
        for method in ("z_opt", "w_opt", "wplus_opt"):
            assert all(pixels() is None for pixels in made), "an earlier method's images are still held"
            one = translated(faces, drawn, np.repeat(faces.pixels[:NUM, None], NUM_EACH, axis=1), method)
            made.append(weakref.ref(one.pixels))
            yield one
            del one

    assert [row["method"] for row in rows(one_by_one())] == ["z_opt", "w_opt", "wplus_opt"]


def test_without_a_judge_of_attributes_the_scores_remain(as_source, rows) -> None:
    (row,) = rows([as_source], attributes_judge=None)
    assert row["truth"] == "none"
    assert np.isnan([row["tone_kept"], row["tone_taken"]]).all()
    assert np.isfinite([row["kid"], row["diversity"]]).all()


def test_one_source_is_refused(faces, as_source, rows) -> None:
    one = ReferenceTranslated("face", "z_opt", as_source.pixels[:1], faces.ids[:1], as_source.reference_ids[:1], 1.0)
    with pytest.raises(JudgeError, match="two sources or more"):
        rows([one])
