"""The size distribution of a scan, or of many together: corrected for the border and not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.sizes.bootstrap import Interval
from diffrendergan.sizes.distribution import SizeStatistics, size_statistics
from diffrendergan.sizes.fits import Fits, fit_distributions
from diffrendergan.sizes.uncertainty import Uncertainty, resample
from diffrendergan.sizes.units import Unit

Values = NDArray[np.float64]


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
    uncorrected_number: SizeStatistics
    uncorrected_area: SizeStatistics
    fits: Fits
    """Fitted with the weights."""
    uncertainty: Uncertainty

    @property
    def median(self) -> tuple[float, Interval | None]:
        """Median diameter and its confidence interval."""
        return self.number.d50, self.uncertainty.statistics.get("d50")

    def to_json(self) -> dict[str, Any]:
        """Return everything but the diameters as JSON values; names of lengths end with their unit."""
        mean_of_area = "d32"  # by definition, so that it is not said again
        return {
            "number_weighted": self._named(self.number),
            "area_weighted": self._named(self.area, mean_of_area),
            "uncorrected_number_weighted": self._named(self.uncorrected_number),
            "uncorrected_area_weighted": self._named(self.uncorrected_area, mean_of_area),
            "number_weighted_intervals": {
                f"{name}_{self.unit}": plain_interval(bounds) for name, bounds in self.uncertainty.statistics.items()
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

    def _named(self, statistics: SizeStatistics, without: str = "") -> dict[str, float | None]:
        values = statistics._asdict().items()
        return {f"{name}_{self.unit}": plain(value) for name, value in values if name != without}


def analyse_sizes(diameters: Values, weights: Values, unit: Unit, draws: int, seed: int, *purpose: str) -> Sizes:
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
    """
    whole = weights > 0
    diameters, weights = diameters[whole], weights[whole]
    fits = fit_distributions(diameters, weights)
    return Sizes(
        unit,
        diameters,
        weights,
        size_statistics(diameters, weights),
        size_statistics(diameters, weights, by_area=True),
        size_statistics(diameters),
        size_statistics(diameters, by_area=True),
        fits,
        resample(diameters, weights, fits, draws, seed, *purpose),
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
