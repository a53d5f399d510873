"""BiSeNet for faces, with the names and shapes of the face-parsing.PyTorch weights (``79999_iter.pth``).

A ResNet-18 whose eighths stand in for BiSeNet's spatial path; attention refinement of its sixteenths and thirty-seconds
from the whole downwards; a fusion of both; a head (two more serve training only, and are here for their weights).
Names and shapes follow the published code (MIT licence); which layers there are is BiSeNet's (arXiv 1808.00897).

Legend: N images, K classes; x8 means H/8 x W/8.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models import resnet18


class BiSeNet(nn.Module):
    """Normalised images [N, 3, H, W] to logits [N, K, H/8, W/8], whose corners lie on the image's corners."""

    def __init__(self, num_classes: int):
        super().__init__()
        self.cp = ContextPath()
        self.ffm = FeatureFusion(256, 256)
        self.conv_out = Head(256, 256, num_classes)
        self.conv_out16 = Head(128, 64, num_classes)  # of training
        self.conv_out32 = Head(128, 64, num_classes)  # of training

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spatial, context = self.cp(x)  # [N, 128, x8] both
        return self.conv_out(self.ffm(spatial, context))


class ConvBNReLU(nn.Module):
    """A convolution without bias, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, size: int = 3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, size, padding=size // 2, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)))


class Head(nn.Module):
    """Features to logits."""

    def __init__(self, in_channels: int, mid_channels: int, num_classes: int):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, mid_channels)
        self.conv_out = nn.Conv2d(mid_channels, num_classes, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv_out(self.conv(x))


class AttentionRefinement(nn.Module):
    """Channels weighed by what the whole image says of them."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = ConvBNReLU(in_channels, out_channels)
        self.conv_atten = nn.Conv2d(out_channels, out_channels, 1, bias=False)
        self.bn_atten = nn.BatchNorm2d(out_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        return x * self.bn_atten(self.conv_atten(_average(x))).sigmoid()


class FeatureFusion(nn.Module):
    """Spatial and context features side by side, their channels weighed anew."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.convblk = ConvBNReLU(in_channels, out_channels, size=1)
        self.conv1 = nn.Conv2d(out_channels, out_channels // 4, 1, bias=False)
        self.conv2 = nn.Conv2d(out_channels // 4, out_channels, 1, bias=False)

    def forward(self, spatial: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        x = self.convblk(torch.cat([spatial, context], 1))
        weights = self.conv2(F.relu(self.conv1(_average(x)))).sigmoid()  # [N, C, 1, 1]
        return x + x * weights


class ContextPath(nn.Module):
    """A ResNet-18, refined from the whole image down to x8."""

    def __init__(self) -> None:
        super().__init__()
        self.resnet = resnet18(weights=None)
        del self.resnet.avgpool, self.resnet.fc
        self.arm16 = AttentionRefinement(256, 128)
        self.arm32 = AttentionRefinement(512, 128)
        self.conv_head32 = ConvBNReLU(128, 128)
        self.conv_head16 = ConvBNReLU(128, 128)
        self.conv_avg = ConvBNReLU(512, 128, size=1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x8, x16, x32 = self._pyramid(x)  # 128, 256, 512 channels
        whole = self.conv_avg(_average(x32))  # [N, 128, 1, 1], the same everywhere
        down32 = self.conv_head32(_enlarged(self.arm32(x32) + whole, x16))  # [N, 128, x16]
        down16 = self.conv_head16(_enlarged(self.arm16(x16) + down32, x8))  # [N, 128, x8]
        return x8, down16

    def _pyramid(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        net = self.resnet
        x8 = net.layer2(net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(x))))))
        x16 = net.layer3(x8)
        return x8, x16, net.layer4(x16)


def _average(x: torch.Tensor) -> torch.Tensor:
    return x.mean([2, 3], keepdim=True)


def _enlarged(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, like.shape[2:], mode="nearest")
