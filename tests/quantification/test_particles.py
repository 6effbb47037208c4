from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.quantification.particles import Particles, measure_particles, particle_table

SHAPE = (240, 260)


def measured(mask: np.ndarray) -> Particles:
    return measure_particles(mask.astype(np.int32), np.where(mask, 0.75, 0.25).astype(np.float32))


@pytest.mark.parametrize("diameter", [20, 60, 150])
def test_a_disc(draw, diameter: float) -> None:
    found = measured(draw.ellipse(SHAPE, (120.3, 119.8), diameter, diameter))
    assert found.diameter[0] == pytest.approx(diameter, rel=0.01)
    assert found.perimeter[0] == pytest.approx(np.pi * diameter, rel=0.01)
    assert found.circularity[0] == pytest.approx(1, abs=0.015)
    assert found.solidity[0] == pytest.approx(1, abs=1e-9)
    assert found.aspect_ratio[0] == pytest.approx(1, abs=0.02)
    assert found.feret_max[0] == pytest.approx(diameter, abs=1.2)
    assert found.feret_min[0] == pytest.approx(diameter, abs=0.9)
    assert (found.x[0], found.y[0]) == pytest.approx((120.3, 119.8), abs=0.15)
    assert found.intensity_mean[0] == pytest.approx(0.75)


@pytest.mark.parametrize("degrees", [-70, -20, 0, 35, 60])
def test_an_ellipse(draw, degrees: float) -> None:
    found = measured(draw.ellipse(SHAPE, (130, 120), 120, 40, degrees))
    assert found.diameter[0] == pytest.approx(np.sqrt(120 * 40), rel=0.01)
    assert (found.major[0], found.minor[0]) == pytest.approx((120, 40), rel=0.01)
    assert found.aspect_ratio[0] == pytest.approx(3, rel=0.01)
    assert found.orientation_deg[0] == pytest.approx(degrees, abs=0.5)
    assert found.feret_max[0] == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize("degrees", [0, 17, 45, 73])
def test_a_rectangle(draw, degrees: float) -> None:
    found = measured(draw.bar(SHAPE, (130, 120), 120, 50, degrees))
    assert found.feret_max[0] == pytest.approx(np.hypot(120, 50), abs=1)
    assert found.feret_min[0] == pytest.approx(50, abs=1.2)
    assert found.perimeter[0] == pytest.approx(340, rel=0.015)
    assert found.aspect_ratio[0] == pytest.approx(2.4, rel=0.02)
    assert found.solidity[0] == pytest.approx(1, abs=0.002)


def test_the_circularity_of_a_square_is_a_quarter_of_pi(draw) -> None:
    for degrees in (0, 20, 45):
        assert measured(draw.bar(SHAPE, (130, 120), 100, 100, degrees)).circularity[0] == pytest.approx(
            np.pi / 4, rel=0.025
        )


def test_a_cross_is_not_solid(draw) -> None:
    cross = draw.bar(SHAPE, (130, 120), 90, 30) | draw.bar(SHAPE, (130, 120), 30, 90)
    hull = 90**2 - 4 * 30**2 / 2
    assert measured(cross).solidity[0] == pytest.approx(cross.sum() / hull, rel=0.02)


def test_boxes_and_the_border() -> None:
    labels = np.zeros((40, 60), np.int32)
    labels[10:20, 5:25] = 2
    labels[30:40, 40:50] = 5
    labels[0, 59] = 7
    found = measure_particles(labels, np.zeros(labels.shape, np.float32))
    assert found.label.tolist() == [2, 5, 7]
    assert found.touches_border.tolist() == [False, True, True]
    boxes = np.column_stack([found.box_left, found.box_top, found.box_width, found.box_height])
    assert boxes.tolist() == [[5, 10, 20, 10], [40, 30, 10, 10], [59, 0, 1, 1]]
    assert found.border_weight.tolist() == pytest.approx([1 / ((1 - 20 / 58) * (1 - 10 / 38)), 0, 0])
    assert (found.x[0], found.y[0]) == (15, 15)


def test_touching_particles_keep_their_own_outlines(draw) -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[50:90, 50:90] = 1
    labels[50:90, 90:130] = 2
    alone = measured(labels == 1)
    found = measure_particles(labels, np.zeros(SHAPE, np.float32))
    assert found.perimeter == pytest.approx([alone.perimeter[0]] * 2)


def test_specks_and_nothing() -> None:
    one = measured(np.eye(1, 9, 4, dtype=bool).repeat(3, axis=0) & (np.arange(3) == 1)[:, None])
    assert one.area.tolist() == [1] and one.solidity.tolist() == [1] and one.feret_max[0] == pytest.approx(1)
    assert one.aspect_ratio[0] == pytest.approx(1) and np.isfinite(one.circularity).all()
    assert len(measured(np.zeros((5, 6), bool))) == 0
    assert particle_table(measure_particles(np.zeros((5, 6), int), np.zeros((5, 6))), 2.0, "a").num_rows == 0


def test_columns_name_their_units(draw) -> None:
    labels = draw.ellipse(SHAPE, (100, 100), 50, 50).astype(np.int32)
    pixels = np.zeros(SHAPE, np.float32)
    nm, px = (particle_table(measure_particles(labels, pixels), size, "a") for size in (2.5, None))
    assert {"area_nm2", "diameter_nm", "feret_max_nm", "x_nm", "box_left_nm"} <= set(nm.column_names)
    assert {"area_px", "diameter_px", "feret_max_px", "x_px", "box_left_px"} <= set(px.column_names)
    assert nm["area_nm2"][0].as_py() == pytest.approx(2.5**2 * px["area_px"][0].as_py())
    assert nm["perimeter_nm"][0].as_py() == pytest.approx(2.5 * px["perimeter_px"][0].as_py())
    assert nm["circularity"][0].as_py() == px["circularity"][0].as_py()


def test_bad_input_is_refused() -> None:
    with pytest.raises(DataError, match="shape"):
        measure_particles(np.zeros((3, 4), int), np.zeros((4, 3)))
    with pytest.raises(DataError, match="negative"):
        measure_particles(np.full((3, 4), -1), np.zeros((3, 4)))
    with pytest.raises(DataError, match="impossible"):
        particle_table(measure_particles(np.zeros((3, 4), int), np.zeros((3, 4))), 0.0, "a")


RATIOS = ("feret_ratio", "ellipse_ratio", "roundness", "compactness", "extent", "convexity")


@pytest.mark.parametrize(
    ("length", "width", "expected"),
    [
        (100, 100, (1 / np.sqrt(2), 1, 2 / np.pi, np.sqrt(2 / np.pi), 1 / np.sqrt(2), 1)),
        (120, 40, (1 / np.sqrt(10), 1 / 3, 1.2 / np.pi, np.sqrt(1.2 / np.pi), 3 / np.sqrt(10), 1)),
    ],
)
def test_the_ratios_of_bars(draw, length: float, width: float, expected: tuple[float, ...]) -> None:
    for degrees in (0, 25, 45):
        found = measured(draw.bar(SHAPE, (130, 120), length, width, degrees))
        # The smallest extent is up to 1 px too large in oblique directions.
        assert [getattr(found, name)[0] for name in RATIOS] == pytest.approx(expected, rel=0.03)


def test_the_ratios_of_discs_are_one(draw) -> None:
    for diameter, tolerance in ((40, 0.04), (150, 0.015)):
        found = measured(draw.ellipse(SHAPE, (120.3, 119.8), diameter, diameter))
        values = [getattr(found, name)[0] for name in RATIOS]
        assert values == pytest.approx((1, 1, 1, 1, np.pi / 4, 1), rel=tolerance)
        assert found.perimeter_diameter[0] == pytest.approx(diameter, rel=0.01)
        assert found.convexity[0] == pytest.approx(1, abs=0.005)


def test_a_cross_is_not_convex(draw) -> None:
    cross = draw.bar(SHAPE, (130, 120), 90, 30) | draw.bar(SHAPE, (130, 120), 30, 90)
    hull = 4 * 30 + 4 * np.hypot(30, 30)
    assert measured(cross).convexity[0] == pytest.approx(hull / 360, rel=0.02)


def test_shapes_do_not_depend_on_the_scale(draw) -> None:
    small, large = (measured(draw.ellipse(SHAPE, (120, 120), 50 * k, 30 * k, 30)) for k in (1, 4))
    for name in (*RATIOS, "solidity", "circularity"):
        assert getattr(large, name)[0] == pytest.approx(getattr(small, name)[0], rel=0.04)
