"""Heights of particles over the ground about them, and their widths without what the tip adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.quantification.tables import Column
from diffrendergan.sizes.tip import tip_free

Values = NDArray[np.float64]

APART_PX = 2
"""What lies nearer to a particle than this is no ground: the tip's flank stands there [px]."""
LEAST_REACH_PX = 8
"""Ground is looked for so far around a particle, and at least half its width [px]."""
LEAST_GROUND_PX = 12
"""Where less ground is seen around a particle, that of the whole scan counts [px]."""

HEIGHT_COLUMNS = (
    Column("height", "height", "highest point over the ground around it; missing where scans are no height maps"),
    Column("height_mean", "height", "mean height over that ground"),
    Column("ground", "height", "height of that ground over the scan's level"),
    Column(
        "tip_free_diameter",
        "length",
        "diameter of a ball on the ground that is as wide at half its height as felt with the tip; missing where the "
        "tip's radius is not known",
    ),
)


@dataclass(frozen=True, eq=False)
class Heights:
    """Heights of the particles of one scan, shape (k,) each [nm], in the order of their labels."""

    height: Values
    height_mean: Values
    ground: Values


def measure_heights(labels: NDArray[np.integer], heights_nm: NDArray[np.floating]) -> Heights:
    """Measure the heights of particles.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 ground, particles above; numbers may be missing.
    heights_nm : ndarray, shape (H, W)
        Heights over any level [nm].
    """
    free = ndimage.distance_transform_cdt(labels == 0, "chessboard") > APART_PX if labels.any() else labels == 0
    everywhere = float(np.median(heights_nm[free])) if free.any() else float(heights_nm.min())
    rows = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        inside = heights_nm[box][labels[box] == number].astype(np.float64)
        reach = max(LEAST_REACH_PX, *((part.stop - part.start) // 2 for part in box))
        around = tuple(slice(max(part.start - reach, 0), part.stop + reach) for part in box)
        ground = heights_nm[around][free[around]]
        level = float(np.median(ground)) if len(ground) >= LEAST_GROUND_PX else everywhere
        rows.append((float(inside.max()) - level, float(inside.mean()) - level, level))
    found = np.array(rows, np.float64).reshape(-1, 3).T
    return Heights(*found)


def height_values(heights: Heights | None, diameters_px: Values, tip_radius_px: float | None) -> dict[str, Values]:
    """Return the values of `HEIGHT_COLUMNS` by their stems; NaN where nothing is known.

    Parameters
    ----------
    heights : Heights or None
        None where the scan is no height map.
    diameters_px : ndarray, shape (k,)
    tip_radius_px : float or None
        None where it is not known.
    """
    nothing = np.full(len(diameters_px), np.nan)
    felt = heights is not None and tip_radius_px is not None
    return {
        "height": nothing if heights is None else heights.height,
        "height_mean": nothing if heights is None else heights.height_mean,
        "ground": nothing if heights is None else heights.ground,
        "tip_free_diameter": tip_free(diameters_px, tip_radius_px or 0.0) if felt else nothing,
    }
