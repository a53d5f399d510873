"""Channel maps of one model: where each style channel acts in each image (StyleAlign, A.9; figure ``channel_maps``).

The derivatives are those of :mod:`stylealign.alignment.channel_derivatives`; here they are measured for the study-wide
z, image by image, and stored. Every finished image is a file in a private folder until all are there, so a killed job
loses one image, and the images of a model may be split among jobs. Reading needs no torch.

Legend: n images, C convolution channels, g cells of the grid, R pixels.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import TableError
from stylealign.locks import FolderLock
from stylealign.networks.stylespace import StyleLayer, channel_name
from stylealign.provenance import canonical_json, text_digest
from stylealign.reading import Unreadable, read_npz
from stylealign.signals import stop_at_once
from stylealign.writing import write_npz, write_text

if TYPE_CHECKING:
    from torch import Tensor

    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

RECIPE = 1  # counts changes of what a finished image holds: images of another recipe are not resumed from
OF = "of.json"  # says beside finished images what they are of
LEVELS = 65535  # a map is kept in uint16, 65535 being its maximum

PER_IMAGE = ("maps", "scale", "pixels")
SHARED = ("columns", "channel_names", "paper_index", "digest", "protocol")


@dataclass(frozen=True)
class ChannelMaps:
    """The maps of n images of one model, and the images."""

    maps: np.ndarray  # uint16 [n, C, g, g]
    scale: np.ndarray  # float32 [n, C] a map's maximum
    pixels: np.ndarray  # uint8 [n, R, R, 3]
    columns: np.ndarray  # int32 [C] of s
    channel_names: tuple[str, ...]  # b16.conv1:12
    paper_index: tuple[str, ...]  # 6_12
    first: int  # index of the first image in the study's z
    digest: str  # of the generator's weights
    protocol: str

    def values(self, i: int) -> np.ndarray:
        """The maps of image ``i``: float32 [C, g, g], change of the image (in [-1, 1]) per unit of the channel."""
        return self.maps[i] * (self.scale[i] / np.float32(LEVELS))[:, None, None]


def measure_channel_maps(
    g_ema: Path,
    output: Path,
    *,
    first: int,
    num_images: int,
    truncation_psi: float,
    grid: int,
    seed: int,
    num_total: int,
    memory_budget_gb: float,
    state: Path,
    device: str,
) -> None:
    """Write the maps of images ``first`` to ``first + num_images`` of the study's ``num_total`` z to ``output`` (npz).

    Finished images wait in the private folder ``state``, which is removed when ``output`` is there. A job that was
    killed resumes from them and writes the same bytes; images of other weights or settings are never used.

    Raises:
        CheckpointError: ``g_ema`` is absent or damaged.
        ResumeError: another process works in ``state``.
        InterruptedRun: a signal asked to stop; every finished image is kept.
        ValueError: the grid does not divide the image.
    """
    import torch

    from stylealign.checkpoint import load_generator
    from stylealign.latents import sample_z

    assert 0 <= first <= num_total - num_images, (first, num_images, num_total)
    with stop_at_once(f"{output}"), FolderLock(state):
        G, card = load_generator(g_ema, device)
        z = sample_z(num_total, G.z_dim, seed, "family")[first : first + num_images]  # [n, z_dim]
        setting = Setting(truncation_psi, min(grid, G.img_resolution), memory_budget_gb)
        folder = _own_folder(state, setting, card.digest, seed, G.mapping.w_avg.device.type)
        files = [folder / f"{first + i:06d}.npz" for i in range(num_images)]
        log.info("%d of %d images are finished already", sum(path.exists() for path in files), num_images)
        with torch.inference_mode():
            for i in _logged(num_images):
                if _read_finished(files[i]) is None:
                    write_npz(files[i], _measure(G, z[i : i + 1], setting))
        write_npz(output, _joined(files) | _described(G.style_layers, first, card.digest, setting.protocol))
        shutil.rmtree(state)


@dataclass(frozen=True)
class Setting:
    """What decides the maps of a model."""

    truncation_psi: float
    grid: int
    memory_budget_gb: float  # how many channels are summed together moves the last bits

    @property
    def protocol(self) -> str:
        return f"psi{self.truncation_psi:g}-const-noise-grid{self.grid}"


def _own_folder(state: Path, setting: Setting, digest: str, seed: int, device: str) -> Path:
    """The folder of finished images of this run, made; images of another run beside it are named and not used."""
    own = asdict(setting) | {"digest": digest, "seed": seed, "device": device, "recipe": RECIPE}
    folder = state / text_digest(canonical_json(own))
    for other in sorted(state.glob(f"*/{OF}")):
        if other.parent != folder:
            log.warning("%s: finished images of another run are not used (%s)", state, _differences(other, own))
    write_text(folder / OF, canonical_json(own))
    return folder


def _differences(other: Path, own: Mapping[str, object]) -> str:
    try:
        theirs = dict(json.loads(other.read_text(encoding="utf-8")))
    except ValueError:
        return f"{other} cannot be read"
    changed = {key: theirs.get(key) for key in own if theirs.get(key) != own[key]}
    return f"{json.dumps(changed)}; this run: {json.dumps({key: own[key] for key in changed})}"


def _logged(num: int) -> Iterator[int]:
    """0 .. num - 1, with a line at every tenth part."""
    for i in range(num):
        yield i
        if (i + 1) * 10 // num > i * 10 // num:
            log.info("channel maps: %d of %d images", i + 1, num)


def _measure(G: "Generator", z: "Tensor", setting: Setting) -> dict[str, np.ndarray]:
    """What is kept of the image of z [1, z_dim]: its maps and itself, alone so that no neighbour moves a last bit."""
    from stylealign.alignment.channel_derivatives import channel_maps
    from stylealign.images import to_hwc, to_pixels

    s = G.styles(G.mapping(z.to(G.mapping.w_avg.device), truncation_psi=setting.truncation_psi))  # [1, num_styles]
    (maps,) = channel_maps(G, s, grid=setting.grid, memory_budget_gb=setting.memory_budget_gb)  # [C, g, g]
    kept, scale = _quantised(maps.float().cpu().numpy())
    return {"maps": kept, "scale": scale, "pixels": to_hwc(to_pixels(G.synthesis(s, noise_mode="const")))[0]}


def _read_finished(path: Path) -> dict[str, np.ndarray] | None:
    """A finished image; None where there is none, or one cut short."""
    if not path.exists():
        return None
    try:
        return read_npz(path, *PER_IMAGE)
    except Unreadable as error:
        log.warning("%s: measuring a damaged image again (%s)", path, error)
        return None


def _quantised(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 [C, g, g] to uint16 [C, g, g] and the scale, float32 [C]."""
    scale = maps.max((1, 2))
    step = np.where(scale > 0, scale, 1)[:, None, None] / np.float32(LEVELS)
    return np.rint(maps / step).astype(np.uint16), scale


def _described(layers: list[StyleLayer], first: int, digest: str, protocol: str) -> dict[str, np.ndarray]:
    """What a file says of its channels and of how it was made."""
    channels = [(layer, i) for layer in layers if layer.kind != "torgb" for i in range(layer.channels)]
    columns = [layer.offset + i for layer, i in channels]
    return {
        "columns": np.array(columns, np.int32),
        "channel_names": np.array([f"{layer.name}:{i}" for layer, i in channels]),
        "paper_index": np.array([channel_name(layers, column) for column in columns]),
        "first": np.array(first),
        "digest": np.array(digest),
        "protocol": np.array(protocol),
    }


def _joined(files: Sequence[Path]) -> dict[str, np.ndarray]:
    """All finished images, each array with a leading [n]."""
    joined: dict[str, np.ndarray] = {}
    for i, path in enumerate(files):
        image = _read_finished(path)
        assert image is not None, path
        for name, array in image.items():
            joined.setdefault(name, np.empty([len(files), *array.shape], array.dtype))[i] = array
    return joined


def load_channel_maps(paths: Sequence[Path]) -> ChannelMaps:
    """The maps of one model from its shards' files, in any order.

    Raises:
        TableError: a file is not one of channel maps; shards of other weights or settings; images absent or twice.
    """
    shards = sorted(((path, _load(path)) for path in paths), key=lambda named: named[1].first)
    for (path, shard), (next_path, following) in pairwise(shards):
        _check_neighbours(path, shard, next_path, following)
    _, head = shards[0]
    if len(shards) == 1:
        return head
    return replace(head, **{name: np.concatenate([getattr(shard, name) for _, shard in shards]) for name in PER_IMAGE})


def _check_neighbours(path: Path, shard: ChannelMaps, next_path: Path, following: ChannelMaps) -> None:
    for name in SHARED:
        if not np.array_equal(getattr(shard, name), getattr(following, name)):
            raise TableError(f"{path} and {next_path} differ in {name}; delete both and run again")
    reached = shard.first + len(shard.maps)
    if following.first != reached:
        raise TableError(
            f"{next_path} begins at image {following.first}, but {path} ends before image {reached}; name each shard "
            "of the model once, or delete both and run again"
        )


def _load(path: Path) -> ChannelMaps:
    try:
        npz = read_npz(path)
        names = (tuple(map(str, npz[name])) for name in ("channel_names", "paper_index"))
        arrays = (npz[name] for name in (*PER_IMAGE, "columns"))
        return ChannelMaps(*arrays, *names, int(npz["first"]), str(npz["digest"]), str(npz["protocol"]))
    except (Unreadable, KeyError) as error:
        raise TableError(f"{path} does not hold channel maps ({error}); delete it and run again") from error
