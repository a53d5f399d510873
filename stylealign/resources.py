"""What a job asks of the machine: memory and minutes that grow with each attempt, up to a cap; threads; a GPU.

Numbers were measured on the default study (32 px, on a CPU) and grow with pixels and channels; caps keep an escalation
below what a cluster's partition allows, since a request beyond it is refused for ever.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stylealign.errors import ConfigError

MEM_CAP_MB = 128_000
RUNTIME_CAP_MIN = 7 * 24 * 60

_SMALL_PX = 64
_SMALL_JOB_MB = 1_000
_JUDGE_MB = 2_500  # Python, torch, a step's activations and the labels of tens of thousands of images
_TRANSLATION_MB = 3_000  # Python, torch, two or three models, judges and what they see
_PUBLISHED_CLIP_MB = 2_500  # a ViT-B in float32, twice while it is read, and a batch's activations
_KID_RESAMPLES, _KID_BLOCK_ROWS = 200, 512  # as in metrics/kid.py
_BASE_MB = 1_500  # Python, torch, a small network, and the two Snakemakes around a job on a cluster (350)
_MB_PER_PIXEL_CHANNEL = 0.001  # activations of a training step: channels x pixels x batch, both networks, both passes


def escalated(base: float, attempt: int, cap: int) -> int:
    """``base`` times the attempt, at most ``cap``."""
    assert min(base, attempt) > 0, (base, attempt)
    return min(round(base * attempt), cap)


def mem_mb(base: float, attempt: int) -> int:
    """Memory in MB at an attempt (1, 2, ...)."""
    return escalated(base, attempt, MEM_CAP_MB)


def runtime_min(base: float, attempt: int) -> int:
    """Wall clock in minutes at an attempt."""
    return escalated(base, attempt, RUNTIME_CAP_MIN)


def training_mem_mb(resolution: int, batch_size: int, channel_base: int, budget_gb: float) -> float:
    """Memory a training needs at its first attempt, in MB: networks, a step's activations, images up to the budget."""
    images = min(budget_gb * 1024, resolution**2 * 3 * 70_000 / 2**20)  # an image set of FFHQ's size at most
    return _BASE_MB + resolution * channel_base * batch_size * _MB_PER_PIXEL_CHANNEL + images


def features_mem_mb(num_gen: int, num_real: int, num_features: int) -> float:
    """Memory to compare features, in MB: float32, float64 and a centred copy; KID's weights and blocks."""
    features = (num_gen + num_real) * num_features * (4 + 8 + 8) + 4 * 8 * num_features**2
    weights = (num_gen + num_real) * _KID_RESAMPLES * (8 + 8)
    blocks = 4 * 8 * _KID_BLOCK_ROWS * max(num_gen, num_real)
    return _SMALL_JOB_MB + (features + weights + blocks) / 2**20


def judge_mem_mb(num_images: int, resolution: int) -> float:
    """Memory to train a judge, in MB: region maps, read whole and split, and pixels of the held-out images."""
    return _JUDGE_MB + num_images * resolution**2 * (1 + 1 + 3) / 2**20


def conv_channels(resolution: int, channel_base: int, channel_max: int) -> int:
    """Style channels of the convolutions of a generator: what has a channel map."""
    sizes = [1 << power for power in range(2, resolution.bit_length())]
    widths = [min(channel_base // size, channel_max) for size in sizes]
    return sum(widths) + sum(widths[:-1])  # conv1 of every resolution; conv0 of all but the first


def maps_mem_mb(num_images: int, num_channels: int, grid: int, budget_gb: float) -> float:
    """Memory of channel maps, in MB: two bytes a cell (twice while they are gathered), and the derivatives' budget."""
    return _BASE_MB + 1024 * budget_gb + 2 * num_images * num_channels * grid**2 * 2 / 2**20


def inversion_mem_mb(resolution: int, batch_size: int, channel_base: int) -> float:
    """Memory to find codes of a batch, or to train an encoder, in MB: activations of G, and the judge beside it."""
    return max(_TRANSLATION_MB, _BASE_MB + resolution * channel_base * batch_size * _MB_PER_PIXEL_CHANNEL)


def adaptation_mem_mb(resolution: int, num_codes: int, channel_base: int, num_published: int) -> float:
    """Memory to adapt a model, in MB: a training step's activations for so many codes, and the published CLIPs."""
    step = resolution * channel_base * num_codes * _MB_PER_PIXEL_CHANNEL
    return judging_mem_mb(_TRANSLATION_MB + step, num_published)


def judging_mem_mb(base: float, num_published: int) -> float:
    """Memory of a job that needs ``base`` MB with small judges, in MB: the published CLIPs among them beside it."""
    return base + num_published * _PUBLISHED_CLIP_MB


def adaptation_runtime_min(iterations: int, resolution: int, on_gpu: bool) -> float:
    """Minutes an adaptation may take at its first attempt, generously (300 at 1024 px took 3 on the paper's V100)."""
    sec_per_iteration = 0.2 if on_gpu else 0.5 * max(resolution / 32, 1)
    return 30 + 2 * iterations * sec_per_iteration / 60


def translation_mem_mb(num_images: int, resolution: int) -> float:
    """Memory of translations that are held at once, in MB: their pixels, and a copy of some while they are judged."""
    return _TRANSLATION_MB + 1.5 * num_images * resolution**2 * 3 / 2**20


def training_threads(resolution: int, on_gpu: bool) -> int:
    """CPU threads of a training: two trainings of one thread beat one of two while images are small."""
    return 1 if resolution <= _SMALL_PX and not on_gpu else 4


def training_runtime_min(total_kimg: float, resolution: int, on_gpu: bool) -> float:
    """Minutes a training may take at its first attempt, generously."""
    sec_per_kimg = 15.0 * (resolution / 32) ** 2 / (20.0 if on_gpu else 1.0)
    return 30 + total_kimg * sec_per_kimg / 60


def wants_gpu(device: str, present: bool) -> bool:
    """Whether jobs that train or render ask for a GPU: ``auto`` does where one is present."""
    return device == "cuda" or (device == "auto" and present)


def overridden(settings: Mapping[str, Mapping[str, Any]], rule: str, resource: str) -> int:
    """What Snakemake's ``--set-resources`` gives ``rule`` of ``resource``, 1 where it gives nothing.

    Raises :class:`ConfigError` unless it is a whole number of at least 1, known before any job is.
    """
    found = dict(settings.get(rule, {}).items()).get(resource, 1)
    text = str(getattr(found, "raw", found))  # Snakemake wraps it; as written, also where it is an expression
    if not text.isdecimal() or int(text) < 1:
        raise ConfigError([f"{rule}: {resource} must be a whole number of at least 1, not {text}"], "set-resources")
    return int(text)


def gpu_is_present(device_files: Path = Path("/dev")) -> bool:
    """Whether this machine has a CUDA device, seen without torch."""
    return (device_files / "nvidiactl").exists() or (device_files / "dxg").exists()
