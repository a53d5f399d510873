"""The slice a training gets: merged settings, what transfer changes, what is tracked and what is not."""

import pytest

from stylealign.config.load import parse_study
from stylealign.config.models import ResolvedModel, Training
from stylealign.provenance import canonical_json

WORLD = {"source": "world", "world": "face"}


def study(**changes):
    models = {
        "root": {"domain": "face", "total_kimg": 4},
        "child": {"domain": "face", "parent": "root", "total_kimg": 2, "training": {"lr": 0.001}},
    }
    return parse_study({"domains": {"face": WORLD}, "models": models, **changes})


def test_a_model_overrides_only_what_it_names():
    found = study(training={"batch_size": 8, "lr": 0.004})
    root, child = found.resolved_model("root"), found.resolved_model("child")
    assert (root.training.batch_size, root.training.lr) == (8, 0.004)
    assert (child.training.batch_size, child.training.lr) == (8, 0.001)


def test_a_child_has_no_rampup_and_quicker_augmentation_unless_told():
    found = study()
    root, child = found.resolved_model("root").training, found.resolved_model("child").training
    assert (root.ema_rampup, child.ema_rampup) == (0.05, None)
    assert (root.ada_kimg, child.ada_kimg) == (500, 100)
    own = {"ema_rampup": 0.1, "ada_kimg": 7}
    told = {
        "root": {"domain": "face", "total_kimg": 4},
        "child": {"domain": "face", "parent": "root", "total_kimg": 2, "training": own},
    }
    child = study(models=told).resolved_model("child").training
    assert (child.ema_rampup, child.ada_kimg) == (0.1, 7)


def test_tracked_and_untracked_make_the_model_again():
    model = study(device="cpu", training={"tensorboard": True, "checkpoint_kimg": 0.5}).resolved_model("child")
    assert ResolvedModel.joined(model.tracked(), model.untracked()) == model


@pytest.mark.parametrize(
    "change", [{"device": "cuda"}, {"training": {"tensorboard": True, "memory_budget_gb": 9, "checkpoint_kimg": 1}}]
)
def test_what_cannot_change_a_model_is_not_tracked(change):
    assert study(**change).resolved_model("root").tracked() == study().resolved_model("root").tracked()


@pytest.mark.parametrize(
    "key", sorted(set(Training.model_fields) - {"checkpoint_kimg", "from_rgb", "memory_budget_gb", "tensorboard"})
)
def test_every_other_setting_is_tracked(key):
    values = {
        "augment": "on",
        "mixed_precision": "off",
        "mirror": True,
        "reuse_fakes": True,
        "sample_kimg": [3],
        "snapshot_kimg": [3],
        "batch_size": 8,
        "num_images": 9,
        "correspondence": {"weight": 9},
    }
    changed = study(training={key: values.get(key, 0.125 if "interval" not in key and key != "freeze_d" else 2)})
    model = "child" if key in ("freeze_d", "catch_up_kimg", "correspondence") else "root"
    assert changed.resolved_model(model).tracked() != study().resolved_model(model).tracked()


def test_only_children_keep_layers_of_the_discriminator():
    found = study(training={"freeze_d": 3})
    assert (found.resolved_model("root").training.freeze_d, found.resolved_model("child").training.freeze_d) == (0, 3)


def test_a_model_that_is_not_trained_is_joined_without_settings_of_training():
    model = study().resolved_model("root")
    tracked = {name: value for name, value in model.tracked().items() if name != "training"}
    assert ResolvedModel.joined(tracked, model.untracked()).name == "root"


def test_a_tracked_slice_is_plain_json():
    text = canonical_json(study().resolved_model("child").tracked())
    assert '"checkpoint":null' in text
    assert '"parent":"root"' in text
