"""A channel's region in each model, from which the tables of semantic alignment follow; edits and their effects."""

import numpy as np
import pytest

from stylealign import tables

FACE_REGIONS, ANIMAL_REGIONS = ("eye", "ear", "mouth", "hair"), ("ear", "eye", "torso")
LAYERS = ("b4.conv1", "b8.conv0")


@pytest.fixture
def regions_of():
    """Each model's region of 24 channels ("" where localized to none); "skin" is not listed, eye is nobody's."""
    face = ["ear"] * 6 + ["mouth"] * 4 + ["hair"] * 8 + [""] * 6
    painting = [*face[:16], "", "ear", *face[18:]]
    dog = ["ear"] * 2 + ["torso"] * 3 + ["skin"] + [""] * 4 + ["ear"] * 5 + [""] * 9
    cat = [*dog[:14], *["torso"] * 2, *dog[16:]]
    stranger = [""] * 12 + ["mouth"] * 4 + ["ear"] * 8
    return {"face": face, "painting": painting, "dog": dog, "cat": cat, "stranger": stranger}


def _listed(model):
    return ANIMAL_REGIONS if model in ("dog", "cat") else FACE_REGIONS


def _overlap_row(names, shared, totals, chance, p_value):
    row = dict(zip(("parent_region", "child_region"), names, strict=True))
    row |= {"shared": shared, "parent_total": totals[0], "child_total": totals[1]}
    row |= {"expected_by_chance": chance / 2, "p_value": p_value, "expected_within_layers": chance}
    row |= {
        "p_within_layers": p_value,
        "low": shared - 1.0,
        "high": shared + 1.0,
        "share_kept": shared / (totals[0] or 1),
    }
    return row | {"excess_share": (shared - chance) / (totals[0] or 1)}


@pytest.fixture
def channel_overlap(regions_of, related, unrelated):
    """Every cell that shares two channels or more is sure; the loose rule counts twice as many in all."""
    common = {"num_channels": 24, "num_images": 40, "judge": "embedded", "protocol": "psi0.7", "seed": 0}
    common["parser_iou"] = 0.9
    rows = []
    for parent, child, relation in [*related, unrelated[0]]:
        pairs = list(zip(regions_of[parent], regions_of[child], strict=True))
        about = common | {"parent": parent, "child": child, "relation": relation}
        for a in _listed(parent):
            for b in _listed(child):
                shared, totals = pairs.count((a, b)), (regions_of[parent].count(a), regions_of[child].count(b))
                cell = _overlap_row((a, b), shared, totals, 0.5, 0.001 if shared > 1 else 0.5)
                rows.append(about | {"rule": "strict"} | cell)
        totals = [sum(name in _listed(model) for name in regions_of[model]) for model in (parent, child)]
        kept = sum(a == b and a in _listed(parent) for a, b in pairs)
        for rule, factor in {"strict": 1, "loose": 2}.items():
            counts = factor * kept, [factor * total for total in totals]
            p_value = 0.62 if relation == "unrelated" else 0.0004
            rows.append(about | {"rule": rule} | _overlap_row(("(listed)", "(same)"), *counts, 2.0, p_value))
    return tables.to_frame(tables.CHANNEL_OVERLAP, rows)


def _fate(region, later, model):
    if not later:
        return "inactive"
    return "retained" if later == region else "moved" if later in _listed(model) else "unlisted"


@pytest.fixture
def channel_fate(regions_of):
    rows = []
    for line in [("face", "painting"), ("face", "dog"), ("dog", "cat"), ("face", "dog", "cat")]:
        channels = [
            name for name in zip(*(regions_of[model] for model in line), strict=True) if name[0] in _listed(line[0])
        ]
        fates = [(first, *map(_fate, [first] * 2, later, line[1:]), "")[:3] for first, *later in channels]
        about = {"parent": line[0], "child": line[1], "grandchild": "".join(line[2:]), "num_images": 40}
        about |= {"parser_iou": 0.9, "protocol": "psi0.7"}
        for rule in ("strict", "loose"):
            for region, in_child, in_grandchild in sorted(set(fates)):
                row = {"region": region, "fate_in_child": in_child, "fate_in_grandchild": in_grandchild, "rule": rule}
                row["num_channels"] = fates.count((region, in_child, in_grandchild))
                row["parent_total"] = sum(fate[0] == region for fate in fates)
                rows.append(row | about | {"judge": "embedded", "seed": 0})
    return tables.to_frame(tables.CHANNEL_FATE, rows)


@pytest.fixture
def channels(regions_of):
    """Each model's table of channels; the later a channel, the clearer it is."""
    found = {}
    for model, regions in regions_of.items():
        rows = []
        for place, region in enumerate(regions):
            known = {"layer": LAYERS[place // 12], "channel": place % 12, "paper_index": f"{place // 12}_{place % 12}"}
            rates = {"rate": 0.76 + place / 100 if region else 0.4, "second_region": "hair", "second_rate": 0.1}
            listed = region in _listed(model)
            marks = {
                "localized": listed,
                "localized_loosely": listed,
                "listed": listed,
                "num_present": 40,
                "num_images": 40,
                "parser_iou": 0.9,
                "protocol": "psi0.7",
            }
            about = {"region": region or "hair", "rate_low": 0.5, "rate_high": 0.9, "judge": "embedded", "seed": 0}
            rows.append(known | rates | marks | about)
        found[model] = tables.to_frame(tables.CHANNELS, rows)
    return found


@pytest.fixture
def evidence(tmp_path, regions_of):
    """The evidence of every model: 3 examples at 16 px, quarters for regions, maps on a grid of 8 cells."""
    rng, paths = np.random.default_rng(2), {}
    quarters = np.kron([[0, 1], [2, 3]], np.ones([8, 8])).astype(np.uint8)
    regions = np.stack([np.zeros_like(quarters), quarters, quarters])
    for model in regions_of:
        paths[model] = tmp_path / f"evidence_{model}.npz"
        np.savez(
            paths[model],
            example_pixels=rng.integers(0, 256, [3, 16, 16, 3], dtype=np.uint8),
            example_regions=regions,
            example_maps=rng.random([3, 24, 8, 8]).astype(np.float16),
            region_names=np.array(_listed(model)),
            channel_names=np.array([f"{LAYERS[place // 12]}:{place % 12}" for place in range(24)]),
        )
    return paths


@pytest.fixture
def edited_images(tmp_path, parents):
    """manipulations.npz of every model: 3 edits of 2 codes at 4 strengths, 16 px."""
    rng, paths = np.random.default_rng(3), {}
    for model in parents:
        paths[model] = tmp_path / f"edited_{model}.npz"
        np.savez(
            paths[model],
            pixels=rng.integers(0, 256, [3, 2, 4, 16, 16, 3], dtype=np.uint8),
            edits=np.array(["coat_hue: 6_13 3_33 ...", "coat_hue: W", "a smile"]),
            kinds=np.array(["channels", "direction", "channel"]),
            attribute=np.array(["coat_hue", "coat_hue", ""]),
            strengths=np.array([3.0, 0.0, -3.0, 1.0]),
        )
    return paths


@pytest.fixture
def effect_agreement(related, unrelated):
    common = {"effect_in_parent": 0.5, "effect_in_child": 0.4, "strength": 3.0, "truncation_psi": 0.7, "num_z": 48}
    rows = []
    for parent, child, relation in [*related, unrelated[0]]:
        for attribute in ("coat_hue", "yaw_deg"):
            value = -0.004 if relation == "unrelated" else 0.8
            about = {"parent": parent, "child": child, "relation": relation, "attribute": attribute}
            about |= {
                "judge": "embedded",
                "judge_score": 0.2 if (attribute, child) == ("yaw_deg", "cat") else 0.9,
                "seed": 0,
            }
            for edits, edit, num in [
                ("channel", "3_1", 1),
                ("channels", "16", 16),
                ("direction", "x", 1),
                ("directions", "9", 9),
            ]:
                found = {"agreement": value, "low": value - 0.1, "high": value + 0.1, "num_edits": num}
                rows.append(about | common | found | {"edits": edits, "edit": edit})
    return tables.to_frame(tables.EFFECT_AGREEMENT, rows)
