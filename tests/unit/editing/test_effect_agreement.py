"""Does the same edit do the same? A copy agrees wholly; rows, pooling, intervals, choice of channels, refusals."""

import numpy as np
import pytest

from stylealign.boundaries import Boundaries, load_boundaries, save_boundaries
from stylealign.checkpoint import load_generator
from stylealign.editing.channel_effects import channel_effect_rows, conv_edits, screened_effects
from stylealign.editing.effect_agreement import (
    Relative,
    agreement_interval,
    agreements,
    effect_agreement_rows,
    oriented_effects,
    pooled_agreement,
)
from stylealign.editing.manipulate import measure_deviations
from stylealign.editing.ranked_channels import ranked_channels
from stylealign.errors import ConfigError, JudgeError, LineageError
from stylealign.tables import CHANNEL_EFFECTS, EFFECT_AGREEMENT, JUDGE_QUALITY, read_table, to_frame, write_table

DOMAINS = dict.fromkeys(("parent", "copy", "child", "stranger", "foreigner"), "face")


@pytest.fixture(scope="module")
def effects(family, judge, tmp_path_factory):
    """The parent's channels that move yaw and smile most."""
    settings = {"attributes": ("yaw_deg", "smile"), "num_listed": 6, "num_z": 2, "strength": 3.0}
    settings |= {"truncation_psi": 0.7, "quality": None, "domain": "face", "seed": 0}
    rows = channel_effect_rows("parent", family["parent"], judge, **settings)
    path = tmp_path_factory.mktemp("effects") / "parent.parquet"
    write_table(path, CHANNEL_EFFECTS, rows, {})
    return path


@pytest.fixture(scope="module")
def rows_of(family, judge, effects, boundaries):
    def rows(child, parents=("parent",), channels=effects, **changed):
        relatives = [Relative(name, "child", family[name], channels, boundaries) for name in parents]
        settings = {"attributes": ("yaw_deg", "smile"), "num_channels": 4, "num_z": 6, "strength": 3.0}
        settings |= {"truncation_psi": 0.7, "quality": None, "domains": DOMAINS, "seed": 0}
        return effect_agreement_rows(child, family[child], relatives, judge, **(settings | changed))

    return rows


def test_rows_fit_the_table(rows_of):
    frame = to_frame(EFFECT_AGREEMENT, rows_of("child"))
    yaw = frame[frame["attribute"] == "yaw_deg"].set_index("edits")
    counts = yaw.index.value_counts()
    assert dict(counts) == {"channel": 4, "channels": 1, "direction": 2, "directions": 1}
    assert set(yaw.loc["direction", "edit"]) == {"yaw_deg", "yaw_deg|smile"}
    assert (yaw.loc["channels", "num_edits"], yaw.loc["directions", "num_edits"]) == (4, 3)
    assert yaw.loc["channels", "agreement"] == pytest.approx(yaw.loc["channel", "agreement"].mean())
    assert (frame["agreement"].abs() <= 1 + 1e-12).all()
    assert ((frame["low"] <= frame["agreement"] + 1e-9) & (frame["agreement"] <= frame["high"] + 1e-9)).all()


def test_an_attribute_that_the_parents_domain_has_not_is_left_out(rows_of, tmp_path, caplog):
    """A shoe has no yaw: there is no edit of it to compare, and the others are compared all the same."""
    row = {"judge": rows_of("child")[0]["judge"], "domain": "face", "task": "attribute", "target": "smile"}
    row |= {"metric": "r2", "score": 0.9, "num_images": 10, "seed": 0}
    write_table(tmp_path / "quality.parquet", JUDGE_QUALITY, [row], {})
    with caplog.at_level("INFO"):
        rows = rows_of("child", quality=tmp_path / "quality.parquet")
    assert {row["attribute"] for row in rows} == {"smile"}
    assert "has no yaw_deg: not compared" in caplog.text
    assert rows_of("child", attributes=("yaw_deg",), quality=tmp_path / "quality.parquet") == []


def test_a_copy_agrees_with_its_original(rows_of):
    for row in rows_of("copy"):
        assert row["agreement"] == pytest.approx(1)
        assert (row["low"], row["high"]) == (pytest.approx(1), pytest.approx(1))
        assert row["effect_in_child"] == pytest.approx(row["effect_in_parent"])


def test_equal_seeds_give_equal_rows(rows_of):
    few = {"attributes": ("smile",), "num_channels": 2, "num_z": 3}
    assert repr(rows_of("child", **few)) == repr(rows_of("child", **few))
    assert repr(rows_of("child", **few)) != repr(rows_of("child", **few, seed=1))


def test_a_parents_edits_do_not_depend_on_the_child(rows_of):
    def edits(child):
        rows = rows_of(child, attributes=("smile",), num_channels=2, num_z=3)
        return [(row["edits"], row["edit"], row["effect_in_parent"]) for row in rows]

    assert edits("child") == edits("stranger")


def test_pooled_effects_are_turned_towards_the_parents():
    parent, child = np.array([[1.0, 3.0], [-2.0, -4.0]]), np.array([[1.0, 1.0], [-1.0, 3.0]])
    assert oriented_effects(parent, child) == (2.5, 0.0)
    assert oriented_effects(parent[1:], child[1:]) == (-3.0, 1.0)


def test_edits_that_do_nothing():
    parent, child = np.array([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0]]), np.array([[1.0, 1.0], [0.0, 0.0], [2.0, 4.0]])
    np.testing.assert_allclose(agreements(parent, child), [np.nan, 0, 1])
    assert pooled_agreement(parent, child) == pytest.approx(0.5)
    assert np.isnan(pooled_agreement(parent[:1], child[:1]))


def test_the_interval_of_pooled_edits_knows_that_edits_are_a_sample():
    """Half of the edits agree on every z, half disagree on every z: codes alone would call that exactly 0."""
    rng = np.random.default_rng(0)
    parent = rng.normal(size=[8, 20])
    child = parent * np.repeat([1, -1], 4)[:, None]
    low, high = agreement_interval(parent, child, 0, "test")
    assert pooled_agreement(parent, child) == pytest.approx(0)
    assert -0.9 < low < -0.3
    assert 0.3 < high < 0.9
    assert agreement_interval(parent[:1], child[:1], 0, "test") == (pytest.approx(1), pytest.approx(1))


# -- which channels ---------------------------------------------------------------------------------------------------


def test_channels_by_signal_to_noise_count_once_and_know_their_sign(channels):
    found = ranked_channels(channels, "yaw_deg", 5, "key")
    assert [(channel.paper_index, channel.sign) for channel in found] == [("5_3", 1), ("3_1", -1)]
    assert [channel.paper_index for channel in ranked_channels(channels, "yaw_deg", 1, "key")] == ["5_3"]
    with pytest.raises(JudgeError, match=r"key: .*no channels for 'smil'; did you mean 'smile'"):
        ranked_channels(channels, "smil", 1, "key")


def test_channels_by_signal_to_noise_may_be_compared_instead(rows_of, channels):
    rows = [row for row in rows_of("child", channels=channels) if row["edits"] == "channel"]
    assert [(row["attribute"], row["edit"]) for row in rows] == [
        ("yaw_deg", "5_3"),
        ("yaw_deg", "3_1"),
        ("smile", "3_1"),
    ]


def test_the_channels_that_move_an_attribute_most_are_compared(rows_of, effects):
    table = read_table(effects)
    yaw = table[table["attribute"] == "yaw_deg"].sort_values("rank")
    assert yaw["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert yaw["effect_rms"].is_monotonic_decreasing
    assert (table["effect"].abs() <= table["effect_rms"] + 1e-12).all()
    found = rows_of("child", attributes=("yaw_deg",), num_channels=3)
    assert [row["edit"] for row in found if row["edits"] == "channel"] == yaw["paper_index"].tolist()[:3]


def test_screening_finds_the_channel_that_makes_the_attribute(family, judge):
    """Where the reference's samples vary in one channel only, a step in any other is none."""
    G = load_generator(family["parent"])[0]
    deviations = measure_deviations(G, truncation_psi=0.7, seed=0, num=200)
    edits, planted = conv_edits(G), 17
    column = edits[planted].channels[0][0]
    deviations.s[np.arange(G.num_styles) != column] = 0
    protocol = {"strength": 3.0, "truncation_psi": 0.7, "num_z": 2, "seed": 0}
    _, changes = screened_effects(G, judge, ("yaw_deg", "smile"), deviations, **protocol)
    assert changes.shape == (len(edits), 2, 2)
    assert np.flatnonzero(np.abs(changes).max(axis=(1, 2))).tolist() == [planted]


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_refusals_name_the_attribute_and_the_key(rows_of):
    with pytest.raises(JudgeError, match=r"studies\.effect_agreement\.attributes: .*'yaw'; did you mean 'yaw_deg'"):
        rows_of("child", attributes=("yaw",))
    with pytest.raises(JudgeError, match="'glasses' is a class"):
        rows_of("child", attributes=("glasses",))
    with pytest.raises(LineageError, match=r"models\.foreigner and models\.parent"):
        rows_of("foreigner")


@pytest.mark.parametrize(
    ("attribute", "says"), [("yaw", "did you mean 'yaw_deg'"), ("glasses", "'glasses' is a class")]
)
def test_effects_are_of_numbers_that_the_judge_reads(family, judge, attribute, says):
    settings = {"num_listed": 1, "num_z": 1, "strength": 1.0, "truncation_psi": 0.7, "quality": None, "domain": "face"}
    with pytest.raises(JudgeError, match=rf"studies\.channel_effects\.attributes: .*{says}"):
        channel_effect_rows("parent", family["parent"], judge, attributes=(attribute,), seed=0, **settings)


def test_an_attribute_without_a_boundary(family, judge, channels, tmp_path):
    save_boundaries(tmp_path / "b.npz", Boundaries(("smile",), np.eye(8)[:1], np.zeros(1), ("smile",)))
    relative = Relative("parent", "child", family["parent"], channels, tmp_path / "b.npz")
    settings = {"num_channels": 1, "num_z": 2, "strength": 1.0, "truncation_psi": 0.7, "quality": None, "seed": 0}
    with pytest.raises(JudgeError, match=r"no boundary for 'yaw_deg'; name it in studies\.boundaries\.attributes"):
        effect_agreement_rows(
            "child",
            family["child"],
            [relative],
            judge,
            attributes=("yaw_deg",),
            domains=DOMAINS,
            **settings,
        )
    kept = load_boundaries(tmp_path / "b.npz")
    with pytest.raises(ConfigError, match="no boundary 'smil'; did you mean 'smile'"):
        kept.normal("smil")
