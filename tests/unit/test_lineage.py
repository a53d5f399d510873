"""Descent on the default family and on odd ones."""

import pytest

from stylealign.errors import LineageError
from stylealign.lineage import (
    ancestors,
    circles,
    compared_pairs,
    descendants,
    family_order,
    lineage,
    relation,
    relatives,
    root_of,
    roots,
)

FAMILY = {
    "face": None,
    "face_other": None,
    "painting": "face",
    "cartoon": "face",
    "dog": "face",
    "cat": "dog",
    "face_again": "dog",
    "kitten": "cat",
}


def test_descent_of_the_default_family():
    assert ancestors(FAMILY, "kitten") == ["cat", "dog", "face"]
    assert lineage(FAMILY, "cat") == ["face", "dog", "cat"]
    assert descendants(FAMILY, "dog") == ["cat", "face_again", "kitten"]
    assert roots(FAMILY) == ["face", "face_other"]
    assert (root_of(FAMILY, "kitten"), root_of(FAMILY, "face_other")) == ("face", "face_other")


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("face", "dog", "child"),
        ("face", "cat", "grandchild"),
        ("face", "kitten", "descendant"),
        ("dog", "kitten", "grandchild"),
        ("cat", "face", "ancestor"),
        ("painting", "dog", "sibling"),
        ("painting", "cat", "relative"),
        ("face", "face_other", "unrelated"),
        ("face_other", "cat", "unrelated"),
        ("cat", "cat", "same"),
    ],
)
def test_relations(first, second, kind):
    assert relation(FAMILY, first, second) == kind


def test_a_model_is_compared_with_its_ancestors_and_the_earlier_roots():
    assert relatives(FAMILY, "face") == []
    assert relatives(FAMILY, "face_other") == [("face", "unrelated")]
    assert relatives(FAMILY, "cat") == [("dog", "child"), ("face", "grandchild"), ("face_other", "unrelated")]


def test_compared_pairs_hold_every_pair_of_roots_once():
    three = {"a": None, "b": None, "c": None}
    assert compared_pairs(three) == [("a", "b", "unrelated"), ("a", "c", "unrelated"), ("b", "c", "unrelated")]


def test_a_child_may_be_declared_before_its_parent():
    upside_down = {"child": "root", "root": None}
    assert relatives(upside_down, "child") == [("root", "child")]
    assert family_order(upside_down) == ["root", "child"]


def test_families_stand_together_parents_first():
    mixed = {"dog": "face", "other": None, "face": None, "cat": "dog", "pup": "other"}
    assert family_order(mixed) == ["other", "pup", "face", "dog", "cat"]


def test_circles_are_found_once_each_and_named():
    assert circles({"a": "b", "b": "a", "c": "c", "d": "a", "e": None}) == [["a", "b", "a"], ["c", "c"]]
    assert circles(FAMILY) == []
    for model in ("a", "d"):
        with pytest.raises(LineageError, match="is a circle"):
            ancestors({"a": "b", "b": "a", "d": "a"}, model)


def test_an_unknown_model_is_named_with_those_there_are():
    with pytest.raises(LineageError, match=r"models\.wolf: there is no such model; the models are a, b"):
        ancestors({"a": None, "b": "wolf"}, "b")


def test_each_circle_is_found_once_and_quickly():
    parents = {"a": None, "b": "c", "c": "d", "d": "b", "e": "e", "f": "b", "g": "a", "h": "missing"}
    assert circles(parents) == [["b", "c", "d", "b"], ["e", "e"]]
    assert circles({"a": "c", "b": "b", "c": "c"}) == [["b", "b"], ["c", "c"]], "in declared order, whoever leads there"
    ring = {f"m{n}": f"m{(n - 1) % 5000}" for n in range(5000)}
    (found,) = circles(ring)
    assert (found[0], found[-1], len(found)) == ("m0", "m0", 5001)
