"""What passes: absorption by all that lies in the beam, and fringes where it is out of focus."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from diffrendergan.rendering.transmission.chords import Chords
from diffrendergan.rendering.transmission.crystals import Crystals
from diffrendergan.rendering.transmission.rules import RULES


@dataclass(frozen=True, eq=False)
class InTheBeam:
    """What lies in the beam of each pixel, as tensors; see `Chords` and `Crystals`.

    Attributes
    ----------
    pixels, particles : torch.Tensor
        int32 (K,); particles are counted from 0.
    lengths : torch.Tensor
        float32 (K,), in diameters of a particle of size 1.
    shares, bands : torch.Tensor
        float32 (K,).
    orientation : torch.Tensor
        float32 (n,), by particle.
    thickness : torch.Tensor
        float32 (S, S): of all together, the mean over each pixel [px].
    """

    pixels: torch.Tensor
    particles: torch.Tensor
    lengths: torch.Tensor
    shares: torch.Tensor
    bands: torch.Tensor
    orientation: torch.Tensor
    thickness: torch.Tensor

    @classmethod
    def of(cls, chords: Chords, crystals: Crystals, diameter: float, pixels_per_unit: float) -> InTheBeam:
        """Return the tensors of a constellation.

        Parameters
        ----------
        chords : Chords
        crystals : Crystals
        diameter : float
            Of a particle of size 1 [scene units].
        pixels_per_unit : float
            Magnification [px per scene unit].
        """
        return cls(
            torch.from_numpy(chords.pixels),
            torch.from_numpy(chords.particles - 1),
            torch.from_numpy((chords.lengths / diameter).astype(np.float32)),
            torch.from_numpy(chords.shares),
            torch.from_numpy(crystals.bands),
            torch.from_numpy(crystals.orientation),
            torch.from_numpy(chords.thickness() * np.float32(pixels_per_unit)),
        )

    def to(self, device: torch.device | str) -> InTheBeam:
        """Return the same on a device."""
        return InTheBeam(**{name: tensor.to(device) for name, tensor in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Absorption:
    """How materials absorb in one image.

    Attributes
    ----------
    mu, spread, bend : torch.Tensor
        Shape (M,), by material; see `config.material.AbsorptionConfig`.
    """

    mu: torch.Tensor
    spread: torch.Tensor
    bend: torch.Tensor


def transmitted(beam: InTheBeam, absorption: Absorption, material_of: torch.Tensor) -> torch.Tensor:
    """Return the share of the beam that passes each pixel (S, S), differentiably in the absorption.

    The share of a pixel that a particle leaves free lets all pass; where several lie over each other, shares multiply.

    Parameters
    ----------
    beam : InTheBeam
    absorption : Absorption
    material_of : torch.Tensor
        int64 (n,): the material of each particle.
    """
    owner = beam.particles.long()
    material = material_of[owner]
    diffracting = absorption.spread[material] * beam.orientation[owner] + absorption.bend[material] * beam.bands
    depth = absorption.mu[material] * torch.exp(diffracting) * beam.lengths
    full = beam.shares == 1
    stopped = -torch.expm1(-torch.where(full, torch.zeros_like(depth), depth))
    logarithm = torch.where(full, -depth, torch.log1p(-(beam.shares * stopped).clamp_max(1 - RULES.clear)))
    total = torch.zeros(beam.thickness.numel(), dtype=depth.dtype, device=depth.device)
    return torch.exp(total.index_add(0, beam.pixels.long(), logarithm)).view(beam.thickness.shape)


def softened(thickness: torch.Tensor, width_px: torch.Tensor, widest_px: float) -> torch.Tensor:
    """Return a thickness (S, S) softened by a Gaussian, differentiably in its width; beyond the edges it goes on.

    Parameters
    ----------
    thickness : torch.Tensor
        Shape (S, S).
    width_px : torch.Tensor
        Standard deviation, above 0 [px].
    widest_px : float
        The largest it can have, which sets how far is looked.
    """
    reach = max(1, math.ceil(RULES.reach * widest_px))
    away = torch.arange(-reach, reach + 1, dtype=thickness.dtype, device=thickness.device)
    kernel = torch.exp(-0.5 * (away / width_px.clamp_min(RULES.narrowest_px)) ** 2)
    kernel = kernel / kernel.sum()
    wide = torch.nn.functional.pad(thickness[None, None], (reach,) * 4, mode="replicate")
    rows = torch.nn.functional.conv2d(wide, kernel.view(1, 1, -1, 1))
    return torch.nn.functional.conv2d(rows, kernel.view(1, 1, 1, -1))[0, 0]


def fringed(passing: torch.Tensor, thickness: torch.Tensor, defocus_px: torch.Tensor) -> torch.Tensor:
    """Return an image out of focus, differentiably in it and in the defocus: fringes at edges.

    By the transport of intensity, I + defocus · ∇·(I ∇t): under focus, what passes is spread from thicker parts to
    thinner ones, and nothing is lost. Where hardly anything is absorbed, this is I + defocus · ∇²t.

    Parameters
    ----------
    passing : torch.Tensor
        I, shape (S, S).
    thickness : torch.Tensor
        t, shape (S, S) [px].
    defocus_px : torch.Tensor
        Path out of focus times how much faster waves run in the particles [px]; above 0 under focus.

    Source: M. R. Teague, Deterministic phase retrieval: a Green's function solution (1983).
    """
    change = torch.zeros_like(passing)
    for axis in (0, 1):
        before, after = (passing.narrow(axis, start, passing.shape[axis] - 1) for start in (0, 1))
        flow = (before + after) / 2 * torch.diff(thickness, dim=axis)
        nothing = torch.zeros_like(passing.narrow(axis, 0, 1))
        change = change + torch.diff(torch.cat([nothing, flow, nothing], axis), dim=axis)
    return passing + defocus_px * change
