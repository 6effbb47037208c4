"""The particle table: what is measured on each particle of a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.labels.extents import bounding_boxes, row_extents
from diffrendergan.quantification.feret import hull_shapes
from diffrendergan.quantification.heights import HEIGHT_COLUMNS, Heights, height_values
from diffrendergan.quantification.perimeter import perimeters
from diffrendergan.quantification.tables import Column, make_table
from diffrendergan.sizes.border import cut_by_field, field_weights, miles_lantuejoul_weights, touches_border
from diffrendergan.sizes.units import equivalent_diameters, scale_of

Values = NDArray[np.float64]

PIXEL_VARIANCE = 1 / 12
"""Variance of the places within a pixel [px²]: a particle is a set of squares, not of points."""

COLUMNS = (
    Column("scan", "none", "name of the scan", pa.string()),
    Column("label", "none", "number of the particle in the label image", pa.int64()),
    Column("area", "area", "pixels of the particle"),
    Column("diameter", "length", "diameter of the disc of equal area"),
    Column("feret_max", "length", "largest distance of two parallel tangents"),
    Column("feret_min", "length", "smallest distance of two parallel tangents"),
    Column("major", "length", "longest axis of the ellipse of equal second moments"),
    Column("minor", "length", "shortest axis of that ellipse"),
    Column("aspect_ratio", "none", "major over minor"),
    Column("perimeter", "length", "length of the outline"),
    Column("circularity", "none", "4π area / perimeter²"),
    Column("solidity", "none", "area over that of the convex hull"),
    Column("perimeter_diameter", "length", "diameter of the circle of equal perimeter"),
    Column("ellipse_ratio", "none", "minor over major"),
    Column("feret_ratio", "none", "feret_min over feret_max"),
    Column("roundness", "none", "4 area / (π feret_max²)"),
    Column("compactness", "none", "diameter over feret_max"),
    Column("extent", "none", "area / (feret_max · feret_min)"),
    Column("convexity", "none", "perimeter of the convex hull over perimeter"),
    Column("orientation_deg", "none", "direction of the longest axis, counter-clockwise from the rows, in [-90, 90)"),
    Column("intensity_mean", "none", "mean grey value, 0 black to 1 white"),
    Column("x", "length", "centroid, from the left edge of the scan"),
    Column("y", "length", "centroid, from the upper edge of the scan"),
    Column("box_left", "length", "bounding box: distance from the left edge"),
    Column("box_top", "length", "bounding box: distance from the upper edge"),
    Column("box_width", "length", "bounding box: extent along the rows"),
    Column("box_height", "length", "bounding box: extent along the columns"),
    Column("touches_border", "none", "whether the border of the scan cuts it", pa.bool_()),
    Column("border_weight", "none", "Miles–Lantuéjoul weight; 0 where the border cuts it"),
    Column("confidence", "none", "how well it is found again, in [0, 1]; missing where no network found it"),
    *HEIGHT_COLUMNS,
)


@dataclass(frozen=True, eq=False)
class Particles:
    """Particles of one scan, one entry each in all arrays, shape (k,); lengths and areas in pixels."""

    label: NDArray[np.int64]
    area: Values
    diameter: Values
    feret_max: Values
    feret_min: Values
    major: Values
    minor: Values
    aspect_ratio: Values
    perimeter: Values
    circularity: Values
    solidity: Values
    perimeter_diameter: Values
    ellipse_ratio: Values
    feret_ratio: Values
    roundness: Values
    compactness: Values
    extent: Values
    convexity: Values
    orientation_deg: Values
    intensity_mean: Values
    x: Values
    y: Values
    box_left: Values
    box_top: Values
    box_width: Values
    box_height: Values
    touches_border: NDArray[np.bool_]
    border_weight: Values

    def __len__(self) -> int:
        return len(self.label)


def measure_particles(
    labels: NDArray[np.integer], pixels: NDArray[np.floating], field: NDArray[np.bool_] | None = None
) -> Particles:
    """Measure the particles of one scan in pixels.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 background, particles above; numbers may be missing.
    pixels : ndarray, shape (H, W)
        Grey values.
    field : ndarray of bool, shape (H, W), or None
        What of the image was recorded; its edge cuts particles as the border of the image does. None for all of it.

    Returns
    -------
    Particles
        In the order of their labels.

    Raises
    ------
    DataError
        If both differ in shape, or if a label is negative.
    """
    if labels.shape != pixels.shape:
        raise DataError(f"the labels have the shape {labels.shape} and the scan {pixels.shape}; both must be equal.")
    if labels.size and labels.min() < 0:
        raise DataError("a label is negative; 0 is background, particles are above it.")
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    sizes = np.bincount(numbers, minlength=1).astype(np.float64)
    present = np.flatnonzero(sizes)
    area = sizes[present]
    diameter = equivalent_diameters(area)
    extents = row_extents(numbers, rows, columns)
    boxes = bounding_boxes(extents)
    lengths, thin = perimeters(labels, sizes)
    outline = lengths[present]
    hulls = hull_shapes(extents, area, thin[present])
    x, y, major, minor, direction = _ellipses(numbers, rows, columns, sizes)
    if field is None or field.all():
        cut, weights = touches_border(boxes, labels.shape), miles_lantuejoul_weights(boxes, labels.shape)
    else:
        cut = cut_by_field(labels, present, field)
        weights = field_weights(boxes, cut, field)
    brightness = np.bincount(numbers, pixels[rows, columns], minlength=1)[present] / area
    left, top, width, height = boxes.astype(np.float64).T
    return Particles(
        label=present.astype(np.int64),
        area=area,
        diameter=diameter,
        feret_max=hulls.feret_max,
        feret_min=hulls.feret_min,
        major=major,
        minor=minor,
        aspect_ratio=major / minor,
        perimeter=outline,
        circularity=4 * np.pi * area / outline**2,
        solidity=hulls.solidity,
        perimeter_diameter=outline / np.pi,
        ellipse_ratio=minor / major,
        feret_ratio=hulls.feret_min / hulls.feret_max,
        roundness=4 * area / (np.pi * hulls.feret_max**2),
        compactness=diameter / hulls.feret_max,
        extent=area / (hulls.feret_max * hulls.feret_min),
        convexity=hulls.perimeter / outline,
        orientation_deg=direction,
        intensity_mean=brightness,
        x=x,
        y=y,
        box_left=left,
        box_top=top,
        box_width=width,
        box_height=height,
        touches_border=cut,
        border_weight=weights,
    )


def particle_table(
    particles: Particles,
    pixel_size_nm: float | None,
    scan: str,
    confidence: Values | None = None,
    heights: Heights | None = None,
    tip_radius_nm: float | None = None,
    further: tuple[tuple[Column, ...], Mapping[str, Any]] = ((), {}),
) -> pa.Table:
    """Return one row a particle, in nanometres, or in pixels where the scale is unknown.

    Parameters
    ----------
    particles : Particles
        In pixels.
    pixel_size_nm : float or None
        Edge of a pixel [nm].
    scan : str
        Its name.
    confidence : ndarray, shape (largest label + 1,), optional
        Of each label, in [0, 1].
    heights : Heights, optional
        Where the scan is a height map.
    tip_radius_nm : float, optional
        Of the tip that made it [nm].
    further : (tuple of Column, mapping)
        Further columns with their values, in pixels.
    """
    columns, more = further
    tip_px = None if tip_radius_nm is None or pixel_size_nm is None else tip_radius_nm / pixel_size_nm
    sure = np.full(len(particles), np.nan) if confidence is None else confidence[particles.label]
    values = {**vars(particles), "scan": [scan] * len(particles), "confidence": sure, **more}
    values |= height_values(heights, particles.diameter, tip_px)
    return make_table((*COLUMNS, *columns), values, scale_of(pixel_size_nm))


def _ellipses(
    numbers: NDArray[np.integer], rows: NDArray[np.int64], columns: NDArray[np.int64], sizes: Values
) -> tuple[Values, Values, Values, Values, Values]:
    """Return centroids (x, y), axes and directions of the ellipses of equal second moments.

    Places are measured from the outer corner of the first pixel, whose own centre is at one half.
    """
    present = np.flatnonzero(sizes)
    safe = np.maximum(sizes, 1)
    mean_x = np.bincount(numbers, columns, minlength=1) / safe
    mean_y = np.bincount(numbers, rows, minlength=1) / safe
    dx, dy = columns - mean_x[numbers], rows - mean_y[numbers]
    xx = (np.bincount(numbers, dx * dx, minlength=1) / safe)[present] + PIXEL_VARIANCE
    yy = (np.bincount(numbers, dy * dy, minlength=1) / safe)[present] + PIXEL_VARIANCE
    xy = (np.bincount(numbers, dx * dy, minlength=1) / safe)[present]
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    # Rows count downwards, angles upwards.
    angle = np.degrees(np.arctan2(-2 * xy, xx - yy) / 2)
    direction = (angle + 90) % 180 - 90
    return (
        mean_x[present] + 0.5,
        mean_y[present] + 0.5,
        4 * np.sqrt(middle + half),
        4 * np.sqrt(np.maximum(middle - half, 0)),
        direction,
    )
