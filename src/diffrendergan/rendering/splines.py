"""Tables over one material parameter: where its knots lie, and the weight of each knot at a value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch

from diffrendergan.config.base import Learned, Parameter

SMALLEST_ALPHA = 1e-3
"""Mitsuba's lower bound of the GGX width α = max(SMALLEST_ALPHA, r²)."""

WIDEST_COAT, NARROWEST_COAT = 0.1, 0.001
"""GTR1 widths of a clearcoat of gloss 0 and 1; in between, the width is linear in the gloss."""


@dataclass(frozen=True)
class Table:
    """Values of a parameter at which something is tabulated.

    Attributes
    ----------
    parameter : str
        What varies along the table.
    widths : tuple of float
        Lobe widths α at the knots: r² of the roughness, the GTR1 width of the gloss; else values of the parameter.
    even_in : {"log width", "log value", "value"}
        In what knots are even: the logarithm of the lobe's width, in which lobes are smooth, that of the parameter, or
        the parameter itself.
    """

    parameter: str
    widths: tuple[float, ...]
    even_in: Literal["log width", "log value", "value"] = "log width"

    def __len__(self) -> int:
        """Return the number of knots."""
        return len(self.widths)

    def weights(self, value: torch.Tensor) -> torch.Tensor:
        """Return the cubic-spline weight of each knot.

        The not-a-knot spline through values f at the knots is linear in f, so its value is ``weights @ f`` for every
        pixel at once.

        Parameters
        ----------
        value : torch.Tensor
            Values of the parameter, shape (B,) or ().

        Returns
        -------
        torch.Tensor
            float32, shape (B, K) or (K,), differentiable in `value`; constant outside the knots.
        """
        if len(self) == 1:
            return torch.ones(*value.shape, 1, device=value.device)
        places = np.array(self.widths) if self.even_in == "value" else np.log(self.widths)
        low, high = float(places.min()), float(places.max())
        position = (self._place(value.double()).clamp(low, high) - places[0]) / (places[1] - places[0])
        interval = position.detach().floor().clamp(0, len(self) - 2).long()
        x = (position - interval)[..., None]
        c3, c2, c1, c0 = (power[interval] for power in _coefficients(len(self), value.device))
        return (((c3 * x + c2) * x + c1) * x + c0).float()

    def _place(self, value: torch.Tensor) -> torch.Tensor:
        if self.even_in == "value":
            return value
        if self.even_in == "log value":
            return value.log()
        if self.parameter == "roughness":
            return 2 * value.clamp_min(math.sqrt(SMALLEST_ALPHA)).log()
        return (WIDEST_COAT + (NARROWEST_COAT - WIDEST_COAT) * value).log()


def roughness_table(roughness: Parameter, count: int) -> Table:
    """Return the knots of the main specular lobe; one if roughness is fixed.

    Below √SMALLEST_ALPHA nothing changes, so no knot lies there.
    """
    ends = [max(SMALLEST_ALPHA, value**2) for value in _ends(roughness)]
    return Table("roughness", _even_in_log(ends, count))


def gloss_table(gloss: Parameter, count: int) -> Table:
    """Return the knots of the clearcoat lobe; one if its gloss is fixed."""
    ends = [WIDEST_COAT + (NARROWEST_COAT - WIDEST_COAT) * value for value in _ends(gloss)]
    return Table("clearcoat_gloss", _even_in_log(ends, count))


def even_table(parameter: str, value: Parameter, count: int) -> Table:
    """Return knots that are even in a parameter itself; one if it is fixed."""
    ends = _ends(value)
    return Table(parameter, tuple(np.linspace(*ends, count).tolist()) if len(ends) == 2 else ends, "value")


def log_table(parameter: str, value: Parameter, count: int) -> Table:
    """Return knots that are even in the logarithm of a parameter above 0; one if it is fixed."""
    return Table(parameter, _even_in_log(list(_ends(value)), count), "log value")


def _ends(value: Parameter) -> tuple[float, ...]:
    return value.learn if isinstance(value, Learned) else (float(value),)


def _even_in_log(ends: list[float], count: int) -> tuple[float, ...]:
    if ends[0] == ends[-1]:
        return (ends[0],)
    return tuple(float(width) for width in np.exp(np.linspace(math.log(ends[0]), math.log(ends[-1]), count)))


@lru_cache(maxsize=16)
def _coefficients(count: int, device: torch.device) -> torch.Tensor:
    """Return polynomial coefficients (4, K − 1, K) of the splines through the unit vectors, on a unit grid.

    Kept per device: copying them there anew at each step would make the host wait for a GPU.
    """
    from scipy.interpolate import CubicSpline

    return torch.from_numpy(np.ascontiguousarray(CubicSpline(np.arange(count), np.eye(count)).c)).to(device)
