"""A U-Net that also predicts the whole shape of each particle; without being asked for it, it is the U-Net it was."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from diffrendergan.segmentation.stars import RAYS
from diffrendergan.segmentation.unet.architecture import UNet

WIDTH = 64
"""Channels of the head."""
USUAL_PX = 12.0
"""Length of the rays of an untrained head [px]: a particle of the sizes that patches are scaled to."""
EAGERNESS = 10.0
"""So much faster than the rest of the network the head learns distances: it begins anew where the rest is trained."""
MOST_PX = 1024.0
"""No ray is longer [px]."""
HEAD = "2"
"""Names of the head's weights begin with it: it is the third part, after U-Net and heads of each pixel."""


class WholeShapes(nn.Sequential):
    """The plain network, and a head that reads its features at a quarter of the resolution.

    Parameters
    ----------
    plain : torch.nn.Sequential
        The U-Net and its heads of each pixel; their names and values are kept.
    """

    def __init__(self, plain: nn.Sequential) -> None:
        body, heads = plain
        assert isinstance(body, UNet) and body.quarter_channels is not None
        head = nn.Sequential(
            nn.Conv2d(body.quarter_channels, WIDTH, 3, padding=1),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=2, dilation=2),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(WIDTH, 1 + RAYS, 1),
        )
        read = head[-1]
        assert isinstance(read, nn.Conv2d)
        with torch.no_grad():
            # Distances begin nearly equal, at the usual length: what has to be learned is how they differ.
            read.weight[1:] *= 1 / EAGERNESS
            read.bias.zero_()  # type: ignore[union-attr]
        super().__init__(body, heads, head)

    def forward(self, images: Tensor, whole: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Return the outputs of each pixel (B, 4, H, W), and if asked for the stars (B, 1 + RAYS, H / 4, W / 4).

        The first channel of the stars is the logit of the object probability, the others are logarithms of distances
        [px].
        """
        body, heads, head = self
        assert isinstance(body, UNet)
        if not whole:
            result: Tensor = heads(body(images))
            return result
        features, quarter = body.with_quarter(images)
        raw = head(quarter)
        return heads(features), torch.cat([raw[:, :1], math.log(USUAL_PX) + EAGERNESS * raw[:, 1:]], dim=1)


def lengths_of(stars: Tensor) -> Tensor:
    """Return the distances (B, RAYS, h, w) [px] of stars (B, 1 + RAYS, h, w)."""
    return stars[:, 1:].clamp(max=math.log(MOST_PX)).exp()


def has_whole_shapes(network: nn.Module) -> bool:
    """Tell whether a network predicts whole shapes."""
    return isinstance(network, WholeShapes)
