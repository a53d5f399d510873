"""Requests grow with the attempt and the work, and never beyond their caps."""

import pytest
from snakemake.resources import Resources

from stylealign import resources
from stylealign.errors import ConfigError
from stylealign.resources import overridden


@pytest.mark.parametrize("request_of", [resources.mem_mb, resources.runtime_min])
def test_requests_grow_with_the_attempt_up_to_the_cap(request_of):
    cap = resources.MEM_CAP_MB if request_of is resources.mem_mb else resources.RUNTIME_CAP_MIN
    assert [request_of(1000, attempt) for attempt in (1, 2, 3)] == [1000, 2000, 3000]
    assert request_of(1000, 10**6) == cap
    assert isinstance(request_of(10.6, 1), int)


def test_small_images_train_with_one_thread_each():
    assert resources.training_threads(32, on_gpu=False) == 1
    assert resources.training_threads(64, on_gpu=False) == 1
    assert resources.training_threads(256, on_gpu=False) > 1
    assert resources.training_threads(32, on_gpu=True) > 1


def test_training_asks_for_more_as_it_grows():
    small = resources.training_mem_mb(32, 16, 1024, 2.0)
    paper = resources.training_mem_mb(256, 32, 32768, 2.0)
    assert 1000 < small < 3000
    assert paper > 50_000
    assert resources.training_runtime_min(40, 32, False) < resources.training_runtime_min(80, 32, False)
    assert resources.training_runtime_min(40, 64, True) < resources.training_runtime_min(40, 64, False)


def test_a_gpu_is_asked_for_where_there_is_one(tmp_path):
    assert not resources.gpu_is_present(tmp_path)
    (tmp_path / "nvidiactl").touch()
    assert resources.gpu_is_present(tmp_path)
    assert resources.wants_gpu("cuda", present=False)
    assert resources.wants_gpu("auto", present=True)
    assert not resources.wants_gpu("auto", present=False)
    assert not resources.wants_gpu("cpu", present=True)


def test_measures_ask_for_more_as_their_images_grow():
    default = resources.features_mem_mb(4000, 10_000, 256)
    published = resources.features_mem_mb(50_000, 70_000, 2048)
    assert 1000 < default < 2000
    assert 6_000 < published < 20_000
    assert resources.features_mem_mb(50_000, 70_000, 4096) > published


def test_a_judge_asks_for_more_as_its_images_grow():
    default = resources.judge_mem_mb(50_000, 32)
    assert 2_500 < default < 4_000
    assert resources.judge_mem_mb(50_000, 256) > 15_000


@pytest.mark.parametrize("shape", [(16, 256, 16), (32, 1024, 64), (256, 32768, 512), (1024, 16384, 512)])
def test_conv_channels_are_those_of_the_generator(shape):
    from stylealign.networks.stylespace import style_layers

    counted = sum(layer.channels for layer in style_layers(*shape) if layer.kind != "torgb")
    assert resources.conv_channels(*shape) == counted


def test_memory_of_channel_maps_grows_with_images_channels_cells_and_the_budget():
    small = resources.maps_mem_mb(200, 416, 32, 1.0)
    assert 2000 < small < 4000
    for more in ((400, 416, 32, 1.0), (200, 832, 32, 1.0), (200, 416, 64, 1.0), (200, 416, 32, 2.0)):
        assert resources.maps_mem_mb(*more) > small


def test_translations_are_held_with_their_pixels():
    """500 sources with 10 references each, at 512 px: 4 GB of pixels."""
    assert resources.translation_mem_mb(5000, 512) - resources.translation_mem_mb(0, 512) > 5000 * 512**2 * 3 / 2**20
    assert resources.translation_mem_mb(500, 32) < 3_100


def test_an_inversions_memory_grows_with_what_is_in_a_batch():
    small = resources.inversion_mem_mb(32, 16, 1024)
    assert small == resources.translation_mem_mb(0, 32)
    large = resources.inversion_mem_mb(256, 16, 16384)
    assert large > 60_000
    assert resources.inversion_mem_mb(256, 8, 16384) < large


def test_what_a_profile_gives_a_rule_is_read_as_written():
    asked = Resources.from_mapping({"processes": 2, "gpu": "2 * attempt"})
    settings = {"train": asked}
    assert overridden(settings, "train", "processes") == 2
    assert overridden(settings, "train", "nodes") == overridden(settings, "judge", "processes") == 1
    assert overridden({"train": Resources.from_mapping({"processes": "3"})}, "train", "processes") == 3
    with pytest.raises(ConfigError, match=r"gpu must be a whole number of at least 1, not 2 \* attempt"):
        overridden(settings, "train", "gpu")
    with pytest.raises(ConfigError, match="processes must be a whole number of at least 1, not 0"):
        overridden({"train": {"processes": 0}}, "train", "processes")


def test_published_clips_are_held_beside_all_else():
    """With Python and torch a job that reads a ViT-B/32 was seen to hold 2,060 MB; 350 are Snakemake's around it."""
    assert resources.judging_mem_mb(2000, 0) == 2000
    assert resources.judging_mem_mb(2000, 1) > 2060 + 350
    two = resources.judging_mem_mb(2000, 2) - resources.judging_mem_mb(2000, 1)
    assert two > 2 * 605, "a second one is in memory twice while it is read"
    assert resources.adaptation_mem_mb(32, 2, 1024, 2) - resources.adaptation_mem_mb(32, 2, 1024, 0) == 2 * two
