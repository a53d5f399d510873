"""Forgotten or hidden: an exact return has no distance, a stranger has; what is compared with what."""

import numpy as np
import pandas as pd
import pytest

from stylealign.alignment import return_alignment
from stylealign.alignment.reset import render
from stylealign.alignment.return_alignment import Protocol, measure_return, return_pictures, return_rows
from stylealign.catalogue import CATALOGUE
from stylealign.checkpoint import load_generator
from stylealign.errors import LineageError
from stylealign.images import to_hwc
from stylealign.judges.embedded_network import Attribute
from stylealign.latents import sample_z
from stylealign.tables import JUDGE_QUALITY, RETURN_ALIGNMENT, to_frame, write_table

PROTOCOL = Protocol(num_z=12, truncation_psi=0.7, seed=0)
DOMAINS = {"parent": "face", "child": "dog", "copy": "face", "stranger": "face"}
CLASSES = ("glasses", "hair_style")  # of two values, of three
SCORED = [("face", "yaw_deg", "r2"), ("face", "smile", "r2"), ("dog", "yaw_deg", "r2")]
SCORED += [("face", name, "accuracy") for name in CLASSES]


@pytest.fixture(scope="module")
def family(make_family, make_relatives):
    return make_relatives(make_family(0.3))


@pytest.fixture(scope="module")
def judge(make_judge):
    numbers = ["yaw_deg", "smile"]
    words = {name: CATALOGUE[name].values for name in CLASSES}
    classes = [Attribute(name, "class", 0, len(own) - 1, "class", values=own) for name, own in words.items()]
    return make_judge(numbers + classes)


@pytest.fixture(scope="module")
def quality(tmp_path_factory):
    """The judge was scored on four attributes of faces, on one of dogs."""
    path = tmp_path_factory.mktemp("judge") / "quality.parquet"
    about = {"judge": "tiny", "task": "attribute", "num_images": 5, "seed": 0}
    rows = [
        about | {"domain": domain, "target": name, "metric": metric, "score": 0.9 if domain == "face" else 0.6}
        for domain, name, metric in SCORED
    ]
    write_table(path, JUDGE_QUALITY, rows, {})
    return path


def measured(family, judge, reader=None, controls=("stranger",), returned="copy"):
    roles = {"through": ["child"], "returned": [returned], "control_unrelated": controls}
    others = {role: {name: family[name] for name in names} for role, names in roles.items()}
    who = {"judge": judge, "reader": reader, "num_shown": 3}
    return measure_return(("parent", family["parent"]), others, PROTOCOL, **who)


@pytest.fixture(scope="module")
def compared(family, judge):
    return measured(family, judge, judge)


def images_of(path):
    G = load_generator(path)[0]
    return render(G, sample_z(PROTOCOL.num_z, G.z_dim, PROTOCOL.seed, "family"), PROTOCOL.truncation_psi)


def rows_of(compared, judge, quality, reader="tiny"):
    about = {"through": ["child"], "domains": DOMAINS, "protocol": PROTOCOL, "quality": quality}
    return to_frame(RETURN_ALIGNMENT, return_rows(compared, judge=judge.name, reader=reader, **about))


@pytest.fixture(scope="module")
def rows(compared, judge, quality):
    return rows_of(compared, judge, quality)


def of(rows, role, measure, attribute=""):
    found = rows[(rows["role"] == role) & (rows["measure"] == measure) & (rows["attribute"] == attribute)]
    assert len(found) == 1
    return found.iloc[0]


def test_an_exact_return_has_no_distance_and_keeps_every_order(rows):
    assert of(rows, "returned", "distance").value == 0
    for name in ("yaw_deg", "smile"):
        assert of(rows, "returned", "spearman", name).value == pytest.approx(1)
        assert of(rows, "returned", "mean_abs_difference", name).value == 0
    assert of(rows, "returned", "share_differing", "glasses").value == 0


def test_a_stranger_and_other_z_are_far(rows):
    for role in ("control_unrelated", "control_shuffled"):
        far = of(rows, role, "distance")
        assert far.low > 0
        assert far.low <= far.value <= far.high
    assert of(rows, "control_shuffled", "mean_abs_difference", "yaw_deg").value > 0


def test_distances_are_the_judges_mean_over_z(rows, family, judge):
    base, child = images_of(family["parent"]), images_of(family["child"])
    assert of(rows, "through", "distance").value == pytest.approx(judge.distance(base, child).mean(), rel=1e-5)


def test_other_z_are_the_returned_models_own_images_in_another_order(compared):
    returned, shuffled = compared[2], compared[-1]
    assert (returned.role, shuffled.role) == ("returned", "control_shuffled")
    assert shuffled.model == returned.model == "copy"
    one, other = returned.attributes["yaw_deg"], shuffled.attributes["yaw_deg"]
    assert np.allclose(np.sort(one), np.sort(other))
    assert not np.allclose(one, other)


def test_batches_are_only_a_matter_of_memory(compared, family, judge, monkeypatch):
    monkeypatch.setattr(return_alignment, "BATCH", 5)
    for one, whole in zip(measured(family, judge, judge), compared, strict=True):
        assert np.allclose(one.distances, whole.distances, atol=1e-5)
        assert all(np.allclose(one.attributes[name], values, atol=1e-3) for name, values in whole.attributes.items())
        assert len(one.shown) == 3
        assert np.abs(one.shown.astype(int) - whole.shown).max() <= 1


def test_attributes_are_those_scored_on_both_domains_with_the_worse_score(rows):
    named = {role: set(own["attribute"]) for role, own in rows[rows["attribute"] != ""].groupby("role")}
    assert named["through"] == {"yaw_deg"}, "the judge knows no smile of a dog"
    assert named["returned"] == named["control_unrelated"] == {"yaw_deg", "smile", "glasses", "hair_style"}
    assert of(rows, "through", "spearman", "yaw_deg").judge_score == 0.6
    assert of(rows, "returned", "spearman", "yaw_deg").judge_score == 0.9


def test_a_class_differs_or_not(rows):
    measured = set(rows.loc[rows["attribute"] == "glasses", "measure"])
    assert measured == {"spearman", "share_differing"}
    assert rows.loc[rows["measure"] == "share_differing", "value"].between(0, 1).all()


def test_classes_of_more_than_two_values_have_no_order(rows):
    assert set(rows.loc[rows["attribute"] == "hair_style", "measure"]) == {"share_differing"}


def test_without_a_reader_only_distances_are_measured(family, judge):
    found = rows_of(measured(family, judge), judge, None, reader=None)
    assert set(found["measure"]) == {"distance"}
    assert set(found["role"]) == {"returned", "through", "control_unrelated", "control_shuffled"}


def test_a_study_without_another_root_has_the_other_control(family, judge):
    found = rows_of(measured(family, judge, controls=()), judge, None, reader=None)
    assert set(found["role"]) == {"returned", "through", "control_shuffled"}


def test_the_same_images_give_the_same_rows(family, judge, quality, rows):
    pd.testing.assert_frame_equal(rows_of(measured(family, judge, judge), judge, quality), rows)


def test_pictures_begin_with_the_ancestor_and_shuffle_nothing(compared, family):
    shown = return_pictures(compared)
    assert shown["strip_models"].tolist() == ["parent", "child", "copy", "stranger"]
    assert shown["strip_roles"].tolist() == ["ancestor", "through", "returned", "control_unrelated"]
    assert shown["strips"].shape == (4, 3, 16, 16, 3)
    assert np.array_equal(shown["strips"][0], shown["strips"][2])
    assert np.abs(shown["strips"][1].astype(int) - to_hwc(images_of(family["child"])[:3])).max() <= 1


def test_the_cards_say_who_is_related_whatever_the_config_says(family, judge):
    with pytest.raises(LineageError, match=r"models\.child: by its card it has an ancestor in common .* no unrelated"):
        measured(family, judge, controls=("child",))
    with pytest.raises(LineageError, match=r"models\.stranger: by its card it has no ancestor in common .* returned"):
        measured(family, judge, returned="stranger", controls=())


def test_models_whose_z_differ_are_refused(family, judge, tmp_path):
    import torch

    from stylealign.checkpoint import ModelCard, save_generator, state_digest
    from stylealign.networks.generator import Generator

    shape = {"z_dim": 4, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}
    torch.manual_seed(0)
    G = Generator(**shape)
    digest = state_digest(G.state_dict())
    path = tmp_path / "other.safetensors"
    save_generator(path, G, ModelCard("other", "face", shape, 16, ("other",), (digest,), 0, 0, 0, 1, "test"))
    with pytest.raises(LineageError, match=r"models\.parent and models\.other"):
        measured(family | {"other": path}, judge, returned="other")
