"""The size distribution of a scan, or of many together: corrected for the border and not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.sizes.bootstrap import Interval
from diffrendergan.sizes.distribution import SizeStatistics, Weighting, named, size_statistics
from diffrendergan.sizes.fits import Fits, fit_distributions
from diffrendergan.sizes.needed import Needed, needed_particles
from diffrendergan.sizes.rules import RULES
from diffrendergan.sizes.uncertainty import Uncertainty, resample
from diffrendergan.sizes.units import Unit

Values = NDArray[np.float64]

WIDTHS = ("span", "geometric_mean", "geometric_std")
LEFT_OUT: Mapping[Weighting, tuple[str, ...]] = {"number": (), "area": ("d32", "d43"), "volume": ("d32", "d43")}
"""Means that depend on no weighting are said of the particles only."""


@dataclass(frozen=True, eq=False)
class Sizes:
    """Diameters of the whole particles, in one unit, and what there is to say of them."""

    unit: Unit
    diameters: Values
    """Of particles that the border does not cut, shape (k,)."""
    weights: Values
    """How many particles each stands for, shape (k,)."""
    number: SizeStatistics
    """Each particle counts alike; corrected for the border."""
    area: SizeStatistics
    """Each particle counts by its area; corrected for the border."""
    volume: SizeStatistics
    """Each particle counts by the volume of the sphere of its diameter; corrected for the border."""
    uncorrected_number: SizeStatistics
    uncorrected_area: SizeStatistics
    fits: Fits
    """Fitted with the weights."""
    uncertainty: Uncertainty

    @property
    def median(self) -> tuple[float, Interval | None]:
        """Median diameter and its confidence interval."""
        return self.number.d50, self.uncertainty.interval("d50")

    @property
    def weighted(self) -> dict[Weighting, SizeStatistics]:
        """Statistics by weighting, corrected for the border."""
        return {"number": self.number, "area": self.area, "volume": self.volume}

    @property
    def needed(self) -> dict[str, Needed]:
        """How many particles means and median take; empty for too few to tell."""
        return needed_particles(self.diameters, self.weights, self.uncertainty.alike)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the diameters as JSON values; names of lengths end with their unit."""
        made = self.uncertainty.statistics
        return {
            **{f"{by}_weighted": self._named(values, LEFT_OUT[by]) for by, values in self.weighted.items()},
            "uncorrected_number_weighted": self._named(self.uncorrected_number, ("d43", *WIDTHS)),
            "uncorrected_area_weighted": self._named(self.uncorrected_area, ("d32", "d43", *WIDTHS)),
            **{f"{by}_weighted_intervals": self._intervals(made.get(by, {}), LEFT_OUT[by]) for by in self.weighted},
            "needed_particles": {
                "relative_half_width": RULES.wanted_half_width,
                "alike_within_scans": self.uncertainty.alike,
                **{name: needed.to_json() for name, needed in self.needed.items()},
            },
            "fits": {
                family: {"parameters": dict(fit.parameters), "aic": fit.aic, "bic": fit.bic, "ks": fit.ks}
                for family, fit in self.fits.all.items()
            },
            "parameters_unit": self.unit,
            "preferred_fit": self.fits.preferred,
            "preferred_fit_intervals": {
                name: plain_interval(bounds) for name, bounds in self.uncertainty.parameters.items()
            },
        }

    def _named(self, statistics: SizeStatistics, left_out: tuple[str, ...]) -> dict[str, float | None]:
        values = statistics._asdict().items()
        return {named(name, self.unit): plain(value) for name, value in values if name not in left_out}

    def _intervals(self, made: Mapping[str, Interval], left_out: tuple[str, ...]) -> dict[str, list[float | None]]:
        return {named(name, self.unit): plain_interval(made[name]) for name in made if name not in left_out}


def analyse_sizes(
    diameters: Values,
    weights: Values,
    unit: Unit,
    draws: int,
    seed: int,
    *purpose: str,
    scans: NDArray[np.int64] | None = None,
) -> Sizes:
    """Describe the sizes of particles.

    Parameters
    ----------
    diameters, weights : ndarray, shape (k,)
        Diameters, and Miles–Lantuéjoul weights; particles of weight 0 are cut by the border and left out.
    unit : {"nm", "px"}
        Of the diameters.
    draws : int
        How often the particles are drawn again for the confidence intervals.
    seed : int
        Of the command.
    *purpose : str
        What for, e.g. the name of the scan.
    scans : ndarray of int, shape (k,), optional
        The scan of each particle, where they are of several: these are then drawn, too.
    """
    whole = weights > 0
    groups = None if scans is None else scans[whole]
    diameters, weights = diameters[whole], weights[whole]
    fits = fit_distributions(diameters, weights)
    return Sizes(
        unit,
        diameters,
        weights,
        size_statistics(diameters, weights),
        size_statistics(diameters, weights, "area"),
        size_statistics(diameters, weights, "volume"),
        size_statistics(diameters),
        size_statistics(diameters, by="area"),
        fits,
        resample(diameters, weights, fits, draws, seed, *purpose, scans=groups),
    )


def plain(value: float) -> float | None:
    """Return a value for JSON, which knows no NaN."""
    return float(value) if math.isfinite(value) else None


def plain_interval(bounds: Interval) -> list[float | None]:
    """Return both bounds for JSON."""
    return [plain(bound) for bound in bounds]


def without_nan(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON values in which NaN became null."""
    return {key: plain(value) if isinstance(value, float) else value for key, value in values.items()}
