"""Figure few_shot: a line for each method and start, the claims as the table has them."""

import numpy as np
import pandas as pd
import pytest

from stylealign.figures import style
from stylealign.figures.few_shot import compose_few_shot, draw_few_shot
from stylealign.figures.few_shot_verdict import gains, pretraining, verdict

METHODS, STARTS = ("tgan", "tgan_ada"), ("parent", "catch_up")
NAN = float("nan")


def table(gained, nums=(10, 100), starts=STARTS, width=0.05):
    """FID 40 from the parent; ``gained[num]`` of each method by pre-training."""
    cells = [("none", 0, start, NAN) for start in ("parent", "adapted")]
    cells += [
        ("tgan" if not place else "tgan_ada", num, start, NAN if start == "parent" else gained[num][place])
        for place in range(2)
        for num in nums
        for start in starts
    ]
    rows = []
    for method, num, start, gain in cells:
        fid = 40 if np.isnan(gain) else 40 * (1 - gain)
        row = {"target": "cat", "method": method, "num_images": num, "start": start, "fid": fid}
        ends = (NAN, NAN) if method == "none" else (fid - 2, fid + 2)
        row |= {
            "fid_low": ends[0],
            "fid_high": ends[1],
            "gain": gain,
            "gain_low": gain - width,
            "gain_high": gain + width,
        }
        rows.append(row | {"num_seeds": 1 if method == "none" else 3, "protocol": "p", "judge": "embedded"})
    return pd.DataFrame(rows)


def texts(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def test_the_claims_hold_where_gains_are_largest_with_the_fewest():
    lines = verdict(table({10: (0.3, 0.2), 100: (0.05, 0.02)}))
    assert "10 images: FID 25.0% lower (lower in 2 of 2 methods, 2 beyond chance)" in lines[0]
    assert "100 images: FID 3.5% lower (lower in 2 of 2 methods, none beyond chance)" in lines[0]
    assert "helps with 10: holds; pre-training helps with 100: holds; and most with 10: holds (+21.5 ± 7.1" in lines[1]


@pytest.mark.parametrize(
    ("gained", "ending"),
    [
        (
            {10: (0.1, 0.1), 100: (0.2, 0.3)},
            "with 10: holds; pre-training helps with 100: holds; and most with 10: does not hold (-15.0 ± 7.1 points)",
        ),
        (
            {10: (0.17, 0.18), 100: (0.17, 0.16)},
            "with 10: holds; pre-training helps with 100: holds; and most with 10: does not hold (+1.0 ± 7.1 points)",
        ),
        (
            {10: (0.3, -0.1), 100: (-0.1, -0.1)},
            "helps with 100: does not hold; and most with 10: does not hold (+20.0 ± 7.1 points)",
        ),
        (
            {10: (0.1, 0.1), 100: (-0.5, 0.2)},
            "with 10: holds; pre-training helps with 100: does not hold; and most with 10: holds (+25.0 ± 7.1 points)",
        ),
    ],
)
def test_a_claim_that_fails_is_said_to_fail(gained, ending):
    assert verdict(table(gained))[1].endswith(ending)


def test_of_one_seed_nothing_is_said_of_most():
    one = table({10: (0.3, 0.2), 100: (0.05, 0.02)})
    one.loc[one["method"] == "tgan", ["gain_low", "gain_high"]] = NAN
    assert verdict(one)[1].endswith("and most with 10: cannot be said of one seed")


def test_the_papers_start_stands_for_pretraining_where_it_was_trained():
    both = table({10: (0.1, 0.1)}, nums=(10,), starts=("parent", "tuned"))
    assert pretraining(both) == "tuned"
    assert pretraining(table({10: (0.1, 0.1)}, nums=(10,))) == "catch_up"
    assert [gain.num_images for gain in gains(table({10: (0.1, 0.1), 100: (0, 0)}), "catch_up")] == [10, 100]
    assert "cannot be said" in verdict(table({10: (0.1, 0.1)}, nums=(10,), starts=("parent",)))[0]


def test_every_line_stands_with_its_number_and_its_images(samples):
    rows = table({10: (0.3, 0.2), 100: (0.05, 0.02)})
    pictures = {("tgan", 10, "catch_up"): samples["cat"], ("none", 0, "parent"): samples["dog"]}
    with style.applied():
        sheet = compose_few_shot(rows, pictures, METHODS, STARTS)
    said = texts(sheet)
    assert {"TGAN", "TGAN + ADA", "not trained", "10 training images", "100 training images"} <= set(said)
    assert said.count("28.0") == 1, "40 less 30 %"
    assert said.count("one model") == 2 * 2
    assert "26.0–30.0" in said
    assert len(sheet.figure.images) == 4 + 2 * 4, "what is not trained stands in both columns"
    assert len(sheet.figure.axes) == 2
    assert sheet.figure.axes[0].get_xlim() == sheet.figure.axes[1].get_xlim()


def test_equal_tables_give_equal_bytes_and_no_rows_are_said(samples, tmp_path):
    rows = table({10: (0.3, 0.2), 100: (0.05, 0.02)})
    for name in ("a", "b"):
        draw_few_shot(rows, {("tgan", 10, "parent"): samples["cat"]}, METHODS, STARTS, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with style.applied():
        empty = compose_few_shot(rows[:0], {}, METHODS, STARTS)
    assert any("No rows" in text for text in texts(empty))
