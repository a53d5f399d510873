"""Where one channel's map falls in one image: the overlap score of StyleSpace, as StyleAlign uses it (A.9).

    OC(channel, region) = |{map > t} and region| / o^2,    t = percentile(map, 100 (1 - o / N))

A region of o cells is compared with about as many of the map's strongest cells. The square weighs precision: a map
that covers two regions, one inside the other, belongs to the smaller one.

The percentile (linear, as NumPy's) lies from the (o + 1)-th largest value up to, but not at, the o-th; so a cell is
above it exactly if it is above the (o + 1)-th largest, ties and all. That needs no arithmetic on the values: scores are
the same for a map's stored integer codes and for the values they stand for. (Of the map before it was stored, cells
that differ by less than 1 / 65535 of its maximum may have become equal.) A parser gives each cell one region, so one
comparison of each cell, with its own region's threshold, counts all regions at once.

Legend: n images, C channels, K regions, g x g = N cells of the grid, R pixels.
"""

import numpy as np

NOWHERE = -1  # the region of a channel that overlaps none


def regions_on_grid(regions: np.ndarray, grid: int, num_regions: int) -> np.ndarray:
    """Region ids ``regions`` [n, R, R] on a coarser grid: the most frequent of each block (the first, where equal)."""
    num, resolution = regions.shape[:2]
    assert resolution % grid == 0, (resolution, grid)
    block = resolution // grid
    if block == 1:
        return regions
    blocks = regions.reshape(num, grid, block, grid, block)
    votes = np.stack([(blocks == k).sum(axis=(2, 4), dtype=np.int32) for k in range(num_regions)])  # [K, n, g, g]
    return votes.argmax(0).astype(regions.dtype)


def overlap_cells(maps: np.ndarray, regions: np.ndarray, num_regions: int) -> np.ndarray:
    """Cells of each region that are above its threshold, whole numbers [C, K], of one image's ``maps`` [C, N].

    ``regions`` [N] holds the cells' region ids.
    """
    area = np.bincount(regions, minlength=num_regions)  # [K]
    rank = np.maximum(maps.shape[1] - 1 - area, 0)  # of the (o + 1)-th largest value, counted from the smallest
    limits = np.sort(maps, axis=1)[:, rank]  # [C, K]
    above = maps > limits[:, regions]  # [C, N]
    member = np.eye(num_regions, dtype=np.float32)[regions]  # [N, K]
    return above.astype(np.float32) @ member  # [C, K]


def strongest_region(cells: np.ndarray, area: np.ndarray) -> np.ndarray:
    """The region with the largest score, int16 [C], of ``cells`` [C, K] and ``area`` [K]; NOWHERE where all are 0.

    Of exactly equal scores n / o^2, the one with the larger n / o (the better covered), then the first.
    """
    scores = cells.astype(np.float64) / np.maximum(area, 1) ** 2  # [C, K], whole numbers divided once: ties are exact
    best = scores.max(1, keepdims=True)
    covered = np.where(scores == best, cells / np.maximum(area, 1), -1)
    return np.where(best[:, 0] > 0, covered.argmax(1), NOWHERE).astype(np.int16)


def dominant_regions(maps: np.ndarray, regions: np.ndarray, num_regions: int) -> np.ndarray:
    """The dominant region, int16 [n, C], of each channel in each image.

    ``maps`` [n, C, g, g] are the channels' maps, of any scale; ``regions`` [n, g, g] the region ids on the same grid.
    """
    dominant = np.empty(maps.shape[:2], np.int16)
    for image, (of_channels, ids) in enumerate(zip(maps, regions, strict=True)):
        cells = overlap_cells(of_channels.reshape(len(of_channels), -1), ids.ravel(), num_regions)
        dominant[image] = strongest_region(cells, np.bincount(ids.ravel(), minlength=num_regions))
    return dominant
