"""Light on the stage: traced on grids of points, and noisy only where a sharp shadow falls."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline

from diffrendergan.config.material import Material
from diffrendergan.rendering.backend import variant_device
from diffrendergan.rendering.emission import emission_of
from diffrendergan.rendering.sampling import NEARBY, Integrator, Visibility, plan_directions, random_numbers
from diffrendergan.rendering.separation import Kind, Row, Separation
from diffrendergan.rendering.splines import Table
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import SceneGeometry

_MARGIN = 3
"""Points computed beyond the image on each side, so that interpolation needs no extrapolation."""

_IN_EMPTY = 16384
"""For the light of the empty scene: its basis images are off by 0.16 % on average, by 0.13 % with twice as many (means
over 19 of them, against those of half a million directions)."""

_BARELY = 1e-4
"""Of a pixel that shows less of the stage than this it does not matter how it is lit: a fortieth of a grey level."""

_NEAR_DIRECTIONS, _FAR_DIRECTIONS, _SHARP_DIRECTIONS = 192, 512, 96
"""Directions of a point of the fine grid and of the coarse one, and of a point of the fine grid where lobes are sharp.
Measured: with 192 and 512 the open stage has noise of .0007 to .0008, a fifth of a grey level of 8 bits; with 256 and
768 .0005 to .0007, with 128 and 384 .0009 to .0011."""


@dataclass(frozen=True)
class _Grid:
    """Points on the stage at which light is computed, and how pixels follow from them.

    Attributes
    ----------
    spacing : float
        Distance of neighbouring points [px].
    points : int
        Points along an edge.
    to_pixels : numpy.ndarray
        float32 (E, points): interpolation along one axis.
    """

    spacing: float
    points: int
    to_pixels: np.ndarray

    def interpolate(self, coarse: torch.Tensor) -> torch.Tensor:
        """Return values at the pixels (R, E, E) of values at the points (R, P, P)."""
        matrix = torch.from_numpy(self.to_pixels).to(coarse.device)
        return matrix @ coarse @ matrix.T

    def reach(self, pixels: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which points (P·P,) any of some pixels (E, E) is interpolated from."""
        share = torch.from_numpy(self.to_pixels).T
        # Not in NumPy, whose threads would go on waiting for work beside those that trace.
        return (share @ torch.from_numpy(pixels).float() @ share.T > 0).numpy().ravel()


def _grid(edge: int, spacing: float, smooth: bool) -> _Grid:
    points = math.ceil(edge / spacing) + 2 * _MARGIN
    position = np.arange(edge) / spacing + _MARGIN
    unit = np.eye(points)
    # Neighbouring points share a little, which takes most of the noise out of what varies slowly.
    shared = ndimage.convolve1d(unit, [0.25, 0.5, 0.25], axis=0, mode="nearest")
    matrix = (
        CubicSpline(np.arange(points), shared)(position)
        if smooth
        else np.stack([np.interp(position, np.arange(points), row) for row in unit], axis=1)
    )
    return _Grid(spacing, points, matrix.astype(np.float32))


@lru_cache(maxsize=8)
def _unoccluded(
    mi: Any,
    variant: str,
    geometry: SceneGeometry,
    border: int,
    material: Material,
    rows: tuple[Row, ...],
    tables: tuple[tuple[Kind, Table], ...],
) -> torch.Tensor:
    """Return `StageLight.unoccluded`, which depends on the configuration alone, once for all stages of a run."""
    part = Separation(emission_of(material.model), material, rows, dict(tables), np.zeros((0, 0), np.float32), ())
    return StageLight(SceneTracer(mi, geometry), part, geometry.size, border).unoccluded()


class StageLight:
    """The stage's basis images, as if no particle stood before it.

    What the particles take away is subtracted from the light of the empty scene, which is computed once and with
    many directions: so the stage is noisy only where a shadow falls. Shadows of what is nearby are sharp, and are
    computed on a fine grid; those of what is far off are smooth, since the lights are wide, and a coarse grid with
    many directions, slightly smoothed, gives them without visible noise.

    Parameters
    ----------
    tracer : SceneTracer
        Its constellation throws the shadows.
    separation : Separation
        The stage's material.
    size : int
        Edge of the image [px].
    border : int
        Pixels wanted beyond each side of the image.
    """

    def __init__(self, tracer: SceneTracer, separation: Separation, size: int, border: int) -> None:
        self._tracer = tracer
        self._separation = separation
        self._border = border
        edge = size + 2 * border
        self._fine = _grid(edge, min(max(1.0, size / 128), 4.0), smooth=False)
        self._coarse = _grid(edge, size / 32, smooth=True)
        self._sharp = separation.emission.sharp(separation)
        broad = tuple(kind for kind in separation.emission.raw_terms if kind not in self._sharp)
        self._parts = (broad, self._sharp) if self._sharp else (broad,)

    def images(self, seed: int, fold: NDArray[np.float32], shown: torch.Tensor) -> torch.Tensor:
        """Return what the integrals fold to by a matrix (R, integrals), float32 (R, E, E) with E = size + 2·border.

        Parameters
        ----------
        seed : int
            As of `TransportTracer.images`.
        fold : numpy.ndarray
            Shape (R, integrals).
        shown : torch.Tensor
            How much of the stage pixels show, float32 (E, E). Behind particles sharp shadows are left out, since no
            pixel shows them.
        """
        wanted = self._fine.reach(shown.cpu().numpy() > _BARELY)
        taken: list[torch.Tensor] = []
        for kinds in self._parts:
            if kinds == self._sharp:
                taken.append(self._field(kinds, self._fine, _SHARP_DIRECTIONS, seed, "blocked", wanted))
                continue
            sharp = self._field(kinds, self._fine, _NEAR_DIRECTIONS, seed, "blocked nearby", wanted)
            taken.append(sharp + self._field(kinds, self._coarse, _FAR_DIRECTIONS, seed, "blocked far off"))
        return _folded(fold, self._empty - torch.cat(taken))

    def empty_images(self) -> torch.Tensor:
        """Return the basis images of the stage without any particle, float32 (R, E, E)."""
        return _folded(self._separation.fold, self._empty)

    @property
    def _empty(self) -> torch.Tensor:
        tracer, part = self._tracer, self._separation
        return _unoccluded(
            tracer.mi, tracer.mi.variant(), tracer.geometry, self._border, part.material, part.rows,
            tuple(part.tables.items()),
        )  # fmt: skip

    def unoccluded(self) -> torch.Tensor:
        """Return the integrals where nothing stands before the stage, float32 (I, E, E)."""
        return torch.cat([self._field(kinds, self._coarse, _IN_EMPTY, 0, "unoccluded") for kinds in self._parts])

    def _field(
        self,
        kinds: Sequence[Kind],
        grid: _Grid,
        directions: int,
        seed: int,
        visibility: Visibility,
        wanted: NDArray[np.bool_] | None = None,
    ) -> torch.Tensor:
        """Return integrals of some kinds of rows at the pixels, (I, E, E); 0 at points that are not `wanted` (P·P,)."""
        import drjit as dr

        mi, points, part = self._tracer.mi, grid.points, self._separation.only(kinds)
        if part.integrals == 0:
            return torch.zeros(0, *grid.to_pixels.shape[:1] * 2, device=variant_device(mi))
        lane = dr.arange(mi.UInt32, points * points)
        x, y = (
            (mi.Float(number) - _MARGIN) * grid.spacing + 0.5 - self._border
            for number in (lane % points, lane // points)
        )
        integrator = Integrator(self._tracer, part, plan_directions(directions, part), visibility)
        sums = [dr.zeros(mi.Float, len(lane)) for _ in range(part.integrals)]
        shift = random_numbers(mi, lane, seed, 4)
        first = dr.zeros(mi.UInt32, len(lane))
        points_on_stage = self._interaction(x, y)
        chosen = np.ones(len(lane), bool) if wanted is None else wanted
        if visibility == "blocked nearby":
            chosen = chosen & self._near_particles(points_on_stage.p)
        active = mi.Bool(chosen)
        sums = integrator.add(sums, points_on_stage, shift, first, active)
        dr.eval(sums)
        return grid.interpolate(torch.stack([value.torch() for value in sums]).view(-1, points, points))

    def _near_particles(self, points: Any) -> np.ndarray:
        """Tell which points have a particle nearby; most stages have none."""
        spheres = self._tracer.spheres
        # Absent particles lie below the stage.
        spheres = spheres[spheres[:, 1] + spheres[:, 3] > self._tracer.geometry.stage_top]
        low = spheres[spheres[:, 1] - spheres[:, 3] - self._tracer.geometry.stage_top < NEARBY]
        x, z = np.asarray(points.x)[:, None], np.asarray(points.z)[:, None]
        distance = (x - low[:, 0]) ** 2 + (z - low[:, 2]) ** 2
        return (distance < (low[:, 3] + NEARBY) ** 2).any(axis=1)

    def _interaction(self, x: Any, y: Any) -> Any:
        import drjit as dr

        mi, g = self._tracer.mi, self._tracer.geometry
        ray = self._tracer.camera_rays(x, y)
        distance = (g.stage_top - ray.o.y) / ray.d.y
        interaction = dr.zeros(mi.SurfaceInteraction3f, dr.width(x))
        interaction.t = distance
        interaction.p = ray(distance)
        interaction.n = mi.Normal3f(0, 1, 0)
        interaction.sh_frame = mi.Frame3f(mi.Normal3f(0, 1, 0))
        interaction.wi = interaction.to_local(-ray.d)
        return interaction


def _folded(fold: NDArray[np.float32], integrals: torch.Tensor) -> torch.Tensor:
    return torch.einsum("ri,ixy->rxy", torch.from_numpy(fold).to(integrals.device), integrals)
