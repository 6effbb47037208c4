"""The Inception-v3 variant of 2015-12-05 that the FID is defined with, in plain torch.

It is the network of Szegedy et al. 2016 without the auxiliary head, with 1008 classes and with three
oddities of the TensorFlow graph that the published weights were trained in: average pools leave the
padding out of the mean, and the pool branch of the very last block takes the maximum. Names of modules
follow the published state dict, so that it loads strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 1008

Kernel = int | tuple[int, int]
Pool = Callable[[torch.Tensor], torch.Tensor]


class ConvUnit(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: Kernel, stride: int = 1, padded: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if padded and stride == 1 else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the three in order."""
        return F.relu(self.bn(self.conv(x)), inplace=True)


@dataclass(frozen=True)
class Unit:
    """One named convolution of a branch; padded to keep the size unless its stride is 2."""

    name: str
    outputs: int
    kernel: Kernel
    stride: int = 1


@dataclass(frozen=True)
class Branch:
    """A chain of convolutions on one input: first a pool, last a fork of parallel units, each optional."""

    chain: tuple[Unit, ...] = ()
    pool: Pool | None = None
    fork: tuple[Unit, ...] = ()


class Mixed(nn.Module):
    """Branches side by side, their outputs joined along the channels.

    Parameters
    ----------
    inputs : int
        Channels of the input.
    branches : sequence of Branch
        In the order of the output channels.
    """

    def __init__(self, inputs: int, branches: Sequence[Branch]) -> None:
        super().__init__()
        self.branches = tuple(branches)
        self.outputs = 0
        for branch in branches:
            channels = inputs
            for unit in branch.chain:
                self.add_module(unit.name, ConvUnit(channels, unit.outputs, unit.kernel, unit.stride))
                channels = unit.outputs
            for unit in branch.fork:
                self.add_module(unit.name, ConvUnit(channels, unit.outputs, unit.kernel, unit.stride))
            self.outputs += sum(unit.outputs for unit in branch.fork) or channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, `outputs`, H', W')."""
        return torch.cat([part for branch in self.branches for part in self._run(branch, x)], dim=1)

    def _run(self, branch: Branch, x: torch.Tensor) -> list[torch.Tensor]:
        if branch.pool is not None:
            x = branch.pool(x)
        for unit in branch.chain:
            x = self.get_submodule(unit.name)(x)
        return [self.get_submodule(unit.name)(x) for unit in branch.fork] or [x]


def average_pool(x: torch.Tensor) -> torch.Tensor:
    """Average 3×3 neighbours, without counting the padding."""
    return F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def max_pool(x: torch.Tensor) -> torch.Tensor:
    """Take the maximum of 3×3 neighbours, keeping the size."""
    return F.max_pool2d(x, 3, stride=1, padding=1)


def halving_pool(x: torch.Tensor) -> torch.Tensor:
    """Take the maximum of 3×3 neighbours at every second pixel."""
    return F.max_pool2d(x, 3, stride=2)


def _block_35(inputs: int, pooled: int) -> Mixed:
    """Blocks on the 35×35 grid."""
    return Mixed(inputs, (
        Branch((Unit("branch1x1", 64, 1),)),
        Branch((Unit("branch5x5_1", 48, 1), Unit("branch5x5_2", 64, 5))),
        Branch((Unit("branch3x3dbl_1", 64, 1), Unit("branch3x3dbl_2", 96, 3), Unit("branch3x3dbl_3", 96, 3))),
        Branch((Unit("branch_pool", pooled, 1),), pool=average_pool),
    ))  # fmt: skip


def _to_17(inputs: int) -> Mixed:
    """From the 35×35 grid to 17×17."""
    return Mixed(inputs, (
        Branch((Unit("branch3x3", 384, 3, 2),)),
        Branch((Unit("branch3x3dbl_1", 64, 1), Unit("branch3x3dbl_2", 96, 3), Unit("branch3x3dbl_3", 96, 3, 2))),
        Branch(pool=halving_pool),
    ))  # fmt: skip


def _block_17(inputs: int, inner: int) -> Mixed:
    """Blocks on the 17×17 grid, with 7×7 convolutions split in two."""
    row, column = (1, 7), (7, 1)
    return Mixed(inputs, (
        Branch((Unit("branch1x1", 192, 1),)),
        Branch((Unit("branch7x7_1", inner, 1), Unit("branch7x7_2", inner, row), Unit("branch7x7_3", 192, column))),
        Branch((
            Unit("branch7x7dbl_1", inner, 1),
            Unit("branch7x7dbl_2", inner, column),
            Unit("branch7x7dbl_3", inner, row),
            Unit("branch7x7dbl_4", inner, column),
            Unit("branch7x7dbl_5", 192, row),
        )),
        Branch((Unit("branch_pool", 192, 1),), pool=average_pool),
    ))  # fmt: skip


def _to_8(inputs: int) -> Mixed:
    """From the 17×17 grid to 8×8."""
    return Mixed(inputs, (
        Branch((Unit("branch3x3_1", 192, 1), Unit("branch3x3_2", 320, 3, 2))),
        Branch((
            Unit("branch7x7x3_1", 192, 1),
            Unit("branch7x7x3_2", 192, (1, 7)),
            Unit("branch7x7x3_3", 192, (7, 1)),
            Unit("branch7x7x3_4", 192, 3, 2),
        )),
        Branch(pool=halving_pool),
    ))  # fmt: skip


def _block_8(inputs: int, pool: Pool) -> Mixed:
    """Blocks on the 8×8 grid, with forked 3×3 convolutions."""
    row, column = (1, 3), (3, 1)
    return Mixed(inputs, (
        Branch((Unit("branch1x1", 320, 1),)),
        Branch((Unit("branch3x3_1", 384, 1),),
               fork=(Unit("branch3x3_2a", 384, row), Unit("branch3x3_2b", 384, column))),
        Branch((Unit("branch3x3dbl_1", 448, 1), Unit("branch3x3dbl_2", 384, 3)),
               fork=(Unit("branch3x3dbl_3a", 384, row), Unit("branch3x3dbl_3b", 384, column))),
        Branch((Unit("branch_pool", 192, 1),), pool=pool),
    ))  # fmt: skip


class FidInception(nn.Module):
    """Inception-v3 up to its last pool, as the FID uses it."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvUnit(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = ConvUnit(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = ConvUnit(32, 64, 3)
        self.Conv2d_3b_1x1 = ConvUnit(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvUnit(80, 192, 3, padded=False)
        self.Mixed_5b = _block_35(192, pooled=32)
        self.Mixed_5c = _block_35(256, pooled=64)
        self.Mixed_5d = _block_35(288, pooled=64)
        self.Mixed_6a = _to_17(288)
        self.Mixed_6b = _block_17(768, inner=128)
        self.Mixed_6c = _block_17(768, inner=160)
        self.Mixed_6d = _block_17(768, inner=160)
        self.Mixed_6e = _block_17(768, inner=192)
        self.Mixed_7a = _to_8(768)
        self.Mixed_7b = _block_8(1280, average_pool)
        self.Mixed_7c = _block_8(2048, max_pool)
        # The classifier is not used; it is here because the state dict has it.
        self.fc = nn.Linear(2048, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the `pool3` features, shape (B, 2048), of images (B, 3, 299, 299) in [−1, 1]."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(halving_pool(x)))
        x = halving_pool(x)
        for block in (self.Mixed_5b, self.Mixed_5c, self.Mixed_5d, self.Mixed_6a, self.Mixed_6b, self.Mixed_6c):
            x = block(x)
        for block in (self.Mixed_6d, self.Mixed_6e, self.Mixed_7a, self.Mixed_7b, self.Mixed_7c):
            x = block(x)
        return x.mean(dim=(2, 3))
