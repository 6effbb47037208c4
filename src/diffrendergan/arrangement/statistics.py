"""What an arrangement shows to the camera, before anything is rendered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def project_discs(phi: NDArray[np.float32], camera_height: float | None = None) -> NDArray[np.float64]:
    """Project particles, taken as spheres, onto the plane z = 0.

    Parameters
    ----------
    phi : float32 (n, 4)
    camera_height
        Above that plane, in the units of Φ; None for a parallel projection.

    Returns
    -------
    float64 (k, 3)
        x, y, radius [unit] of the particles in front of the camera.
    """
    discs = phi[:, [0, 1, 3]].astype(np.float64)
    if camera_height is None:
        return discs
    distance = camera_height - phi[:, 2].astype(np.float64)
    ahead = distance > 0
    return discs[ahead] * (camera_height / distance[ahead])[:, None]


def covered_fraction(
    phi: NDArray[np.float32], half_width: float, camera_height: float | None = None, resolution: int = 256
) -> float:
    """Return the fraction of the camera's field that particles cover, taken as discs.

    Parameters
    ----------
    phi : float32 (n, 4)
    half_width
        Of the field (`scene.geometry.field_half_width`) [unit].
    camera_height
        See `project_discs` [unit].
    resolution
        Points per edge at which the field is probed.
    """
    axis = (np.arange(resolution) + 0.5) / resolution * 2 * half_width - half_width
    covered = np.zeros((resolution, resolution), dtype=bool)
    for x, y, radius in project_discs(phi, camera_height):
        covered |= (axis[None, :] - x) ** 2 + (axis[:, None] - y) ** 2 <= radius**2
    return float(covered.mean())


def visible_count(phi: NDArray[np.float32], half_width: float, camera_height: float | None = None) -> int:
    """Return how many particles have their centre in the camera's field, hidden by others or not."""
    discs = project_discs(phi, camera_height)
    return int((np.abs(discs[:, :2]) <= half_width).all(axis=1).sum())
