"""The tip of a probe, and what it makes of surfaces: dilation, and erosion, which takes off what can be taken off."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.float32]

TOUCH_PX = 1e-3
"""The tip touches what lies no farther from it than this [px]: rounding."""


@dataclass(frozen=True)
class Tip:
    """A ball on a cone that touches it; lengths in any one unit.

    Attributes
    ----------
    radius : float
        Of the ball.
    half_angle_deg : float
        Between the axis and the flank of the cone [degrees].
    """

    radius: float
    half_angle_deg: float

    def rise(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far over its lowest point the tip's surface stands, at distances from its axis."""
        angle = math.radians(self.half_angle_deg)
        # A cylinder under the ball where the flank is upright.
        edge = self.radius * math.cos(angle)
        slope = 1 / max(math.tan(angle), 1e-9)
        ball = self.radius - np.sqrt(np.maximum(self.radius**2 - np.minimum(distance, edge) ** 2, 0))
        return np.asarray(ball + slope * np.maximum(distance - edge, 0))

    def reach(self, height: float) -> float:
        """Return how far from its axis the tip stands so high."""
        angle = math.radians(self.half_angle_deg)
        at_edge = self.radius * (1 - math.sin(angle))
        if height <= at_edge:
            return math.sqrt(max(self.radius**2 - (self.radius - height) ** 2, 0.0))
        return self.radius * math.cos(angle) + (height - at_edge) * math.tan(angle)

    def structure(self, height: float, right: float = 0.0, down: float = 0.0) -> Field:
        """Return the tip turned over, float32 (2n + 1, 2n + 1): 0 in the middle, below 0 around it; −∞ out of reach.

        Parameters
        ----------
        height : float
            Higher steps than this do not occur.
        right, down : float
            Where the surface is known that is felt, from the middle of a pixel.
        """
        half = max(1, math.ceil(self.reach(height)))
        steps = np.arange(-half, half + 1, dtype=float)
        rise = self.rise(np.hypot(steps[:, None] - down, steps[None] - right))
        return np.where(rise <= height + 1e-6, -rise, -np.inf).astype(np.float32)


def felt(surface: Field, tip: Tip, lowest: float | None = None, right: float = 0.0, down: float = 0.0) -> Field:
    """Return what a tip feels of a surface (H, W): its lowest point at each place; both in pixels.

    Beyond the border, and where the surface is −∞, there is nothing that could lift it.

    Parameters
    ----------
    surface : float32 (H, W)
    tip : Tip
    lowest : float, optional
        It need not be told apart what lies lower than this; by default the lowest point of the surface.
    right, down : float
        Where in its pixels the surface is known, from their middle.

    Source: J. S. Villarrubia, Algorithms for scanned probe microscope image simulation, surface reconstruction, and tip
    estimation (1997).
    """
    structure = tip.structure(_range(surface, lowest), right, down)
    return np.asarray(ndimage.grey_dilation(surface, structure=structure, mode="constant", cval=-np.inf), np.float32)


def restored(image: Field, tip: Tip) -> Field:
    """Return the largest surface (H, W) that a tip can have felt as an image, both in pixels: it is never too low.

    Where the tip touched the sample with nothing but one point, this is the sample. Source: as of `felt`.
    """
    structure = tip.structure(_range(image))
    return np.asarray(ndimage.grey_erosion(image, structure=structure, mode="constant", cval=np.inf), np.float32)


def certain(image: Field, surface: Field, tip: Tip) -> NDArray[np.bool_]:
    """Return where a restored surface (H, W) is the sample: where the tip touched one point alone, at some place.

    Parameters
    ----------
    image : float32 (H, W)
        What was felt [px].
    surface : float32 (H, W)
        As `restored` has it [px].
    tip : Tip

    Source: as of `felt`.
    """
    structure = tip.structure(_range(image))
    half = len(structure) // 2
    offsets = [(int(row) - half, int(column) - half) for row, column in np.argwhere(np.isfinite(structure))]
    touched = np.zeros(image.shape, np.int32)
    found = np.zeros(image.shape, bool)
    for marking in (False, True):
        for down, right in offsets:
            here, there = _apart(image.shape, down, right)
            meets = np.abs(surface[there] - image[here] + structure[down + half, right + half]) <= TOUCH_PX
            if marking:
                found[there] |= meets & (touched[here] == 1)
            else:
                touched[here] += meets
    return found


def _apart(shape: tuple[int, ...], down: int, right: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return places of an image, and those so far from them that lie in it, too."""
    pairs = [
        (slice(max(0, -step), length - max(0, step)), slice(max(0, step), length + min(0, step)))
        for length, step in zip(shape, (down, right), strict=True)
    ]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def _range(surface: Field, lowest: float | None = None) -> float:
    finite = surface[np.isfinite(surface)]
    if not finite.size:
        return 0.0
    return max(float(finite.max()) - (float(finite.min()) if lowest is None else lowest), 0.0)
