"""What the teacher of a self-training says of crops: the moving average of the student, seen in two mirrors."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from diffrendergan.runs.device import mixed_precision
from diffrendergan.segmentation.unet.checkpoint import Weights
from diffrendergan.segmentation.unet.losses import CLASSES
from diffrendergan.segmentation.unet.network import normalise

MIRRORS = ((-1,), (-2,))
"""Axes along which crops are mirrored; the mean over both is what is taught."""


class Targets(NamedTuple):
    """What is to be learned of each pixel."""

    classes: Tensor
    """The likeliest class, int64 (B, H, W)."""
    distances: Tensor
    """(B, H, W) in [0, 1]."""
    sure: Tensor
    """Where the class is sure enough to be learned, and with it the distance: bool (B, H, W)."""


@torch.no_grad()
def teach(network: nn.Module, average: Weights, images: Tensor, confidence: float) -> Targets:
    """Return the targets of crops.

    The network has no normalisation with memory, so that with the same weights teacher and student agree.

    Parameters
    ----------
    network
        The student; only its form is used.
    average
        The teacher's weights, on the same device.
    images
        (B, 1, H, W) in [0, 1], on that device.
    confidence
        Least probability of a class to be learned.
    """
    pixels = normalise(images)
    total = images.new_zeros((len(images), CLASSES + 1, *images.shape[-2:]))
    for axes in MIRRORS:
        with mixed_precision(images.device):
            outputs = functional_call(network, average, (pixels.flip(axes),)).float()
        told = torch.cat([outputs[:, :CLASSES].softmax(dim=1), outputs[:, CLASSES:].sigmoid()], dim=1)
        total += told.flip(axes)
    probability, classes = (total[:, :CLASSES] / len(MIRRORS)).max(dim=1)
    return Targets(classes, total[:, CLASSES] / len(MIRRORS), probability >= confidence)
