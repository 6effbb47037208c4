"""How many secondary electrons leave the sample and reach the detector.

    signal = [ δ_m · tilt(θ) · edge + δ_b · (1 − exp(−t / t_b)) ] · sky^k · side

with the yield δ_m of ground or particle, the tilt θ of the surface, diffusion to edges, further electrons set free
by backscattering in matter of thickness t, the share of the sky that is not hidden, and the detector's own side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.surface import Surface

AZIMUTHS = 8
"""Directions in which the horizon is searched."""

Field = NDArray[np.float32]


def tilt_yield(slope_x: Field, slope_y: Field, exponent: float, limit: float) -> Field:
    """Return the rise of the secondary yield with tilt, sec^n θ, levelling off at `limit`.

    The electrons come from an escape depth that a tilted beam crosses on a path 1/cos θ longer (Reimer, ch. 4). The
    bound is hard, so that the law is exact below it.

    Parameters
    ----------
    slope_x, slope_y : float32 (H, W)
        Slope of the surface; tan²θ is the sum of their squares.
    """
    secant = np.sqrt(1 + slope_x**2 + slope_y**2)
    return np.minimum(secant if exponent == 1 else secant ** np.float32(exponent), np.float32(limit))


def edge_gain(height: Field, diffusion: float, gain: float) -> Field:
    """Return the rise at edges and the loss in creases, 1 on plane surfaces.

    Electrons diffuse in matter before they leave. Where a surface stands out over its surroundings within their
    range there is less matter around, and more of them get out; in a crease fewer do (Reimer, ch. 6).

    Parameters
    ----------
    height : float32 (H, W)
        The height field [samples].
    diffusion : float
        Range of the diffusion [samples].
    gain : float
        Strongest rise; the strongest loss is half of it.
    """
    standing = (height - ndimage.gaussian_filter(height, diffusion, mode="nearest", truncate=3)) / np.float32(diffusion)
    return 1 + np.float32(gain) * np.where(standing > 0, np.tanh(standing), 0.5 * np.tanh(standing))


def sky_view(
    surface: Surface, reach: float, azimuths: int = AZIMUTHS, favoured: float = 0.0, asymmetry: float = 0.0
) -> Field:
    """Return the share of emitted electrons whose way up is free, in [0, 1].

    Emission follows the cosine law about the surface's own normal; with the horizon at the angle h above the
    surface's plane, the share cos²h gets out in that azimuth. On the floor of a round pit of radius R and depth D
    that is R²/(R² + D²).

    Parameters
    ----------
    surface : Surface
        Heights and slopes.
    reach : float
        How far the horizon is searched [samples].
    azimuths : int
        Directions searched.
    favoured : float
        Azimuth of the detector, from columns to rows [rad].
    asymmetry : float
        Its relative preference, in [0, 1].
    """
    height = surface.height
    distances = np.unique(np.rint(np.geomspace(1, max(reach, 1), max(2, int(2 * np.log2(max(reach, 2)))))).astype(int))
    shares = np.zeros_like(height)
    weights = 0.0
    for azimuth in 2 * np.pi * np.arange(azimuths) / azimuths:
        ux, uy = np.cos(azimuth), np.sin(azimuth)
        steepest = np.full(height.shape, -np.inf, np.float32)
        for distance in distances:
            dy, dx = round(distance * uy), round(distance * ux)
            run = np.hypot(dy, dx)
            target, source = _overlap(height.shape, dy, dx)
            rise = (height[source] - height[target]) * np.float32(1 / run)
            np.maximum(steepest[target], rise, out=steepest[target])
        plane = surface.slope_x * np.float32(ux) + surface.slope_y * np.float32(uy)
        # Where the field ends no horizon was found: the sky is free.
        steepest = np.maximum(steepest, plane)
        # cos of the difference of two angles, from their tangents.
        cosine = (1 + steepest * plane) ** 2 / ((1 + steepest**2) * (1 + plane**2))
        # More than a right angle above the plane: nothing gets out.
        cosine[steepest * plane < -1] = 0
        weight = 1 + asymmetry * np.cos(azimuth - favoured)
        shares += np.float32(weight) * cosine
        weights += weight
    return shares / np.float32(weights)


def _overlap(shape: tuple[int, int], dy: int, dx: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return windows such that source is target moved by (dy, dx)."""
    pairs = []
    for size, step in zip(shape, (dy, dx), strict=True):
        step = max(-size, min(size, step))
        pairs.append((slice(max(0, -step), size - max(0, step)), slice(max(0, step), size + min(0, step))))
    return (pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1])


def emit(surface: Surface, gains: Field, settings: MicroscopeSettings, ground: Field | None = None) -> Field:
    """Return collected secondary electrons per primary electron, (H, W), before beam, noise and detector.

    Parameters
    ----------
    surface : Surface
        The sample.
    gains : float32 (k + 1,)
        Yield of each label relative to its material's: index 0 is the ground.
    settings : MicroscopeSettings
        The physics.
    ground : float32 (H, W), optional
        Yield of the ground relative to a clean one.
    """
    scale = settings.samples_per_nm
    material = np.full(len(gains), settings.particle_yield, np.float32)
    material[0] = settings.ground_yield
    yields = (material * gains)[surface.labels]
    if ground is not None:
        yields = np.where(surface.labels == 0, yields * ground, yields)
    signal = yields * tilt_yield(surface.slope_x, surface.slope_y, settings.tilt_exponent, settings.tilt_limit)
    signal *= edge_gain(surface.height, settings.diffusion_nm * scale, settings.edge_gain)
    matter = ndimage.gaussian_filter(surface.thickness, settings.diffusion_nm * scale, truncate=3)
    further = 1 - np.exp(-matter / np.float32(settings.backscatter_depth_nm * scale))
    signal += np.float32(settings.backscatter_yield) * further * (surface.labels > 0)
    azimuth = np.deg2rad(settings.detector_azimuth_deg)
    sky = sky_view(surface, settings.shadow_reach_nm * scale, AZIMUTHS, azimuth, settings.side_asymmetry)
    signal *= sky ** np.float32(settings.shadow_exponent)
    return signal * _side(surface, azimuth, settings.side_asymmetry)


def _side(surface: Surface, azimuth: float, asymmetry: float) -> Field:
    """Return how much better electrons from faces turned to the detector are collected."""
    secant = np.sqrt(1 + surface.slope_x**2 + surface.slope_y**2)
    facing = -(surface.slope_x * np.float32(np.cos(azimuth)) + surface.slope_y * np.float32(np.sin(azimuth))) / secant
    return 1 + np.float32(asymmetry) * facing
