"""Seams: dark or bright lines where particles touch or hide each other (`docs/imaging.md`)."""

from __future__ import annotations

import math
from functools import partial

import torch

from diffrendergan.imaging.operator import Inputs, Operator
from diffrendergan.imaging.spectrum import Frequencies, blurred, gaussian_transfer, margin_of


def seams(labels: torch.Tensor, width: torch.Tensor, widest: float) -> torch.Tensor:
    """Return where particles border on others (B, H, W): 1 in the middle of a long seam, a Gaussian across it.

    Parameters
    ----------
    labels : torch.Tensor
        Integers, shape (B, H, W): 0 is ground.
    width : torch.Tensor
        Standard deviation of the profile [px], shape (B,); differentiable.
    widest : float
        No width is larger [px].
    """
    edge = torch.zeros(labels.shape, dtype=width.dtype, device=width.device)
    for axis in (1, 2):
        length = labels.shape[axis] - 1
        near, far = labels.narrow(axis, 0, length), labels.narrow(axis, 1, length)
        # The seam runs between two pixels: half of it in each.
        half = 0.5 * ((near != far) & (near > 0) & (far > 0)).to(width)
        for start in (0, 1):
            part = edge.narrow(axis, start, length)
            part.copy_(torch.maximum(part, half))
    variance = width[:, None, None] ** 2
    line = blurred(edge, [partial(_round, variance)], margin_of([widest]))
    return (line * (math.sqrt(2 * math.pi) * width[:, None, None])).clamp_max(1)


def _round(variance: torch.Tensor, frequencies: Frequencies) -> torch.Tensor:
    return gaussian_transfer(frequencies, variance, variance)


def _apply(given: Inputs) -> torch.Tensor:
    width, depth = given.values["width_px"], given.values["depth"]
    return given.images * (1 - depth[:, None, None] * seams(given.buffers["labels"], width, given.largest["width_px"]))


OPERATOR = Operator("seams", _apply, buffers=("labels",), over_ground="particles")
