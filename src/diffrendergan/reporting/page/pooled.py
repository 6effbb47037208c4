"""What all held-out scans together tell: sizes, predicted and annotated, how far both are apart, and thicknesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from diffrendergan.quantification.results import DRAWS, pool
from diffrendergan.reporting.figures.size_figures import size_comparison, size_histogram
from diffrendergan.reporting.figures.thickness_figures import ThicknessSpread, thickness_distributions
from diffrendergan.reporting.page.measured import MeasuredScan, Median, Side
from diffrendergan.sizes.sizes import Sizes
from diffrendergan.sizes.units import Unit


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
    unit = scans[0].scale.unit
    predicted = _together([scan.predicted for scan in scans], unit, seed)
    true = [scan.annotated for scan in scans if scan.annotated is not None]
    annotated = _together(true, unit, seed) if true else None
    distance = None
    if annotated is not None:
        distance = _distance(predicted.diameters, predicted.weights, annotated.diameters, annotated.weights)
    return SizeGroup(name, unit, tuple(_scan_sizes(scan) for scan in scans), predicted, annotated, distance)


def _together(sides: Sequence[Side], unit: Unit, seed: int) -> Sizes:
    return pool([side.diameter for side in sides], [side.border_weight for side in sides], unit, DRAWS, seed)


def _scan_sizes(scan: MeasuredScan) -> ScanSizes:
    found, true = scan.predicted, scan.annotated
    if true is None:
        return ScanSizes(scan.name, found.median, None, None)
    distance = _distance(found.diameter, found.border_weight, true.diameter, true.border_weight)
    return ScanSizes(scan.name, found.median, true.median, distance)


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
