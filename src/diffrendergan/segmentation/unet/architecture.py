"""The U-Net of residual units: MONAI's, by its names and order of drawing, without the import of MONAI.

MONAI imports all that it has, and pandas, matplotlib and much of SciPy with it, for one network: four seconds at the
start of each command that segments. Weights of either network load into the other, a seed draws the same weights for
both, and the outputs are equal bit by bit (tests/segmentation/unet/test_architecture.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_KERNEL = 3
_PADDING = _KERNEL // 2


class UNet(nn.Module):
    """A U-Net for images (B, 1, H, W); each level below the first halves their resolution.

    Parameters
    ----------
    outputs : int
        Channels of the output.
    channels : sequence of int
        Channels of the levels, at least two.
    residual_units : int
        Convolutions in each unit of the way down; with none, units are plain convolutions, without a path round them.
    """

    def __init__(self, outputs: int, channels: Sequence[int], residual_units: int) -> None:
        super().__init__()
        self.model = _level(1, outputs, channels, residual_units, top=True)
        deeper = len(channels) > 3
        self._quarter_channels = None if len(channels) < 3 else channels[1] + (channels[1] if deeper else channels[2])

    def forward(self, images: Tensor) -> Tensor:
        """Return the outputs (B, outputs, H, W)."""
        result: Tensor = self.model(images)
        return result

    @property
    def quarter_channels(self) -> int | None:
        """Channels of what `with_quarter` gives; None for a network of two levels, which has no such features."""
        return self._quarter_channels

    def with_quarter(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs as `forward` does, and features (B, quarter_channels, H / 4, W / 4).

        These are what the second level passes on upwards: its own, and what the levels below made of them.
        """
        down, around, up = self.model.children()
        first = down(images)
        second_down, second_around, second_up = next(around.children()).children()
        quarter = second_around(second_down(first))
        return up(torch.cat([first, second_up(quarter)], dim=1)), quarter


class _Skip(nn.Module):
    """What a module makes of its input, behind the input itself."""

    def __init__(self, submodule: nn.Module) -> None:
        super().__init__()
        self.submodule = submodule

    def forward(self, features: Tensor) -> Tensor:
        return torch.cat([features, self.submodule(features)], dim=1)


class _Residual(nn.Module):
    """Convolutions, and a path round them."""

    def __init__(self, inputs: int, outputs: int, stride: int, units: int, *, last_bare: bool = False) -> None:
        super().__init__()
        self.conv = nn.Sequential()
        for unit in range(units):
            bare = last_bare and unit == units - 1
            first = unit == 0
            self.conv.add_module(
                f"unit{unit}",
                _convolution(inputs if first else outputs, outputs, stride if first else 1, bare=bare),
            )
        self.residual: nn.Module = nn.Identity()
        if stride != 1:
            self.residual = nn.Conv2d(inputs, outputs, _KERNEL, stride, _PADDING)
        elif inputs != outputs:
            self.residual = nn.Conv2d(inputs, outputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        beside: Tensor = self.residual(features)
        result: Tensor = self.conv(features) + beside
        return result


def _level(inputs: int, outputs: int, channels: Sequence[int], units: int, *, top: bool = False) -> nn.Sequential:
    """Return a level and all below it. The lower ones come first: weights are drawn in the order of making."""
    here, below = channels[0], channels[1]
    inner: nn.Module
    if len(channels) > 2:
        inner, width = _level(here, here, channels[1:], units), here
    else:
        inner, width = _way_down(here, below, 1, units), below
    down = _way_down(inputs, here, 2, units)
    return nn.Sequential(down, _Skip(inner), _way_up(here + width, outputs, units, top))


def _way_down(inputs: int, outputs: int, stride: int, units: int) -> nn.Module:
    return _Residual(inputs, outputs, stride, units) if units else _convolution(inputs, outputs, stride)


def _way_up(inputs: int, outputs: int, units: int, top: bool) -> nn.Module:
    wider = _convolution(inputs, outputs, 2, transposed=True, bare=top and not units)
    return nn.Sequential(wider, _Residual(outputs, outputs, 1, 1, last_bare=top)) if units else wider


def _convolution(
    inputs: int, outputs: int, stride: int, *, transposed: bool = False, bare: bool = False
) -> nn.Sequential:
    """Return a convolution and, unless it is to be `bare`, what normalises and bends its outputs."""
    convolution: nn.Module
    if transposed:
        convolution = nn.ConvTranspose2d(inputs, outputs, _KERNEL, stride, _PADDING, output_padding=stride - 1)
    else:
        convolution = nn.Conv2d(inputs, outputs, _KERNEL, stride, _PADDING)
    made = nn.Sequential()
    made.add_module("conv", convolution)
    if not bare:
        bend = nn.Sequential()
        bend.add_module("N", nn.InstanceNorm2d(outputs, affine=True))
        bend.add_module("A", nn.LeakyReLU(inplace=True))
        made.add_module("adn", bend)
    return made
