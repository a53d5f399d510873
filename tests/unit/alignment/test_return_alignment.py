"""Forgotten or hidden: an exact return has no distance, a stranger has; what is compared with what."""

import numpy as np
import pandas as pd
import pytest

from stylealign.alignment.return_alignment import Protocol, draw_return, return_pictures, return_rows
from stylealign.errors import LineageError
from stylealign.judges.embedded_network import Attribute
from stylealign.tables import JUDGE_QUALITY, RETURN_ALIGNMENT, to_frame, write_table

PROTOCOL = Protocol(num_z=12, truncation_psi=0.7, seed=0)
DOMAINS = {"parent": "face", "child": "dog", "copy": "face", "stranger": "face"}
SCORED = [("face", "yaw_deg", "r2"), ("face", "smile", "r2"), ("face", "glasses", "accuracy"), ("dog", "yaw_deg", "r2")]


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.3)


@pytest.fixture(scope="module")
def judge(make_judge):
    return make_judge(["yaw_deg", "smile", Attribute("glasses", "class", 0, 1, "class", values=("no", "yes"))])


@pytest.fixture(scope="module")
def quality(tmp_path_factory):
    """The judge was scored on three attributes of faces, on one of dogs."""
    path = tmp_path_factory.mktemp("judge") / "quality.parquet"
    about = {"judge": "tiny", "task": "attribute", "num_images": 5, "seed": 0}
    rows = [
        about | {"domain": domain, "target": name, "metric": metric, "score": 0.9 if domain == "face" else 0.6}
        for domain, name, metric in SCORED
    ]
    write_table(path, JUDGE_QUALITY, rows, {})
    return path


def drawn(family, controls=("stranger",)):
    roles = {"through": ["child"], "returned": ["copy"], "control_unrelated": controls}
    others = {role: {name: family[name] for name in names} for role, names in roles.items()}
    return draw_return(("parent", family["parent"]), others, PROTOCOL)


@pytest.fixture(scope="module")
def images(family):
    return drawn(family)


def rows_of(images, judge, quality, reader="same"):
    about = {"ancestor": "parent", "through": ["child"], "domains": DOMAINS, "protocol": PROTOCOL}
    reader = judge if reader == "same" else reader
    return to_frame(RETURN_ALIGNMENT, return_rows(*images, **about, judge=judge, reader=reader, quality=quality))


@pytest.fixture(scope="module")
def rows(images, judge, quality):
    return rows_of(images, judge, quality)


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


def test_distances_are_the_judges_mean_over_z(rows, images, judge):
    base, compared = images
    child = next(one for one in compared if one.model == "child")
    assert of(rows, "through", "distance").value == pytest.approx(judge.distance(base, child.pixels).mean(), rel=1e-5)


def test_other_z_are_the_returned_models_own_images_in_another_order(images):
    returned, shuffled = (
        next(one for one in images[1] if one.role == role) for role in ("returned", "control_shuffled")
    )
    assert shuffled.model == returned.model == "copy"
    one, other = (np.sort(image.pixels.flatten(1).numpy(), axis=0) for image in (returned, shuffled))
    assert np.array_equal(one, other)
    assert not np.array_equal(returned.pixels.numpy(), shuffled.pixels.numpy())


def test_attributes_are_those_scored_on_both_domains_with_the_worse_score(rows):
    named = {role: set(own["attribute"]) for role, own in rows[rows["attribute"] != ""].groupby("role")}
    assert named["through"] == {"yaw_deg"}, "the judge knows no smile of a dog"
    assert named["returned"] == named["control_unrelated"] == {"yaw_deg", "smile", "glasses"}
    assert of(rows, "through", "spearman", "yaw_deg").judge_score == 0.6
    assert of(rows, "returned", "spearman", "yaw_deg").judge_score == 0.9


def test_a_class_differs_or_not(rows):
    measured = set(rows.loc[rows["attribute"] == "glasses", "measure"])
    assert measured == {"spearman", "share_differing"}
    assert rows.loc[rows["measure"] == "share_differing", "value"].between(0, 1).all()


def test_without_a_reader_only_distances_are_measured(images, judge):
    found = rows_of(images, judge, None, reader=None)
    assert set(found["measure"]) == {"distance"}
    assert set(found["role"]) == {"returned", "through", "control_unrelated", "control_shuffled"}


def test_a_study_without_another_root_has_the_other_control(family, judge):
    found = rows_of(drawn(family, controls=()), judge, None, reader=None)
    assert set(found["role"]) == {"returned", "through", "control_shuffled"}


def test_the_same_images_give_the_same_rows(images, judge, quality, rows):
    pd.testing.assert_frame_equal(rows_of(images, judge, quality), rows)


def test_pictures_begin_with_the_ancestor_and_shuffle_nothing(images):
    shown = return_pictures(*images, ancestor="parent", num_shown=3)
    assert shown["strip_models"].tolist() == ["parent", "child", "copy", "stranger"]
    assert shown["strip_roles"].tolist() == ["ancestor", "through", "returned", "control_unrelated"]
    assert shown["strips"].shape == (4, 3, 16, 16, 3)
    assert np.array_equal(shown["strips"][0], shown["strips"][2])


def test_models_whose_z_differ_are_refused(family, tmp_path):
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
        draw_return(("parent", family["parent"]), {"returned": {"other": path}}, PROTOCOL)
