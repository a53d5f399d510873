"""Attribute channels: a planted channel ranks first, poles, classes, rare values, equal rows, refusals."""

import numpy as np
import pytest

from stylealign.alignment.attribute_channels import attribute_channel_rows, poles
from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.latents import sample_z
from stylealign.networks.stylespace import channel_name
from stylealign.tables import ATTRIBUTE_CHANNELS, to_frame

NUM = 400
PLANTED = "5_3"


@pytest.fixture(scope="module")
def features(family, tmp_path_factory):
    """yaw_deg *is* a column of s, smile is minus another with noise, glasses a threshold of the first."""
    G = load_generator(family["parent"])[0]
    s = G.styles(G.mapping(sample_z(NUM, 8, 0, "family"))).numpy().astype(np.float64)
    columns = {channel_name(G.style_layers, column): s[:, column] for column in range(G.num_styles)}
    noise = np.random.default_rng(0).normal(size=NUM) * columns["3_1"].std()
    glasses = (columns[PLANTED] > np.quantile(columns[PLANTED], 0.98)).astype(float)
    values = np.stack([columns[PLANTED], 0.02 * noise - columns["3_1"], glasses], axis=1)
    path = tmp_path_factory.mktemp("features") / "parent.npz"
    names = np.array(["yaw_deg", "smile", "glasses"])
    np.savez(path, attributes=values, attribute_names=names, protocol=np.array("gen-psi1"))
    return path


@pytest.fixture(scope="module")
def rows_of(family, features):
    def rows(**changed):
        settings = {"attributes": None, "num_positive": 10, "num_listed": 3, "num_z": NUM, "judge": "tiny"}
        settings |= {"quality": None, "domain": "face", "seed": 0}
        return attribute_channel_rows("parent", family["parent"], features, **(settings | changed))

    return rows


def test_rows_fit_the_table(rows_of):
    frame = to_frame(ATTRIBUTE_CHANNELS, rows_of())
    assert dict(frame.groupby("attribute")["pole"].unique().map(set)) == {
        "yaw_deg": {"high", "low"},
        "smile": {"high", "low"},
        "glasses": {"no"},  # fewer than 10 images have some
    }
    for _, pole in frame.groupby(["attribute", "pole"]):
        assert pole["rank"].tolist() == [1, 2, 3]
        assert pole["signal_to_noise"].is_monotonic_decreasing
    assert not frame["layer"].str.contains("torgb").any()


def test_the_channel_that_is_the_attribute_comes_first(rows_of):
    first = {(row["attribute"], row["pole"]): row for row in rows_of() if row["rank"] == 1}
    high, low = first["yaw_deg", "high"], first["yaw_deg", "low"]
    assert high["paper_index"] == low["paper_index"] == PLANTED
    assert (high["layer"], high["channel"]) == ("b16.conv0", 3)
    assert high["mean_zscore"] > 1.5
    assert low["mean_zscore"] < -1.5


def test_the_sign_is_the_direction_to_move(rows_of):
    """An attribute that is minus a channel: the channel is low where the attribute is high."""
    rows = [row for row in rows_of(num_listed=10**6, attributes=("smile",)) if row["paper_index"] == "3_1"]
    assert {row["pole"]: np.sign(row["mean_zscore"]) for row in rows} == {"high": -1, "low": 1}
    assert all(row["rank"] <= 5 for row in rows)
    assert len(rows_of(num_listed=10**6, attributes=("smile",))) == 2 * (4 * 16 + 8)


def test_only_the_first_codes_count(rows_of):
    assert {row["num_z"] for row in rows_of(num_z=100)} == {100}
    assert repr(rows_of(num_z=100)) != repr(rows_of(num_z=200))
    assert repr(rows_of(num_z=100)) == repr(rows_of(num_z=100))


def test_poles_of_numbers_are_extremes_and_unknown_is_nowhere():
    values = np.array([3.0, np.nan, 1.0, 2.0, 5.0, 4.0])
    found = {name: rows.tolist() for name, rows in poles(values, "yaw_deg", 2, False)}
    assert found == {"high": [4, 5], "low": [2, 3]}
    with pytest.raises(JudgeError, match=r"num_positive: 3 examples .* need 6 latent codes, and 5 are judged"):
        list(poles(values, "yaw_deg", 3, False))


def test_what_does_not_vary_has_no_poles_and_says_so(caplog):
    assert not list(poles(np.full(30, 2.0), "yaw_deg", 10, False))
    assert "yaw_deg: its extremes are alike" in caplog.text


def test_classes_are_called_by_their_words():
    values = np.array([0.0] * 12 + [1.0] * 11 + [2.0] * 3 + [np.nan])
    found = {name: len(rows) for name, rows in poles(values, "hair_style", 11, True)}
    assert found == {"straight": 11, "curly": 11}
    assert [name for name, _ in poles(values, "unheard_of", 11, True)] == ["0", "1"]


def test_refusals_name_the_key(rows_of):
    with pytest.raises(JudgeError, match=r"studies\.attribute_channels\.attributes: .*'smyle'; did you mean 'smile'"):
        rows_of(attributes=("smyle",))
    with pytest.raises(JudgeError, match=r"studies\.attribute_channels\.num_z asks for 500"):
        rows_of(num_z=500)
