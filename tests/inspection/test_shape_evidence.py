"""The family of shapes, and how long particles are, by outlines of known bodies."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from diffrendergan.detection.particle_table import ParticleTable
from diffrendergan.inspection.shape_evidence import judge_shape

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)

ANGLES = np.arange(12) * np.pi / 6
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)


def outline(edges, rng):
    """Return area and axes of the ellipse of equal moments of a rounded box with half edges, seen from anywhere."""
    radius = 0.35 * edges.min()
    turned = (CORNERS * (edges - radius)) @ np.linalg.qr(rng.standard_normal((3, 3)))[0]
    rounded = (turned[:, None, :2] + radius * CIRCLE).reshape(-1, 2)
    points = rounded[ConvexHull(rounded).vertices]
    following = np.roll(points, -1, axis=0)
    cross = points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]
    # Second moments of a polygon about the origin, which is the middle of a box.
    both = points + following
    moments = (both.T @ (cross[:, None] * both) + points.T @ (cross[:, None] * points)) / 24
    moments += following.T @ (cross[:, None] * following) / 24
    area = cross.sum() / 2
    minor, major = 4 * np.sqrt(np.linalg.eigvalsh(moments / area))
    return area, major, minor


def table_of(largest, rng, count=300):
    """Return boxes whose edges are up to a ratio apart, all alone and whole."""
    rows = []
    for _ in range(count):
        ratio = np.exp(rng.uniform(0, np.log(largest)))
        edges = 10 * np.array([ratio, 1, np.exp(rng.uniform(0, np.log(ratio)))])
        rows.append(outline(edges, rng))
    area, major, minor = np.array(rows).T
    some, nothing, none = np.ones(count), np.zeros(count), np.zeros(count, int)
    return ParticleTable(
        some, some, area, major, minor, 0.94 * some, nothing, nothing, some, some, none, none, none, some > 0, some > 0
    )


@pytest.mark.parametrize("largest", [1.3, 1.7, 2.2])
def test_boxes_are_as_long_as_their_outlines_tell(largest):
    table = table_of(largest, np.random.default_rng(3))
    shape, _, words, lying = judge_shape(table, table, table, [], "pieces")
    assert shape["family"] == "cuboid" and "standing alone" in words and not lying
    low, high = shape["elongation"]
    assert low == 1.0 and high == pytest.approx(largest, rel=0.12)
