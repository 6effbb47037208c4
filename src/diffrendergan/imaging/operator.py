"""What an operator is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import torch

from diffrendergan.imaging.resampling import Shift
from diffrendergan.imaging.spectrum import Frequencies
from diffrendergan.rendering.protocol import BufferName

OverGround = Literal["all", "spreads", "particles", "detector", "noise", "recorded"]
"""What an operator does over a ground that is a picture, and has its own blur and noise (`imaging.composite`).

`all`: it acts on the whole image. `spreads`: it moves light about, so it acts on particles and shadows; it is linear.
`particles`: on particles alone. `detector`: by the share of each pixel that is not ground. `noise`: so that with the
ground's own noise, which shadows weaken, the variance is that of the operator. `recorded`: it is given the brightness
as a multiple of that of the open ground, and returns by how much the ground's noise, which goes on there, is stronger.
"""


@dataclass(frozen=True)
class Inputs:
    """What an operator is given for a batch of B images.

    Attributes
    ----------
    images : torch.Tensor
        What the links before it made, shape (B, H, W).
    values : mapping
        Each parameter of its section by name, fixed or learned alike: one value per image, shape (B,).
    largest : mapping
        The largest size, without its sign, that each parameter can have: it sets the width of kernels without a look
        at `values`, which may lie on a GPU.
    buffers : mapping
        The buffers it asked for, shape (B, H, W) each (`rendering.buffers`).
    rng : torch.Generator, optional
        Source of randomness; None gives torch's default.
    """

    images: torch.Tensor
    values: Mapping[str, torch.Tensor]
    largest: Mapping[str, float]
    buffers: Mapping[BufferName, torch.Tensor]
    rng: torch.Generator | None = None


@dataclass(frozen=True)
class PointSpread:
    """Blurs all of an image alike; point spreads that follow each other share one pass through the spectrum.

    Attributes
    ----------
    transfer : callable
        Returns what the spectrum is multiplied with, real (B, h, w/2 + 1).
    reach_px : callable
        Returns the largest standard deviation of the spread [px], from `Inputs.largest`.
    """

    transfer: Callable[[Inputs, Frequencies], torch.Tensor]
    reach_px: Callable[[Mapping[str, float]], float]


@dataclass(frozen=True)
class Displacement:
    """Moves what is shown; labels go with it.

    Attributes
    ----------
    shift : callable
        Returns from where pixels are taken.
    """

    shift: Callable[[Inputs], Shift]


Act = Callable[[Inputs], torch.Tensor] | PointSpread | Displacement
"""What an operator does: returns images (B, H, W), or is one of the kinds that are applied together."""


@dataclass(frozen=True)
class Operator:
    """A known operator after the render, differentiable in its parameters.

    Attributes
    ----------
    field : str
        The field of `ImagingConfig` that holds its parameters: a section, or a single parameter. The order of the
        fields is the order of the chain.
    act : callable, PointSpread or Displacement
        What it does.
    buffers : tuple of str
        What it needs to know of the scene.
    over_ground : str
        What it does over a ground that is a picture.
    """

    field: str
    act: Act
    buffers: tuple[BufferName, ...] = ()
    over_ground: OverGround = "all"
