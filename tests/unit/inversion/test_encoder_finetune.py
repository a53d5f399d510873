"""Rows of encoder_finetune from planted courses."""

import math
import subprocess
import sys

import pytest

from stylealign.errors import TableError
from stylealign.inversion.encoder_finetune import encoder_finetune_rows
from stylealign.tables import ENCODER_COURSE, ENCODER_FINETUNE, to_frame, write_table

LOSSES = ("pixel", "perceptual", "code", "offset", "adversarial")


def course(folder, name, distances, kimg=None):
    losses = {f"loss_{loss}": float("nan") for loss in LOSSES}
    rows = [
        {"kimg": at, "distance": distance, "distance_low": distance - 0.1, "distance_high": distance + 0.2}
        | {"num_images": 64, **losses}
        for at, distance in zip(kimg or range(len(distances)), distances, strict=True)
    ]
    write_table(folder / f"{name}.parquet", ENCODER_COURSE, rows, {})
    return folder / f"{name}.parquet"


def rows_of(courses):
    rows = encoder_finetune_rows("dog", "face", courses, judge="embedded", seed=3)
    to_frame(ENCODER_FINETUNE, rows)  # they fit the declared table
    return {(row["space"], row["start"]): row for row in rows}


def test_the_goal_is_the_random_starts_best(tmp_path):
    rows = rows_of(
        {
            ("w", "parent"): course(tmp_path, "a", [0.6, 0.45, 0.4, 0.35]),
            ("w", "random"): course(tmp_path, "b", [0.9, 0.7, 0.5, 0.4, 0.42]),
        }
    )
    about = {"model": "dog", "parent": "face", "space": "w", "start": "parent", "judge": "embedded", "seed": 3}
    course_of = {"kimg": 3, "distance_first": 0.6, "distance_last": 0.35, "kimg_to_random": 2, "num_images": 64}
    interval = {"distance_low": pytest.approx(0.25), "distance_high": pytest.approx(0.55)}
    assert rows["w", "parent"] == about | course_of | interval
    assert rows["w", "random"]["kimg_to_random"] == 3  # its own best, which is not its last
    assert rows["w", "random"]["distance_last"] == 0.42


def test_a_start_that_is_better_from_the_beginning_arrives_at_once(tmp_path):
    courses = {("z", "random"): course(tmp_path, "b", [0.9, 0.5]), ("z", "parent"): course(tmp_path, "a", [0.3, 0.2])}
    assert rows_of(courses)["z", "parent"]["kimg_to_random"] == 0


def test_a_start_that_never_arrives_says_so(tmp_path):
    courses = {("z", "random"): course(tmp_path, "b", [0.9, 0.5]), ("z", "parent"): course(tmp_path, "a", [0.8, 0.7])}
    assert math.isnan(rows_of(courses)["z", "parent"]["kimg_to_random"])


def test_every_space_has_its_own_goal(tmp_path):
    courses = {
        ("w", "random"): course(tmp_path, "w_random", [0.9, 0.4]),
        ("w", "parent"): course(tmp_path, "w_parent", [0.7, 0.5, 0.3], [0, 0.5, 1.5]),
        ("z", "random"): course(tmp_path, "z_random", [0.9, 0.6]),
        ("z", "parent"): course(tmp_path, "z_parent", [0.7, 0.5, 0.3], [0, 0.5, 1.5]),
    }
    rows = rows_of(courses)
    assert (rows["w", "parent"]["kimg_to_random"], rows["z", "parent"]["kimg_to_random"]) == (1.5, 0.5)


def test_without_the_random_start_there_is_no_goal(tmp_path):
    with pytest.raises(TableError, match="no course of dog's encoder into w from random weights"):
        rows_of({("w", "parent"): course(tmp_path, "a", [0.5])})
    with pytest.raises(TableError, match=r"b\.parquet: .* has no rows"):
        rows_of({("w", "random"): course(tmp_path, "b", [])})


def test_no_torch_is_loaded():
    code = "import sys, stylealign.inversion.encoder_finetune; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
