"""What survives a translation: planted correlations, several translations of a source, sides that are not known."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import spearmanr

from stylealign.errors import ImageSetError
from stylealign.images import from_hwc
from stylealign.intervals import bootstrap_interval
from stylealign.metrics.kept import KEPT, Known, image_attributes, kept_columns, readable, taken_columns, truth
from stylealign.rank_correlation import RankedPair

RNG = np.random.default_rng(0)
NUM = 30
IDS = [f"image{n:02d}" for n in range(NUM)]
YAW = RNG.normal(size=NUM)


def known(values=YAW, ids=IDS, is_exact=True):
    return {"yaw": Known(dict(zip(ids, values, strict=True)), is_exact)}


def test_columns_are_the_correlation_its_interval_and_a_control() -> None:
    read = YAW + RNG.normal(size=NUM)
    found = kept_columns(known(), IDS, {"yaw": read}, 0, "a")
    assert found["yaw_kept"] == pytest.approx(spearmanr(YAW, read).statistic)
    assert (found["yaw_low"], found["yaw_high"]) == bootstrap_interval(
        RankedPair.of(YAW, read).spearman, NUM, 0, "a", "yaw"
    )
    assert found["yaw_low"] < found["yaw_kept"] < found["yaw_high"]
    assert abs(found["yaw_shuffled"]) < 0.55
    assert np.isnan([found["tone_kept"], found["background_high"]]).all()
    assert list(found) == [f"{what}_{end}" for what in KEPT for end in ("kept", "low", "high", "shuffled")]


def test_the_control_is_chance_on_average() -> None:
    shuffled = [kept_columns(known(), IDS, {"yaw": YAW}, seed)["yaw_shuffled"] for seed in range(60)]
    assert abs(np.mean(shuffled)) < 3 / np.sqrt(60 * NUM)
    assert np.std(shuffled) == pytest.approx(1 / np.sqrt(NUM - 1), rel=0.3)


def test_the_order_of_translations_does_not_matter() -> None:
    ids, read = np.repeat(IDS, 3), np.repeat(YAW, 3) + RNG.normal(size=3 * NUM)
    order = RNG.permutation(3 * NUM)
    plain = kept_columns(known(), ids.tolist(), {"yaw": read}, 0, "a")
    moved = kept_columns(known(), ids[order].tolist(), {"yaw": read[order]}, 0, "a")
    assert [moved[f"yaw_{end}"] for end in ("kept", "low", "high", "shuffled")] == pytest.approx(
        [plain[f"yaw_{end}"] for end in ("kept", "low", "high", "shuffled")]
    )


def test_ten_translations_of_a_source_are_one_observation() -> None:
    """Copies of each translation say nothing new: neither the estimate nor the interval may change."""
    read = YAW + RNG.normal(size=NUM)
    once = kept_columns(known(), IDS, {"yaw": read}, 0)
    ten = kept_columns(known(), np.repeat(IDS, 10).tolist(), {"yaw": np.repeat(read, 10)}, 0)
    for end in ("kept", "low", "high", "shuffled"):
        assert ten[f"yaw_{end}"] == pytest.approx(once[f"yaw_{end}"])


def test_images_of_no_source_do_not_count() -> None:
    read = YAW + RNG.normal(size=NUM)
    some = kept_columns(known(), [*IDS, "", ""], {"yaw": np.array([*read, 99.0, -99.0])}, 0)
    assert some == pytest.approx(kept_columns(known(), IDS, {"yaw": read}, 0), nan_ok=True)


def test_a_few_sources_say_nothing() -> None:
    eight, seven = (kept_columns(known(), IDS[:n], {"yaw": YAW[:n]}, 0) for n in (8, 7))
    assert eight["yaw_kept"] == pytest.approx(1)
    assert np.isnan(seven["yaw_kept"])
    many = kept_columns(known(), IDS[:7] * 10, {"yaw": np.tile(YAW[:7], 10)}, 0)
    assert np.isnan(many["yaw_kept"])


def test_what_is_taken_is_the_correlation_with_the_references() -> None:
    ids = [IDS[n] for n in RNG.integers(0, NUM, 100)]
    own = known()["yaw"].of(ids)
    read = own + RNG.normal(size=100)
    found = taken_columns(known(), ids, {"yaw": read})
    assert found["yaw_taken"] == pytest.approx(spearmanr(own, read).statistic)
    assert np.isnan([found["tone_taken"], found["background_taken"]]).all()


def test_the_truth_is_exact_only_where_every_side_is() -> None:
    exact, read = known(), known(is_exact=False)
    assert truth((exact, IDS)) == "exact"
    assert truth((exact, IDS), (read, IDS)) == "judged"
    assert truth((exact, IDS), (read, IDS[:3])) == "exact"  # nothing is measured with so few
    assert truth((exact, [""] * NUM)) == "none"
    assert truth(({}, IDS)) == "none"


def test_only_what_is_named_and_read_can_be_kept(embedded, colour) -> None:
    assert readable({"yaw": "yaw_deg", "tone": None, "background": "hue"}, embedded) == {"yaw": "yaw_deg"}
    assert readable({"yaw": "yaw_deg", "tone": "lightness"}, colour) == {"tone": "lightness"}
    assert readable({"yaw": "yaw_deg"}, None) == {}


def test_the_image_sets_own_values_come_first(faces, colour) -> None:
    values, names = np.arange(len(faces.ids), dtype=float), {"yaw": "light_right", "tone": "lightness"}
    found = image_attributes(faces.as_sources(light_right=values), faces.ids, names, colour)
    assert found["yaw"].is_exact
    assert found["yaw"].of(faces.ids[5:7]).tolist() == [5, 6]
    assert not found["tone"].is_exact
    read = colour.attributes(from_hwc(faces.pixels))["lightness"]
    np.testing.assert_allclose(found["tone"].of(faces.ids), read, rtol=1e-6)
    assert np.isnan(found["yaw"].of([""])).all()


def test_one_unknown_value_makes_all_of_them_judged(faces, colour) -> None:
    values = np.arange(len(faces.ids), dtype=float)
    values[3] = np.nan
    sources, names = faces.as_sources(lightness=values), {"tone": "lightness"}
    assert not image_attributes(sources, faces.ids, names, colour)["tone"].is_exact
    assert image_attributes(sources, faces.ids[4:], names, colour)["tone"].is_exact  # of those that are asked for
    assert image_attributes(sources, ["", ""], names, colour) == {}


def test_an_image_that_is_not_in_the_set_is_named(faces, colour) -> None:
    with pytest.raises(ImageSetError, match=r"1 images .* \(as abc\)"):
        image_attributes(faces.as_sources(), ["abc", faces.ids[0]], {"tone": "lightness"}, colour)


def test_the_module_needs_no_torch() -> None:
    code = "import sys, stylealign.metrics.kept; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
