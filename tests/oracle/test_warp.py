"""The warp against torch's own (which has no second derivative), and its derivatives against finite differences."""

import torch
import torch.nn.functional as F

from stylealign.ops.warp import affine_positions, bilinear_warp


def _positions(num, height, width, reach, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    positions = torch.rand([num, height, width, 2], generator=generator, dtype=dtype)
    return (positions * 2 - 0.5) * reach


def _normalised(positions, height, width):
    size = torch.tensor([width, height], dtype=positions.dtype)
    return (positions + 0.5) * 2 / size - 1


def test_equals_grid_sample_inside_outside_and_across_the_border():
    x = torch.randn([3, 4, 9, 13], generator=torch.Generator().manual_seed(1))
    positions = _positions(3, 7, 5, 13)
    expected = F.grid_sample(x, _normalised(positions, 9, 13), mode="bilinear", align_corners=False)
    outside = ((positions < -1) | (positions > 13)).any(3)
    assert outside.any()
    assert not outside.all()
    torch.testing.assert_close(bilinear_warp(x, positions), expected, atol=2e-5, rtol=0)


def test_first_gradients_equal_grid_sample():
    x = torch.randn([2, 3, 8, 8], generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    positions = _positions(2, 6, 6, 8, dtype=torch.float64).requires_grad_()
    weight = torch.randn([2, 3, 6, 6], generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    ours = torch.autograd.grad((bilinear_warp(x, positions) * weight).sum(), [x, positions])
    twin = F.grid_sample(x, _normalised(positions, 8, 8), mode="bilinear", align_corners=False)
    theirs = torch.autograd.grad((twin * weight).sum(), [x, positions])
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)


def test_differentiable_twice_in_images_and_positions():
    x = torch.randn([2, 2, 5, 4], generator=torch.Generator().manual_seed(3), dtype=torch.float64, requires_grad=True)
    positions = _positions(2, 3, 3, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(bilinear_warp, [x, positions])
    assert torch.autograd.gradgradcheck(bilinear_warp, [x, positions])


def test_whole_positions_read_pixels():
    x = torch.arange(12.0).view(1, 1, 3, 4)
    positions = torch.tensor([[[[0.0, 0.0], [3.0, 2.0], [1.0, 2.0], [4.0, 0.0]]]])
    assert bilinear_warp(x, positions).flatten().tolist() == [0, 11, 9, 0]


def test_affine_positions_are_the_matrix_times_each_index():
    matrix = torch.randn([2, 2, 3], generator=torch.Generator().manual_seed(4))
    positions = affine_positions(matrix, 3, 5)
    for n in range(2):
        for i in range(3):
            for j in range(5):
                torch.testing.assert_close(positions[n, i, j], matrix[n] @ torch.tensor([j, i, 1.0]))
