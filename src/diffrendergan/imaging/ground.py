"""The ground under the particles: the slot between render and operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch

from diffrendergan.rendering.protocol import BufferName


class Ground(Protocol):
    """Puts a ground under rendered particles, before any operator blurs or adds noise.

    Attributes
    ----------
    buffers : tuple of str
        What it needs to know of the scene; `coverage` tells how much of each pixel the particles fill.
    """

    @property
    def buffers(self) -> tuple[BufferName, ...]:
        """Names of the buffers it asks for."""
        ...

    def under(
        self, radiance: torch.Tensor, buffers: Mapping[BufferName, torch.Tensor], rng: torch.Generator | None
    ) -> torch.Tensor:
        """Return radiance (B, H, W) with the ground in place of, or upon, the rendered stage."""
        ...


class FlatGround:
    """The stage as the renderer draws it: flat, shaded by the particles, of one material (the paper's)."""

    buffers: tuple[BufferName, ...] = ()

    def under(
        self, radiance: torch.Tensor, buffers: Mapping[BufferName, torch.Tensor], rng: torch.Generator | None
    ) -> torch.Tensor:
        """Return the radiance as it is."""
        return radiance
