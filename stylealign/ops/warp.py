"""Bilinear warping, twice differentiable by construction: four gathers and arithmetic.

``F.grid_sample`` has no second derivative in torch, and R1 differentiates the discriminator's gradient through ADA's
warp, so this is the warp of every path that a gradient penalty crosses. Positions are in pixels: the centre of the
pixel in row i and column j is at (x, y) = (j, i). Outside the image there is zero.

Legend: N images, C channels, H x W input size, h x w output size.
"""

import torch


def affine_positions(matrix: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Where each output pixel looks: ``matrix`` [N, 2, 3] applied to its (x, y, 1); -> [N, height, width, 2] pixels."""
    x = torch.arange(width, dtype=matrix.dtype, device=matrix.device)
    y = torch.arange(height, dtype=matrix.dtype, device=matrix.device)
    along_x = matrix[:, None, None, :, 0] * x[None, None, :, None]  # [N, 1, w, 2]
    along_y = matrix[:, None, None, :, 1] * y[None, :, None, None]  # [N, h, 1, 2]
    return along_x + along_y + matrix[:, None, None, :, 2]  # [N, h, w, 2]


def bilinear_warp(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """``x`` [N, C, H, W] read at ``positions`` [N, h, w, 2] (x, y in pixels), zero outside; -> [N, C, h, w].

    Equal to ``F.grid_sample(mode="bilinear", padding_mode="zeros")``; differentiable any number of times in ``x``,
    and in ``positions`` wherever bilinear interpolation is.
    """
    num, channels, height, width = x.shape
    out_height, out_width = positions.shape[1:3]
    corner = positions.detach().floor()  # [N, h, w, 2]
    fraction = positions - corner  # [N, h, w, 2]
    pixels = x.flatten(2)  # [N, C, H*W]
    warped = x.new_zeros([num, channels, out_height * out_width])
    for step_y, weight_y in ((0, 1 - fraction[..., 1]), (1, fraction[..., 1])):
        for step_x, weight_x in ((0, 1 - fraction[..., 0]), (1, fraction[..., 0])):
            column, row = corner[..., 0] + step_x, corner[..., 1] + step_y  # [N, h, w]
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            index = row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1).long()
            weight = (weight_x * weight_y * inside).to(x.dtype).flatten(1)[:, None]  # [N, 1, h*w]
            warped = warped + pixels.gather(2, index.flatten(1)[:, None].expand(-1, channels, -1)) * weight
    return warped.unflatten(2, (out_height, out_width))
