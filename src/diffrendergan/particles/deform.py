"""Deformations of a shape's vertices; faces never change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

Points = NDArray[np.float64]

WAVES = 8
"""Plane waves of the smooth translation field: enough to be irregular, few enough to keep a cube's faces smooth."""


def translate_smoothly(
    points: Points, amplitude: float, wavelength: tuple[float, float], rng: np.random.Generator
) -> Points:
    """Move each point by a smooth random field.

    Parameters
    ----------
    points : float64 (V, 3)
    amplitude
        Root mean square of the translations, as a fraction of the largest radius; a common
        translation of all points does not count.
    wavelength
        Shortest and longest wave [largest radii].
    rng
        Source of all randomness.
    """
    radius = np.linalg.norm(points, axis=1).max()
    directions = rng.normal(size=(WAVES, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    waves = directions * (2 * np.pi / (rng.uniform(*wavelength, (WAVES, 1)) * radius))
    phase = points @ waves.T + rng.uniform(0, 2 * np.pi, WAVES)
    field = np.sin(phase) @ rng.normal(size=(WAVES, 3))
    field -= field.mean(axis=0)
    spread = np.sqrt((field**2).sum(axis=1).mean())
    return points + field * (amplitude * radius / spread)


def taper(points: Points, ratio: float) -> Points:
    """Scale y and z along x: from 1 at the low end of x linearly to `ratio` at the other.

    Parameters
    ----------
    points : float64 (V, 3)
    ratio
        Above 0.
    """
    x = points[:, 0]
    share = (x - x.min()) / max(np.ptp(x), 1e-300)
    factor = 1 + share * (ratio - 1)
    return points * np.stack([np.ones_like(factor), factor, factor], axis=1)


def twist(points: Points, angle: float) -> Points:
    """Turn cross-sections about x, the more the farther along: by -angle/2 at one end, by angle/2 at the other.

    Parameters
    ----------
    points : float64 (V, 3)
    angle
        Between both ends [rad].
    """
    x, y, z = points.T
    turn = angle * ((x - x.min()) / max(np.ptp(x), 1e-300) - 0.5)
    return np.stack([x, y * np.cos(turn) - z * np.sin(turn), y * np.sin(turn) + z * np.cos(turn)], axis=1)


def bend(points: Points, angle: float) -> Points:
    """Bend along x towards y: the line of points on the x axis becomes a circular arc of the same length.

    Parameters
    ----------
    points : float64 (V, 3)
    angle
        Between the tangents at both ends [rad].
    """
    x, y, z = points.T
    curvature = angle / np.ptp(x)
    if abs(curvature) < 1e-9:
        return points.copy()
    radius = 1 / curvature - y
    return np.stack([radius * np.sin(curvature * x), 1 / curvature - radius * np.cos(curvature * x), z], axis=1)


def bend_flat(points: Points, arc: float, sway: float) -> Points:
    """Bend a wire along x within the horizontal (x, z) plane.

    Along it, t from -1/2 to 1/2, the wire's heading is arc·t + sway·(3t² - 1/4): a circular arc whose
    curvature is changed by the second term. Cross-sections stay normal to the centre line.

    Parameters
    ----------
    points : float64 (V, 3)
        The wire lies around the x axis.
    arc, sway
        Angles [rad]; the heading turns by `arc` from end to end.
    """
    x, y, z = points.T
    length = np.ptp(x)
    t = (x - x.min()) / length - 0.5
    knots = np.linspace(-0.5, 0.5, 2001)
    heading = _heading(knots, arc, sway)
    centre_x = _integral(np.cos(heading), knots) * length
    centre_z = _integral(np.sin(heading), knots) * length
    turned = _heading(t, arc, sway)
    return np.stack(
        [np.interp(t, knots, centre_x) - z * np.sin(turned), y, np.interp(t, knots, centre_z) + z * np.cos(turned)],
        axis=1,
    )


def turn_randomly(points: Points, rng: np.random.Generator) -> Points:
    """Rotate about the origin, uniformly over all orientations."""
    return np.asarray(Rotation.from_quat(rng.normal(size=4)).apply(points))


def turn_flat(points: Points, angle: float) -> Points:
    """Rotate about the vertical axis y by `angle` [rad]."""
    return np.asarray(Rotation.from_euler("y", angle).apply(points))


def _heading(t: Points, arc: float, sway: float) -> Points:
    return arc * t + sway * (3 * t**2 - 0.25)


def _integral(values: Points, knots: Points) -> Points:
    """Return the running integral by the trapezoidal rule, zero at the first knot."""
    steps = np.diff(knots) * (values[1:] + values[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(steps)])
