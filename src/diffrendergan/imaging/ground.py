"""The ground under the particles: the slot between render and operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import torch

from diffrendergan.rendering.protocol import BufferName, ParameterSpec


class Ground(Protocol):
    """Gives the picture of the ground without any particle; shadows and particles are laid over it.

    A generator of dirt and damage with weights of its own would be one more: it draws from `rng`, is differentiable,
    and asks for the buffers of what it sticks to.
    """

    @property
    def columns(self) -> tuple[ParameterSpec, ...]:
        """Its columns of θ."""
        ...

    @property
    def buffers(self) -> tuple[BufferName, ...]:
        """Names of the buffers it asks for."""
        ...

    @property
    def recorded(self) -> bool:
        """Whether it is a picture as a microscope recorded it, with blur and noise of its own."""
        ...

    def draw(
        self,
        empty: torch.Tensor,
        learned: Sequence[torch.Tensor],
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> torch.Tensor:
        """Return grounds.

        Parameters
        ----------
        empty : torch.Tensor
            The rendered stage without particles, shape (B, H, W).
        learned : sequence of torch.Tensor
            Values of `columns`, shape (B,) each.
        buffers : mapping
            Those of `buffers`, shape (B, H, W) each.
        rng : torch.Generator, optional
            Source of randomness; None gives torch's default.

        Returns
        -------
        torch.Tensor
            Shape (B, H, W).
        """
        ...

    def source(self, rng: torch.Generator) -> str | None:
        """Return the scan whose ground `draw` gives the first image of this source of randomness; None if of none."""
        ...

    def shaded(self, through: torch.Tensor, learned: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return how much of the ground is seen (B, H, W), with shadows of its own beside the rendered ones."""
        ...


class FlatGround:
    """The stage as the renderer draws it: flat, shaded by the particles, of one material (the paper's)."""

    columns: tuple[ParameterSpec, ...] = ()
    buffers: tuple[BufferName, ...] = ()
    recorded = False

    def draw(
        self,
        empty: torch.Tensor,
        learned: Sequence[torch.Tensor],
        buffers: Mapping[BufferName, torch.Tensor],
        rng: torch.Generator | None,
    ) -> torch.Tensor:
        """Return the stage as it is."""
        return empty

    def source(self, rng: torch.Generator) -> str | None:
        """Return None: it is of no scan."""
        return None

    def shaded(self, through: torch.Tensor, learned: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return it as it is."""
        return through


FLAT = FlatGround()
