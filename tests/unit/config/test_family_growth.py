"""Planning a large family: the work grows with its models, not with their pairs (counts of calls, not seconds)."""

import importlib.util
import sys
from pathlib import Path

import pytest

from stylealign.config import inversion_plan, inversion_slices, plan, slices
from stylealign.config.load import parse_study
from stylealign.config.study import Study

ROOT = Path(__file__).resolve().parents[3]
OF_A_MODEL = (
    "training",
    "model_quality",
    "mapping_drift",
    "attribute_alignment",
    "channel_overlap",
    "effect_agreement",
)
TREE = 21  # models


@pytest.fixture(scope="module")
def family_size():
    spec = importlib.util.spec_from_file_location("family_size", ROOT / "benchmarks/family_size.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plan_everything(study: Study) -> None:
    """What the Snakefile asks for each job of a family."""
    for table in plan.tables(study):
        slices.table(study, table)
        plan.measured_models(study, table)
    for model in study.models:
        for name in OF_A_MODEL:
            getattr(slices, name)(study, model)
        plan.parsed_kin(study, model)
        plan.parsed_children(study, model)
        plan.training_priority(study, model)
    for model in inversion_plan.inverted_models(study):
        inversion_slices.inversion_quality(study, model)
    for direction in inversion_plan.directions(study):
        inversion_slices.translation(study, direction)


def count_calls(function, *arguments) -> int:
    calls = 0

    def watch(frame, event, _):
        nonlocal calls
        calls += event == "call" and "stylealign" in frame.f_code.co_filename

    sys.setprofile(watch)
    try:
        function(*arguments)
    finally:
        sys.setprofile(None)
    return calls


def test_a_family_has_roots_children_and_grandchildren_and_every_study(family_size):
    study = parse_study(family_size.study_of(2 * TREE), root=ROOT)
    assert len(study.models) == 2 * TREE
    parents = study.parents()
    generations = [0 if parent is None else 1 if parents[parent] is None else 2 for parent in parents.values()]
    assert [generations.count(depth) for depth in range(3)] == [2, 8, 32]
    default = parse_study(family_size.yaml.safe_load((ROOT / "config.yaml").read_text()), root=ROOT)
    assert plan.tables(study) == plan.tables(default)
    assert plan.figures(study) == plan.figures(default)


def test_four_times_the_models_is_about_four_times_the_work(family_size):
    small, large = (parse_study(family_size.study_of(num * TREE), root=ROOT) for num in (2, 8))
    growth = count_calls(plan_everything, large) / count_calls(plan_everything, small)
    assert growth < 5, f"{growth:.1f} times the calls for four times the models"
