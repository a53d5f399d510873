"""Rows of the table ``translation``: planted translations, controls, other methods' images, two judges or one."""

import numpy as np
import pytest

from stylealign.errors import ImageSetError, JudgeError
from stylealign.images import from_hwc
from stylealign.inversion_tables import TRANSLATION
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.metrics import kid as kid_module
from stylealign.metrics import translation_quality
from stylealign.metrics.features import load_features
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kernel, kid, kid_interval
from stylealign.metrics.translation_quality import translation_rows
from stylealign.tables import to_frame
from stylealign.translated_images import BASELINE, CONTROL, INVERSION, Translated

COLOURS = {"yaw": "light_right", "tone": "centre_lightness", "background": "border_blue_yellow"}
JUDGED = {"yaw": "yaw_deg", "tone": "tone", "background": None}


@pytest.fixture(scope="module")
def rows(faces, embedded, colour, real):
    """``translation_rows`` with what these tests seldom change."""
    known = colour.attributes(from_hwc(faces.pixels))
    exact = faces.as_sources(**{name: known[name] for name in COLOURS.values()})

    def measure(translated, **changes):
        settings = {"judge": embedded, "attributes_judge": colour, "kept": COLOURS, "real": real, "sets": [exact]}
        settings |= {"split": "test", "seed": 0} | changes
        return translation_rows("face2face", translated, **settings)

    return measure


def of(faces, method="z_opt", kind=INVERSION, pixels=None, ids=None, psi=0.7):
    return Translated("face", method, kind, faces.pixels if pixels is None else pixels, ids or faces.ids, psi)


def test_rows_fit_the_table_in_the_order_of_methods_and_say_their_protocol(faces, rows) -> None:
    nobody = ("",) * 10
    translated = [
        of(faces),
        of(faces, "w_opt", psi=1.0),
        of(faces, "samples", CONTROL, faces.pixels[:10], nobody),
        of(faces, "source", CONTROL, psi=None),
        of(faces, "w_gan", BASELINE, psi=None),
    ]
    found = rows(translated)
    assert [row["method"] for row in found] == [one.method for one in translated]
    assert [row["protocol"] for row in found] == [
        "single-test40-vs-test40-psi0.7",
        "single-test40-vs-test40-psi1",
        "single-test10-vs-test40-psi0.7",
        "single-test40-vs-test40",
        "single-test40-vs-test40",
    ]
    frame = to_frame(TRANSLATION, found).set_index("method")
    assert frame.loc["samples", "num_source"] == 10
    assert set(frame["num_target"]) == {40}
    assert set(frame["judge"]) == {"mine"}
    assert rows(translated, split=None)[0]["protocol"] == "single-all40-vs-all60-psi0.7"


def test_scores_are_those_of_the_measures_alone_whatever_else_is_measured(faces, rows, embedded, real) -> None:
    dark = (faces.pixels // 2)[:30]
    features, target = embedded.features(from_hwc(dark)), load_features(real).of_split("test")
    alone = rows([of(faces, pixels=dark, ids=faces.ids[:30])])[0]
    interval = kid_interval(target, features, 0, "translation", "face2face")
    assert alone["fid"] == pytest.approx(fid(target, features), rel=1e-6)
    assert alone["kid"] == pytest.approx(kid(target, features), rel=1e-6)
    assert (alone["low"], alone["high"]) == pytest.approx((interval.low, interval.high), rel=1e-6)
    among = rows([of(faces, "w_opt"), of(faces, pixels=dark, ids=faces.ids[:30])])[1]
    assert among == alone


def test_the_real_images_meet_each_other_once_for_all_methods(faces, rows, monkeypatch) -> None:
    shapes = []
    monkeypatch.setattr(kid_module, "kernel", lambda a, b: shapes.append((len(a), len(b))) or kernel(a, b))
    rows([of(faces, method, pixels=faces.pixels[:9], ids=faces.ids[:9]) for method in ("z_opt", "w_opt", "z_enc")])
    assert shapes.count((40, 40)) == 1
    assert shapes.count((40, 9)) == shapes.count((9, 9)) == 3


def test_the_targets_own_images_are_near_and_keep_everything(faces, rows) -> None:
    same, negative = rows([of(faces), of(faces, "w_opt", pixels=255 - faces.pixels)])
    assert same["fid"] == pytest.approx(0, abs=1e-6)
    assert same["fid"] < negative["fid"]
    for what in COLOURS:
        assert same[f"{what}_kept"] == pytest.approx(1)
        assert same[f"{what}_low"] == pytest.approx(1)
        assert abs(same[f"{what}_shuffled"]) < 0.5
    assert negative["tone_kept"] < -0.9  # what was light is dark
    assert same["truth"] == "exact"


def test_other_images_of_the_domain_are_at_no_distance_that_counts(faces, rows) -> None:
    more, negative = rows([of(faces), of(faces, "w_opt", pixels=255 - faces.pixels)], split="train")
    assert more["protocol"] == "single-train40-vs-train20-psi0.7"
    assert more["low"] < 0 < more["high"]
    assert abs(more["kid"]) < negative["kid"] / 20
    assert negative["low"] > 0


def test_translations_of_other_sources_keep_nothing(faces, rows) -> None:
    order = np.random.default_rng(1).permutation(len(faces.ids))
    (other,) = rows([of(faces, pixels=faces.pixels[order])])
    for what in COLOURS:
        assert abs(other[f"{what}_kept"]) < 0.5
        assert other[f"{what}_low"] < 0 < other[f"{what}_high"]


def test_another_methods_folder_scores_as_the_same_images_do_when_built_in(faces, rows) -> None:
    ours, theirs = rows([of(faces), of(faces, "cut", BASELINE)])
    assert {**theirs, "method": "z_opt", "kind": INVERSION} == ours


def test_several_images_of_a_source_are_no_more_sources(faces, rows) -> None:
    order = sorted(range(20), key=lambda place: faces.ids[place])  # as resampled sources are numbered
    dark, ids = faces.pixels[order] // 2, tuple(faces.ids[place] for place in order)

    def score(pixels, source_ids):
        (row,) = rows([of(faces, "cut", BASELINE, pixels, source_ids, None)])
        return [row[name] for name in ("kid", "low", "high")]

    once = score(dark, ids)
    assert score(np.concatenate([dark, dark]), ids * 2) == pytest.approx(once, rel=1e-6)
    assert score(dark, ("",) * 20) == once


def test_rows_repeat_and_another_seed_moves_only_intervals_and_shuffles(faces, rows) -> None:
    dark = [of(faces, pixels=faces.pixels // 2)]
    (first,), (again,), (other,) = rows(dark), rows(dark), rows(dark, seed=1)
    assert first == again
    moved = {name for name in first if first[name] != other[name]}
    assert {"low", "high", "tone_shuffled", "seed"} <= moved
    assert not moved & {"fid", "kid", "yaw_kept", "tone_kept", "background_kept", "protocol"}


def test_what_is_not_known_is_read_by_the_judge_and_said_so(faces, rows, colour) -> None:
    dark = [of(faces, pixels=faces.pixels // 2)]
    exact = rows(dark)[0]
    judged = rows(dark, sets=[faces.as_sources()])[0]
    assert judged["truth"] == "judged"
    assert judged["yaw_kept"] == pytest.approx(exact["yaw_kept"])
    values = np.arange(len(faces.ids), dtype=float)
    mixed = rows(dark, sets=[faces.as_sources(light_right=values)])[0]
    assert mixed["truth"] == "judged"
    assert mixed["yaw_kept"] != exact["yaw_kept"]
    assert mixed["tone_kept"] == judged["tone_kept"]
    only = rows(dark, sets=[faces.as_sources(light_right=values)], kept={**COLOURS, "tone": None, "background": None})
    assert (only[0]["truth"], only[0]["yaw_kept"]) == ("exact", mixed["yaw_kept"])


@pytest.mark.parametrize("case", ["no judge", "no name", "unknown name"])
def test_nothing_is_kept_where_nothing_is_read(faces, rows, colour, case: str) -> None:
    changes = {
        "no judge": {"attributes_judge": None},
        "no name": {"kept": dict.fromkeys(COLOURS)},
        "unknown name": {"kept": dict.fromkeys(COLOURS, "wingspan")},
    }[case]
    row = rows([of(faces)], **changes)[0]
    assert row["truth"] == "none"
    assert all(np.isnan(row[f"{what}_{end}"]) for what in COLOURS for end in ("kept", "low", "high", "shuffled"))
    assert np.isfinite(row["kid"])


def test_images_of_no_source_are_scored_and_left_out_of_what_is_kept(faces, rows) -> None:
    extra = np.concatenate([faces.pixels, 255 - faces.pixels])
    row = rows([of(faces, "cut", BASELINE, extra, (*faces.ids, *[""] * len(faces.ids)))])[0]
    assert row["num_source"] == 80
    assert row["tone_kept"] == pytest.approx(1)
    nobody = rows([of(faces, "samples", CONTROL, ids=("",) * len(faces.ids))])[0]
    assert nobody["truth"] == "none"
    assert np.isnan(nobody["tone_kept"])


def test_one_judge_looks_at_every_image_once(faces, rows, real, embedded) -> None:
    class Counting(EmbeddedJudge):
        num_seen = 0

        def _trunk(self, pixels):
            self.num_seen += len(pixels)
            return super()._trunk(pixels)

    judge = Counting("mine", embedded.network)
    sets = [faces.as_sources(yaw_deg=np.arange(40.0), tone=np.arange(40.0))]
    one = rows([of(faces)], judge=judge, attributes_judge=judge, kept=JUDGED, sets=sets)
    assert judge.num_seen == 40
    two = rows([of(faces)], attributes_judge=embedded, judge=judge, kept=JUDGED, sets=sets)
    assert one[0]["yaw_kept"] == pytest.approx(two[0]["yaw_kept"])
    assert np.isnan(one[0]["background_kept"])


def test_how_many_images_a_judge_gets_at_a_time_does_not_matter(faces, rows, monkeypatch) -> None:
    dark = [of(faces, pixels=faces.pixels // 2)]
    (whole,) = rows(dark)
    monkeypatch.setattr(translation_quality, "CHUNK", 7)
    (parts,) = rows(dark)
    assert [parts[name] for name in ("kid", "fid", "tone_kept")] == pytest.approx(
        [whole[name] for name in ("kid", "fid", "tone_kept")], rel=1e-3
    )


def test_refusals_say_what_to_do(faces, rows, colour) -> None:
    with pytest.raises(ImageSetError, match="translate the image set again"):
        rows([of(faces, ids=("0" * 64, *faces.ids[1:]))])
    with pytest.raises(JudgeError, match="does not measure features"):
        rows([of(faces)], judge=colour)
    with pytest.raises(JudgeError, match="two images or more"):
        rows([of(faces, pixels=faces.pixels[:1], ids=faces.ids[:1])])
    with pytest.raises(JudgeError, match="delete it and run again"):
        rows([of(faces)], real=faces.index)
