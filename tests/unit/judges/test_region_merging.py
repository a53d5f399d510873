"""Classes become regions: presets as published, order kept, and every mistake named with its key."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylealign.config.regions import PRESETS, Regions
from stylealign.errors import JudgeError
from stylealign.judges.bisenet import LABELS
from stylealign.judges.regions import merged
from stylealign.judges.upernet import HEADS

DATA_SET_ORDER = (
    *("background", "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear", "mouth", "u_lip"),
    *("l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth"),
)
GETMASK = {  # StyleSpace's GetMask.py: our number of each region, the classes of BiSeNet in it
    "background": {0},
    "skin": {1},
    "eyebrow": {2, 3},
    "eye": {4, 5},
    "ear": {7, 8},
    "nose": {10},
    "mouth": {11, 12, 13},
    "neck": {14},
    "cloth": {16},
    "hair": {17},
    "other": {6, 9, 15, 18},
}


def regions(**mapping) -> Regions:
    return Regions.read(mapping)


def test_the_celebamask_preset_is_the_published_merge() -> None:
    table, names = merged("p", Regions.read("celebamask-hq"), LABELS)
    assert names == tuple(GETMASK)
    assert {name: set(np.flatnonzero(table == place)) for place, name in enumerate(names)} == GETMASK


def test_the_preset_means_the_same_in_the_data_sets_own_order() -> None:
    assert sorted(DATA_SET_ORDER) == sorted(LABELS)
    of_network, of_masks = (merged("p", Regions.read("celebamask-hq"), labels) for labels in (LABELS, DATA_SET_ORDER))
    assert of_network[1] == of_masks[1]
    by_label = [dict(zip(*pair, strict=True)) for pair in ((LABELS, of_network[0]), (DATA_SET_ORDER, of_masks[0]))]
    assert by_label[0] == by_label[1]


@pytest.mark.parametrize("animal", ["dog", "cat"])
def test_the_animal_presets_are_the_parts_of_the_tables(animal: str) -> None:
    labels = ("background", *HEADS[animal].parts, "other")
    assert merged("p", Regions.read(f"broden-{animal}"), labels)[1] == labels == merged("p", None, labels)[1]
    assert ("muzzle" in PRESETS[f"broden-{animal}"]) == (animal == "dog")


def test_ids_and_labels_mix_and_the_order_is_the_configs() -> None:
    table, names = merged("p", regions(z=["d", 0], a=[1]), "abcd")
    assert names == ("z", "a", "other")
    assert table.tolist() == [0, 1, 2, 0]


def test_no_other_where_every_class_is_named_and_a_region_may_be_called_so() -> None:
    assert merged("p", regions(x=[0], y=[1]), "ab")[1] == ("x", "y")
    table, names = merged("p", regions(other=[0], y=[1]), "abc")
    assert (table.tolist(), names) == ([0, 1, 0], ("other", "y"))


def test_without_regions_every_label_is_one_and_equal_labels_unite() -> None:
    table, names = merged("p", None, ("wall", "other", "door", "wall"))
    assert names == ("wall", "door", "other")
    assert table.tolist() == [0, 2, 1, 0]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (regions(eye=["l_eye"], brow=[4]), r"judges\.p\.regions\.brow: class 4 \(l_eye\) belongs to eye already"),
        (regions(eye=["l_eye", "l_eye"]), "belongs to eye already"),
        (regions(eye=["left_eye"]), r"regions\.eye: no class is called 'left_eye'; did you mean 'l_eye'"),
        (regions(eye=[19]), r"regions\.eye: class 19: this parser's classes are 0 to 18"),
        (regions(eye=[-1]), "class -1"),
        (Regions.read([["eye", [4]], ["eye", [5]]]), r"regions\.eye: is given twice"),
    ],
)
def test_mistakes_name_the_key(wanted: Regions, message: str) -> None:
    with pytest.raises(JudgeError, match=message):
        merged("p", wanted, LABELS)


def test_more_regions_than_a_map_can_hold_are_refused() -> None:
    with pytest.raises(JudgeError, match="300 regions"):
        merged("p", None, [str(number) for number in range(300)])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_merging_is_the_slow_obvious_loop(owners: list[int]) -> None:
    """Region k holds the classes that drew k; those that drew 0 are not named."""
    wanted = [(str(k), tuple(place for place, owner in enumerate(owners) if owner == k)) for k in range(1, 7)]
    named = Regions((name, classes) for name, classes in wanted if classes)
    table, names = merged("p", named, [f"class {place}" for place in range(len(owners))])
    assert [names[region] for region in table] == [str(owner) if owner else "other" for owner in owners]
    assert ("other" in names) == (0 in owners)
