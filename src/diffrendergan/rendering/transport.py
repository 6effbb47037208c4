"""Transport images: trace a constellation once, render any material afterwards (`docs/rendering.md`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import ndimage

from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.rendering.geometry import ParticleSet, SceneGeometry
from diffrendergan.rendering.principled import Separation, separate
from diffrendergan.rendering.sampling import R2, Visibility, integrate_terms, plan_directions
from diffrendergan.rendering.tracing import SceneTracer

_SAMPLED_SIGMA = 0.5
"""The part of the reconstruction filter that camera rays sample [px]; a wider filter is applied as a convolution,
which costs nothing and removes noise instead of adding it."""

_STAGE_SPACING = 2
"""Spacing of the points at which light on the stage is computed [px]."""
_STAGE_DIRECTIONS = 96
_EMPTY_STAGE_DIRECTIONS = 4096
_STAGE_MARGIN = 3
"""Points computed beyond the image on each side, so that interpolation needs no extrapolation."""

_FILTER_RADIUS_SIGMAS = 4.0
"""Mitsuba's Gaussian filter ends at four standard deviations."""


@dataclass(frozen=True)
class MaterialSeparation:
    """Both material classes taken apart; basis images are the particles' and then the stage's."""

    particle: Separation
    stage: Separation

    @property
    def basis_count(self) -> int:
        """Number of basis images."""
        return self.particle.basis_count + self.stage.basis_count


def separate_materials(config: RenderingConfig) -> MaterialSeparation:
    """Take the materials of a configuration apart."""
    knots = config.transport.knots
    return MaterialSeparation(separate(config.particle, knots), separate(config.stage, knots))


@dataclass(frozen=True)
class TransportTracer:
    """Computes the basis images of constellations."""

    tracer: SceneTracer
    particles: ParticleSet
    separation: MaterialSeparation
    pixel_samples: int
    directions: int
    _empty_stage: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    @property
    def geometry(self) -> SceneGeometry:
        """Camera and lights."""
        return self.tracer.geometry

    def basis_images(self, phi: np.ndarray, seed: int) -> np.ndarray:
        """Trace one constellation.

        Parameters
        ----------
        phi : numpy.ndarray
            Shape (n, 4).
        seed : int
            32-bit seed of the random shifts.

        Returns
        -------
        numpy.ndarray
            float32 (R, S, S).
        """
        self.tracer.place(self.particles.place(phi))
        return self.trace(seed)

    def trace(self, seed: int) -> np.ndarray:
        """Trace the constellation that `tracer` holds; see `basis_images`."""
        size = self.geometry.size
        particle, coverage = self._particle_terms(seed)
        stage = self._stage_terms(seed) * (1 - coverage)
        images = np.concatenate([self.separation.particle.fold @ particle, self.separation.stage.fold @ stage])
        return _widen_filter(images.reshape(-1, size, size), self.geometry.filter_sigma)

    def _particle_terms(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return raw particle terms (T, S²), zero where there is none, and the covered fraction (S²,)."""
        import drjit as dr

        mi, separation = self.tracer.mi, self.separation.particle
        size, samples = self.geometry.size, self.pixel_samples
        lane = dr.arange(mi.UInt32, size * size * samples)
        pixel, sample = lane // samples, lane % samples
        x, y = self._film_positions(pixel, sample, seed)
        hit = self.tracer.scene.ray_test(self.tracer.camera_rays(x, y))
        chosen = np.flatnonzero(np.asarray(hit)).astype(np.uint32)
        terms = separation.fold.shape[1]
        count = size * size
        if not chosen.size:
            return np.zeros((terms, count), np.float32), np.zeros(count, np.float32)
        owner = chosen // samples
        chosen = mi.UInt32(chosen)
        pixel, sample, x, y = (dr.gather(type(v), v, chosen) for v in (pixel, sample, x, y))
        interaction = self.tracer.scene.ray_intersect(self.tracer.camera_rays(x, y))
        plan = plan_directions(self.directions, separation.knots)
        shift = _random_numbers(mi, pixel, seed, 2)
        values = integrate_terms(
            self.tracer,
            interaction,
            shift,
            sample * plan.directions,
            plan,
            separation.knots,
            separation.material.specular,
        )
        dr.eval(values)
        # Summed here and not by scattering: concurrent additions would come in another order each time.
        starts = np.flatnonzero(np.diff(owner, prepend=owner[0] + 1))
        sums = np.zeros((terms, count), np.float32)
        for row, value in zip(sums, values, strict=True):
            row[owner[starts]] = np.add.reduceat(np.asarray(value), starts)
        covered = np.bincount(owner, minlength=count).astype(np.float32)
        return sums / samples, covered / samples

    def _film_positions(self, pixel: Any, sample: Any, seed: int) -> tuple[Any, Any]:
        """Sample the Gaussian filter around each pixel centre (filter importance sampling)."""
        import drjit as dr

        mi, size = self.tracer.mi, self.geometry.size
        sigma = min(self.geometry.filter_sigma, _SAMPLED_SIGMA)
        tail = math.erf(_FILTER_RADIUS_SIGMAS / math.sqrt(2))
        centre = (mi.Float(pixel % size) + 0.5, mi.Float(pixel // size) + 0.5)
        shift = _random_numbers(mi, pixel, seed, 0)
        position = []
        for axis in range(2):
            u = shift[axis] + R2[axis] * mi.Float(sample)
            u -= dr.floor(u)
            position.append(centre[axis] + sigma * math.sqrt(2) * dr.erfinv(tail * (2 * u - 1)))
        return position[0], position[1]

    def _stage_terms(self, seed: int) -> np.ndarray:
        """Return raw terms (T, S²) of the stage as if nothing stood before it (shadows included).

        What the particles take away is subtracted from the light of the empty scene, which is computed once
        and with many directions: so the stage is noisy only where a shadow falls.
        """
        size = self.geometry.size
        blocked = self._stage_field(_STAGE_DIRECTIONS, seed, "blocked")
        if "field" not in self._empty_stage:
            self._empty_stage["field"] = self._stage_field(_EMPTY_STAGE_DIRECTIONS, 0, "unoccluded")
        terms = interpolate_field(self._empty_stage["field"] - blocked, size)
        return terms.reshape(len(terms), size * size)

    def _stage_field(self, directions: int, seed: int, visibility: Visibility) -> np.ndarray:
        """Return raw terms (T, E, E) on the coarse grid of stage points."""
        import drjit as dr

        mi, separation = self.tracer.mi, self.separation.stage
        axis = np.arange(-_STAGE_MARGIN, math.ceil(self.geometry.size / _STAGE_SPACING) + _STAGE_MARGIN)
        edge = len(axis)
        y, x = (
            mi.Float(v.ravel().astype(np.float32)) + 0.5
            for v in np.meshgrid(axis * _STAGE_SPACING, axis * _STAGE_SPACING, indexing="ij")
        )
        plan = plan_directions(directions, separation.knots)
        values = integrate_terms(
            self.tracer,
            self._stage_interaction(x, y),
            _random_numbers(mi, dr.arange(mi.UInt32, edge * edge), seed, 4),
            mi.UInt32(0),
            plan,
            separation.knots,
            separation.material.specular,
            visibility,
        )
        dr.eval(values)
        return np.stack([np.asarray(value) for value in values]).reshape(-1, edge, edge)

    def _stage_interaction(self, x: Any, y: Any) -> Any:
        import drjit as dr

        mi, g = self.tracer.mi, self.geometry
        ray = self.tracer.camera_rays(x, y)
        distance = (g.stage_top - ray.o.y) / ray.d.y
        interaction = dr.zeros(mi.SurfaceInteraction3f, dr.width(x))
        interaction.t = distance
        interaction.p = ray(distance)
        interaction.n = mi.Normal3f(0, 1, 0)
        interaction.sh_frame = mi.Frame3f(mi.Normal3f(0, 1, 0))
        interaction.wi = interaction.to_local(-ray.d)
        return interaction


def interpolate_field(coarse: np.ndarray, size: int) -> np.ndarray:
    """Interpolate stage terms from the coarse grid to pixels: (T, E, E) to (T, S, S), linear."""
    steps = np.arange(size) / _STAGE_SPACING + _STAGE_MARGIN
    low = np.floor(steps).astype(int)
    rest = (steps - low).astype(np.float32)
    rows = coarse[:, low] * (1 - rest)[None, :, None] + coarse[:, low + 1] * rest[None, :, None]
    return rows[:, :, low] * (1 - rest) + rows[:, :, low + 1] * rest


def _widen_filter(images: np.ndarray, sigma: float) -> np.ndarray:
    """Convolve with what the sampled part lacks of the reconstruction filter."""
    if sigma <= _SAMPLED_SIGMA:
        return images
    rest = math.sqrt(sigma**2 - _SAMPLED_SIGMA**2)
    blurred = ndimage.gaussian_filter(images, (0, rest, rest), mode="constant", truncate=_FILTER_RADIUS_SIGMAS)
    # The film divides by the filter's weight inside the image, as Mitsuba's does.
    weight = ndimage.gaussian_filter(
        np.ones(images.shape[1:], np.float32), rest, mode="constant", truncate=_FILTER_RADIUS_SIGMAS
    )
    return blurred / weight


def _random_numbers(mi: Any, index: Any, seed: int, stream: int) -> tuple[Any, Any, Any]:
    """Return three uniform numbers per index, from a hash of index, seed and stream."""
    scale = 2.0**-24
    words = (
        *mi.sample_tea_32(index, mi.UInt32((seed + stream) & 0xFFFFFFFF), 12),
        mi.sample_tea_32(index, mi.UInt32((seed + stream + 1) & 0xFFFFFFFF), 12)[0],
    )
    first, second, third = (mi.Float(word >> 8) * scale for word in words)
    return first, second, third


def check_frame(geometry: SceneGeometry) -> None:
    """Refuse a camera that looks past the stage.

    Raises
    ------
    ConfigError
        If the stage does not fill the image.
    """
    reach = geometry.half_width_at_focus / geometry.camera_height * (geometry.camera_height - geometry.stage_top)
    if reach >= geometry.stage_half_width:
        raise ConfigError(
            f"`rendering.field_of_view_deg` {geometry.field_of_view_deg} at `rendering.camera_height` "
            f"{geometry.camera_height} looks past the stage, which ends at ±{geometry.stage_half_width}; "
            "make one of them smaller."
        )
