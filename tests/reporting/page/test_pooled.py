from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.quantification.particles import measure_particles
from diffrendergan.reporting.figures.thickness_figures import ThicknessSpread
from diffrendergan.reporting.page.measured import MeasuredScan, Median, Side
from diffrendergan.reporting.page.pooled import pool_sizes, pool_thickness
from diffrendergan.sizes.sizes import analyse_sizes
from diffrendergan.sizes.units import scale_of


def side(labels: np.ndarray, size_nm: float | None) -> Side:
    found, per_px = measure_particles(labels, np.zeros(labels.shape)), scale_of(size_nm).per_px
    sizes = analyse_sizes(found.diameter * per_px, found.border_weight, "nm", 50, 0)
    median = Median(int((~found.touches_border).sum()), *sizes.median)
    return Side(found.label, found.area, found.diameter * per_px, found.border_weight, found.touches_border, median)


def squares(edge: int, size_nm: float | None) -> Side:
    """Return four whole squares and one that the border cuts."""
    labels = np.zeros((100, 100), np.int32)
    for number, (row, column) in enumerate([(10, 10), (10, 60), (60, 10), (60, 60), (0, 90)], 1):
        labels[row : row + edge, column : column + edge] = number
    return side(labels, size_nm)


def scan(name: str, size_nm: float | None = 2.0, predicted: int = 6, annotated: int | None = 8) -> MeasuredScan:
    true = None if annotated is None else squares(annotated, size_nm)
    return MeasuredScan(name, scale_of(size_nm), squares(predicted, size_nm), true, None, None)


def test_sizes_of_one_unit_are_put_together() -> None:
    (group,) = pool_sizes([scan("a"), scan("b", 4.0)], 0)
    assert (group.name, group.unit) == ("sizes", "nm")
    assert len(group.predicted.diameters) == len(group.annotated.diameters) == 8
    per_edge = 2 / np.sqrt(np.pi)
    assert group.predicted.number.d50 == pytest.approx(6 * 3 * per_edge)  # between 2 and 4 nm per pixel
    # Each predicted diameter is by 2 px too small, at 2 and at 4 nm per pixel.
    assert group.distance == pytest.approx(2 * 3 * per_edge)
    first, second = group.scans
    assert (first.name, first.predicted.particles, first.annotated.particles) == ("a", 4, 4)
    assert first.predicted.value == pytest.approx(6 * 2 * per_edge)
    assert first.predicted.interval == pytest.approx((first.predicted.value,) * 2)
    assert second.distance == pytest.approx(2 * 4 * per_edge)


def test_units_and_annotation_keep_scans_apart() -> None:
    scans = [scan("a", None), scan("b"), scan("c", annotated=None), scan("d", None, annotated=None)]
    groups = pool_sizes(scans, 0)
    assert [group.name for group in groups] == ["sizes", "sizes-px", "sizes-unannotated", "sizes-px-unannotated"]
    assert [[one.name for one in group.scans] for group in groups] == [["b"], ["a"], ["c"], ["d"]]
    assert [group.distance is None for group in groups] == [False, False, True, True]
    assert pool_sizes([scan("d", None, annotated=None)], 0)[0].name == "sizes"
    assert pool_sizes([], 0) == ()


def test_scans_without_whole_particles_are_no_error() -> None:
    nothing = side(np.zeros((9, 9), np.int32), 2.0)
    (group,) = pool_sizes([replace(scan("a"), predicted=nothing)], 0)
    assert group.distance is None and group.scans[0].distance is None
    assert np.isnan(group.scans[0].predicted.value) and group.scans[0].predicted.interval is None
    assert len(group.figure().axes) == 2


def test_equal_seeds_give_equal_intervals() -> None:
    one, two = (pool_sizes([scan("a"), scan("b", 4.0)], 3)[0].predicted.uncertainty.statistics for _ in range(2))
    assert one == two


def test_thicknesses_are_put_together_by_unit() -> None:
    spread = ThicknessSpread("a", np.linspace(0, 1, 3), np.array([0.5, 0.5]), 0.1, 0.5, 0.9)
    wires = [replace(scan("a", None), spread=spread), replace(scan("b"), spread=spread), scan("c")]
    groups = pool_thickness(wires)
    assert [(group.name, group.unit, len(group.spreads)) for group in groups] == [
        ("thickness", "nm", 1), ("thickness-px", "px", 1),
    ]  # fmt: skip
    assert pool_thickness(wires[:1])[0].name == "thickness" and pool_thickness(wires[2:]) == ()
    assert "[px]" in groups[1].figure().axes[0].get_xlabel()
