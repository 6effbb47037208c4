"""The scan: lines that jump, sway and creep (`docs/imaging.md`)."""

from __future__ import annotations

import math

import torch

from diffrendergan.imaging.operator import Displacement, Inputs, Operator
from diffrendergan.imaging.resampling import Shift


def _shift(given: Inputs) -> Shift:
    """Return from where pixels are taken; jitter and phase are drawn only if they count."""
    images, values, largest = given.images, given.values, given.largest
    count, height, width = images.shape
    # Time runs from −½ to ½ while the image is scanned, so that its middle stays where it is.
    time = torch.linspace(-0.5, 0.5, height).to(images)[:, None]
    right = -values["drift_right_px"][:, None, None] * time
    if largest["jitter_px"] > 0:
        jumps = torch.randn((count, height, 1), generator=given.rng, dtype=images.dtype, device=images.device)
        right = right + values["jitter_px"][:, None, None] * jumps
    if largest["vibration_px"] > 0:
        phase = 2 * math.pi * torch.rand((count, 1, 1), generator=given.rng, dtype=images.dtype, device=images.device)
        rate = 2 * math.pi / values["vibration_lines"][:, None, None]
        # Of the sum of both phases, that at a line's start and that along it: few sines instead of one for each pixel.
        start = rate * torch.arange(height).to(images)[:, None] + phase
        along = rate * (torch.arange(width).to(images) / width)
        swing = start.sin() * along.cos() + start.cos() * along.sin()
        right = right + values["vibration_px"][:, None, None] * swing
    down = -values["drift_down_px"][:, None, None] * time if largest["drift_down_px"] > 0 else None
    return Shift(right, down)


OPERATOR = Operator("scan", Displacement(_shift))
