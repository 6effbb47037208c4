"""What all held-out scans together tell: sizes, predicted and annotated, how far both are apart, and thicknesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from diffrendergan.quantification.particles import Particles
from diffrendergan.reporting.figures.size_figures import size_comparison, size_histogram
from diffrendergan.reporting.figures.thickness_figures import ThicknessSpread, thickness_distributions
from diffrendergan.reporting.page.measured import MeasuredScan
from diffrendergan.sizes.bootstrap import Interval
from diffrendergan.sizes.distribution import size_statistics
from diffrendergan.sizes.fits import Fits
from diffrendergan.sizes.sizes import Sizes, analyse_sizes
from diffrendergan.sizes.uncertainty import resample
from diffrendergan.sizes.units import Scale, Unit

DRAWS = 200
"""How often particles are drawn again for intervals and bands."""


@dataclass(frozen=True)
class Median:
    """Median diameter of the whole particles of one scan."""

    particles: int
    """Those that the border does not cut."""
    value: float
    """Corrected for the border; NaN without any particle."""
    interval: Interval | None
    """95 % interval; None for fewer than two particles."""


@dataclass(frozen=True)
class ScanSizes:
    """Sizes of one scan, in the unit of its group."""

    name: str
    predicted: Median
    annotated: Median | None
    distance: float | None
    """Wasserstein distance of both; None where a side has no whole particle."""


@dataclass(frozen=True, eq=False)
class SizeGroup:
    """Scans whose sizes can be put together: all in one unit, and all annotated or none."""

    name: str
    """Of its files."""
    unit: Unit
    scans: tuple[ScanSizes, ...]
    predicted: Sizes
    annotated: Sizes | None
    distance: float | None
    """Wasserstein distance of both distributions, in the unit; None where a side has no whole particle."""

    def figure(self) -> Figure:
        """Draw the predicted sizes, with the annotated ones beside them."""
        if self.annotated is None:
            return size_histogram(self.predicted, "Predicted")
        return size_comparison({"Predicted": self.predicted, "Annotated": self.annotated})


@dataclass(frozen=True, eq=False)
class ThicknessGroup:
    """Scans whose wires' local thickness is told in one unit."""

    name: str
    """Of its files."""
    unit: Unit
    spreads: tuple[ThicknessSpread, ...]

    def figure(self) -> Figure:
        """Draw the distribution in each scan."""
        return thickness_distributions(self.spreads, self.unit)


def pool_sizes(scans: Sequence[MeasuredScan], seed: int) -> tuple[SizeGroup, ...]:
    """Put the sizes of scans together where that is possible.

    Parameters
    ----------
    scans : sequence of MeasuredScan
    seed : int
        Of the project.

    Returns
    -------
    tuple of SizeGroup
        Annotated scans first, those with a scale before those without.
    """
    keys: list[tuple[bool, Unit]] = [(True, "nm"), (True, "px"), (False, "nm"), (False, "px")]
    members = {key: [scan for scan in scans if (scan.annotated is not None, scan.scale.unit) == key] for key in keys}
    present = [key for key in keys if members[key]]
    groups = []
    for annotated, unit in present:
        name = "sizes"
        name += "-px" if unit == "px" and any(other == "nm" for _, other in present) else ""
        name += "-unannotated" if not annotated and present[0][0] else ""
        groups.append(_pool(members[annotated, unit], name, seed))
    return tuple(groups)


def pool_thickness(scans: Sequence[MeasuredScan]) -> tuple[ThicknessGroup, ...]:
    """Put scans of wires together by unit, those with a scale first; empty where there are no wires."""
    units: list[Unit] = ["nm", "px"]
    wiry = [(scan.scale.unit, scan.spread) for scan in scans if scan.spread is not None]
    members = {unit: tuple(spread for other, spread in wiry if other == unit) for unit in units}
    return tuple(
        ThicknessGroup("thickness-px" if unit == "px" and members["nm"] else "thickness", unit, members[unit])
        for unit in units
        if members[unit]
    )


def _pool(scans: Sequence[MeasuredScan], name: str, seed: int) -> SizeGroup:
    predicted = _together([(scan.predicted, scan.scale) for scan in scans], seed, name, "predicted")
    true = [(scan.annotated, scan.scale) for scan in scans if scan.annotated is not None]
    annotated = _together(true, seed, name, "annotated") if true else None
    distance = None
    if annotated is not None:
        distance = _distance(predicted.diameters, predicted.weights, annotated.diameters, annotated.weights)
    rows = tuple(_scan_sizes(scan, seed) for scan in scans)
    return SizeGroup(name, scans[0].scale.unit, rows, predicted, annotated, distance)


def _together(sides: Sequence[tuple[Particles, Scale]], seed: int, *purpose: str) -> Sizes:
    diameters = np.concatenate([particles.diameter * scale.per_px for particles, scale in sides])
    weights = np.concatenate([particles.border_weight for particles, _ in sides])
    return analyse_sizes(diameters, weights, sides[0][1].unit, DRAWS, seed, "report", *purpose)


def _scan_sizes(scan: MeasuredScan, seed: int) -> ScanSizes:
    found, true, per_px = scan.predicted, scan.annotated, scan.scale.per_px
    predicted = _median(found, per_px, seed, scan.name, "predicted")
    if true is None:
        return ScanSizes(scan.name, predicted, None, None)
    annotated = _median(true, per_px, seed, scan.name, "annotated")
    distance = _distance(found.diameter * per_px, found.border_weight, true.diameter * per_px, true.border_weight)
    return ScanSizes(scan.name, predicted, annotated, distance)


def _median(particles: Particles, per_px: float, seed: int, *purpose: str) -> Median:
    whole = ~particles.touches_border
    diameters, weights = particles.diameter[whole] * per_px, particles.border_weight[whole]
    # No distribution is fitted to the few particles of one scan: that would take most of the report's time.
    drawn = resample(diameters, weights, Fits({}, None), DRAWS, seed, "report", *purpose)
    return Median(int(whole.sum()), size_statistics(diameters, weights).d50, drawn.statistics.get("d50"))


def _distance(
    first: NDArray[np.float64],
    first_weights: NDArray[np.float64],
    second: NDArray[np.float64],
    second_weights: NDArray[np.float64],
) -> float | None:
    """Return the Wasserstein-1 distance of two weighted distributions; None if one has no particle of any weight."""
    if not (first_weights.sum() > 0 and second_weights.sum() > 0):
        return None
    return float(wasserstein_distance(first, second, first_weights, second_weights))
