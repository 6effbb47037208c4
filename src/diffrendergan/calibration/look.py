"""Arrangements in a neutral material: what they look like before anything is learned."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.calibration.rules import RULES
from diffrendergan.config.project import Project
from diffrendergan.config.scene import Modality
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.buffers import trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.scene_tracer import make_scene_tracer
from diffrendergan.rendering.section.renderer import cutter_of
from diffrendergan.rendering.sequence import R2
from diffrendergan.rendering.shown import Look, Shown, ShownTracer
from diffrendergan.rendering.topography.renderer import feeler_of
from diffrendergan.runs import seeds
from diffrendergan.scene.geometry import scene_scale


@dataclass(frozen=True)
class Levels:
    """Grey levels of real patches, to which neutral pictures are brought.

    Attributes
    ----------
    background, particle : float
        Usual brightness, in [0, 1]; particles may be darker.
    noise : float
        Standard deviation of the pixel noise.
    blur_px : float
        Gaussian blur of the picture before the noise [px].
    rim : float
        How much brighter the outermost rim of a particle is than a face that looks at the camera: secondary
        electrons show edges so.
    """

    background: float
    particle: float
    noise: float = 0.01
    blur_px: float = 0.7
    rim: float = 1.0


@dataclass(frozen=True, eq=False)
class Tracing:
    """What one arrangement shows, before grey levels are chosen.

    Attributes
    ----------
    light : float32 (S, S)
        Light on a matt surface, in transmission the share of the beam that is absorbed, in height images the height, in
        sections the share that is filled; 0 where there is no particle.
    tilt : float32 (S, S)
        1 − cos of the angle between the surface and the view: 0 faces the camera, 1 is a rim.
    labels : int32 (S, S)
        0, or the particle's row in Φ plus one.
    seed : int
        Of the noise.
    """

    light: NDArray[np.float32]
    tilt: NDArray[np.float32]
    labels: NDArray[np.int32]
    seed: int

    def picture(self, levels: Levels) -> NDArray[np.float32]:
        """Return the image at given grey levels, in [0, 1]: float32 (S, S)."""
        covered = self.labels > 0
        raw = self.light * (1 + levels.rim * self.tilt**2)
        bright = float(np.median(raw[covered])) if covered.any() else 1.0
        image = levels.background + raw * (levels.particle - levels.background) / max(bright, 1e-6)
        image = ndimage.gaussian_filter(image, levels.blur_px)
        noise = seeds.generator(self.seed, "noise").normal(0, levels.noise, raw.shape)
        return np.clip(image + noise, 0, 1).astype(np.float32)


def _felt(project: Project, unit: float | None) -> Look[Shown]:
    return feeler_of(project)


_SHOWN: Mapping[Modality, Callable[[Project, float | None], Look[Shown]]] = {"topography": _felt, "section": cutter_of}
"""What looks at a constellation, where that is neither light nor a beam, for an `arrangement.unit`."""


class NeutralScene:
    """Renders arrangements of a mesh library in a neutral material: matt and lit, absorbing, felt, or cut.

    One camera ray and a few light directions per pixel, without the stage's shading: a fifth of a second where a
    whole image takes one.

    Parameters
    ----------
    project : Project
        Camera, patch size; its materials are not used.
    meshes : sequence of Mesh
    """

    def __init__(self, project: Project, meshes: Sequence[Mesh]) -> None:
        self._tracer = make_scene_tracer(project)
        self._particles = ParticleSet.from_library(meshes, project.arrangement.unit)
        self._project = project
        self._modality = project.rendering.modality
        self._thickness = scene_scale(project).thickness

    def labels(self, phi: NDArray[np.float32], unit: float | None = None) -> NDArray[np.int32]:
        """Return only the labels of one constellation, int32 (S, S)."""
        return self._shown(phi, unit).labels if self._modality in _SHOWN else self._hits(phi, unit)[1]

    def trace(self, phi: NDArray[np.float32], seed: int, unit: float | None = None) -> Tracing:
        """Trace one constellation.

        Parameters
        ----------
        phi : float32 (n, 4) or (n, 8)
        seed : int
            Of light directions and noise.
        unit : float, optional
            Another `arrangement.unit` than the project's [scene units].
        """
        if self._modality in _SHOWN:
            shown = self._shown(phi, unit)
            return Tracing(shown.neutral, np.zeros_like(shown.neutral), shown.labels, seed)
        hits, labels = self._hits(phi, unit)
        light, tilt = np.zeros(labels.shape, np.float32), np.zeros(labels.shape, np.float32)
        covered = labels > 0
        if self._modality == "transmission":
            light = self._absorbed(self._particles.unit if unit is None else unit)
        elif covered.any():
            light[covered], tilt[covered] = self._shade(hits, seeds.generator(seed, "light"))
        return Tracing(light, tilt, labels, seed)

    def _shown(self, phi: NDArray[np.float32], unit: float | None) -> Shown:
        """Return what a tip feels of a constellation, or where it is cut."""
        look = _SHOWN[self._modality](self._project, unit)
        return ShownTracer(self._tracer, self._of_unit(unit), look).shown(phi)

    def _of_unit(self, unit: float | None) -> ParticleSet:
        particles = self._particles
        return particles if unit is None else ParticleSet(particles.meshes, particles.normals, unit)

    def _hits(self, phi: NDArray[np.float32], unit: float | None) -> tuple[Any, NDArray[np.int32]]:
        """Place a constellation and return what the pixels' centres meet, with the labels."""
        import drjit as dr

        particles = self._of_unit(unit)
        tracer = self._tracer
        tracer.place(particles.place(phi))
        mi, size = tracer.mi, tracer.geometry.size
        pixel = dr.arange(mi.UInt32, size * size)
        rays = tracer.camera_rays(mi.Float(pixel % size) + 0.5, mi.Float(pixel // size) + 0.5)
        hits = tracer.scene.ray_intersect(rays, mi.RayFlags.All, coherent=True)
        labels = np.asarray(mi.UInt32(tracer.owner(hits))).astype(np.int32).reshape(size, size)
        return hits, labels

    def _absorbed(self, unit: float) -> NDArray[np.float32]:
        """Return the share of the beam that what was placed absorbs, float32 (S, S)."""
        ways = trace_buffers(self._tracer, ("thickness",))["thickness"]
        return np.asarray(-np.expm1(-RULES.absorption * ways / (self._thickness * unit)), np.float32)

    def _shade(self, hits: Any, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return light and tilt of the pixels that show particles, in reading order."""
        import drjit as dr

        mi = self._tracer.mi
        seen: Any = dr.compress(hits.is_valid())
        point, normal = (dr.gather(mi.Vector3f, mi.Vector3f(values), seen) for values in (hits.p, hits.sh_frame.n))
        frame = mi.Frame3f(normal)
        cosine = dr.gather(mi.Float, mi.Frame3f.cos_theta(hits.wi), seen)
        light = dr.zeros(mi.Float, len(seen))
        shift = [mi.Float(rng.random(len(seen), dtype=np.float32)) for _ in R2]
        for number in range(RULES.light_directions):
            moved = [start + step * number for start, step in zip(shift, R2, strict=True)]
            sample = mi.Point2f(*(value - dr.floor(value) for value in moved))
            direction = frame.to_world(mi.warp.square_to_cosine_hemisphere(sample))
            ray = mi.Ray3f(mi.Point3f(point + RULES.shadow_start * normal), direction)
            arriving = self._tracer.light(ray.o, direction).total
            light += dr.select(self._tracer.scene.ray_test(ray), 0.0, arriving)
        return np.asarray(light / RULES.light_directions), np.asarray(1 - dr.abs(cosine))
