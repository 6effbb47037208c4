"""The sample as the beam meets it: a height field with what belongs to its highest surface."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diffrendergan.simulator.bodies import Footprint


@dataclass
class Surface:
    """The visible surface; all arrays have the shape (H, W), in samples.

    Attributes
    ----------
    height : float32
        Height over the mean ground [samples].
    slope_x, slope_y : float32
        Slope along columns and rows.
    thickness : float32
        Particle matter under the surface [samples].
    labels : int32
        The particle that is seen, 0 for the ground.
    silhouettes : list of (window, mask)
        The part of the surface that each particle fills, seen or not, in the order of their numbers.
    """

    height: NDArray[np.float32]
    slope_x: NDArray[np.float32]
    slope_y: NDArray[np.float32]
    thickness: NDArray[np.float32]
    labels: NDArray[np.int32]
    silhouettes: list[tuple[tuple[slice, slice], NDArray[np.bool_]]] = field(default_factory=list)

    @classmethod
    def of_ground(cls, height: NDArray[np.float32]) -> Surface:
        """Return the bare ground of a given height field."""
        height = np.asarray(height, np.float32)
        slope_y, slope_x = (np.asarray(slope) for slope in np.gradient(height))
        return cls(height.copy(), slope_x, slope_y, np.zeros_like(height), np.zeros(height.shape, np.int32))


@dataclass(frozen=True)
class Landing:
    """Where a body would come to rest.

    Attributes
    ----------
    window : (slice, slice)
        Of the surface, under the silhouette.
    crop : (slice, slice)
        The part of the footprint that lies in the window.
    lift : float
        Height of the body's origin [samples].
    """

    window: tuple[slice, slice]
    crop: tuple[slice, slice]
    lift: float


def land(surface: Surface, body: Footprint, row: int, column: int) -> Landing | None:
    """Lower a body until it touches what lies below; None if it is wholly beside the field."""
    half = body.inside.shape[0] // 2
    starts = (row - half, column - half)
    window, crop = [], []
    for start, size in zip(starts, surface.height.shape, strict=True):
        low, high = max(start, 0), min(start + body.inside.shape[0], size)
        if low >= high:
            return None
        window.append(slice(low, high))
        crop.append(slice(low - start, high - start))
    rows, columns = window
    crop_rows, crop_columns = crop
    inside = body.inside[crop_rows, crop_columns]
    if not inside.any():
        return None
    gap = surface.height[rows, columns] - body.bottom[crop_rows, crop_columns]
    return Landing((rows, columns), (crop_rows, crop_columns), float(gap[inside].max()))


def place(surface: Surface, body: Footprint, landing: Landing, identifier: int) -> None:
    """Add a body where it landed; it then hides whatever its silhouette covers."""
    inside = body.inside[landing.crop]
    top, bottom = body.top[landing.crop][inside], body.bottom[landing.crop][inside]
    surface.height[landing.window][inside] = top + np.float32(landing.lift)
    surface.slope_x[landing.window][inside] = body.slope_x[landing.crop][inside]
    surface.slope_y[landing.window][inside] = body.slope_y[landing.crop][inside]
    surface.thickness[landing.window][inside] += top - bottom
    surface.labels[landing.window][inside] = identifier
    surface.silhouettes.append((landing.window, inside))
