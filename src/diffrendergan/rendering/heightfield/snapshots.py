"""Constellations Φ as height fields: the buffers that transport's tracer gives, without tracing a ray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from diffrendergan.rendering.buffers import group_area
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.heightfield.relief import Relief, project
from diffrendergan.rendering.heightfield.scene import Atlas, Placement, Relieved, draw
from diffrendergan.rendering.protocol import BufferName
from diffrendergan.scene.geometry import SceneGeometry


@dataclass(frozen=True)
class HeightFieldScene:
    """Shows constellations of a mesh library from above.

    Each body is seen along the line from the camera to its centre, at the magnification of that centre: perspective
    within a body is left out, and so are undercuts.

    Attributes
    ----------
    geometry : SceneGeometry
        Camera and stage.
    particles : ParticleSet
        The mesh library.
    """

    geometry: SceneGeometry
    particles: ParticleSet

    def buffers(self, phi: NDArray[np.float32], names: Sequence[BufferName]) -> dict[BufferName, NDArray[Any]]:
        """Return buffers (S, S) of a constellation Φ (n, 4 or 8); see `protocol.BufferName`."""
        shown, magnification = self._shown(phi), self.geometry.pixels_per_unit_at()
        found: dict[BufferName, NDArray[Any]] = {
            "coverage": shown.coverage,
            "depth": -(self.geometry.stage_top + shown.height / np.float32(magnification)),
            "tilt": shown.tilt,
            "labels": shown.labels,
            "thickness": shown.thickness / np.float32(magnification),
            "group_area": group_area(shown.labels),
        }
        return {name: found[name] for name in names}

    def _shown(self, phi: NDArray[np.float32]) -> Relieved:
        present = np.flatnonzero(phi[:, 3] > 0)
        turns = Rotation.from_quat(phi[present, 4:]) if phi.shape[1] > 4 else Rotation.identity(len(present))
        unit, plane = self.particles.unit, self.geometry.pixels_per_unit_at()
        # Φ's (x, y, z) lies at scene (x, z, y); the image's columns run along −z, its rows along x.
        down, left, up = (phi[present, axis] * unit for axis in (0, 1, 2))
        magnification = np.array([self.geometry.pixels_per_unit_at(float(height)) for height in up])
        views = [self._towards(*place) for place in np.stack([down, up, left], axis=1)]
        reliefs = [self._relief(int(i), view * turn) for i, view, turn in zip(present, views, turns, strict=True)]
        middle = self.geometry.size / 2
        placed = Placement(
            body=np.arange(len(present)),
            column=_single(middle - left * magnification),
            row=_single(middle + down * magnification),
            height=_single((up - self.geometry.stage_top) * plane),
            scale=_single(phi[present, 3] * unit * magnification),
            turn=np.zeros(len(present), np.float32),
            mirrored=np.zeros(len(present), bool),
        )
        shown = draw(Atlas.of(reliefs), placed, (self.geometry.size, self.geometry.size))
        numbers = np.concatenate([[0], present + 1]).astype(np.int32)
        return Relieved(numbers[shown.labels], shown.height, shown.thickness, shown.tilt, shown.coverage)

    def _towards(self, x: float, y: float, z: float) -> Rotation:
        """Return the rotation that makes the line from a point to the camera vertical."""
        line = np.array([-x, self.geometry.camera_height - y, -z], float)
        return Rotation.align_vectors([[0.0, 1.0, 0.0]], [line / np.linalg.norm(line)])[0]

    def _relief(self, index: int, turn: Rotation) -> Relief:
        mesh, normals = self.particles.meshes[index], self.particles.normals[index]
        points, directions = (turn.apply(values.astype(np.float64)) for values in (mesh.vertices, normals))
        seen = [np.stack([-values[:, 2], values[:, 0], values[:, 1]], axis=1) for values in (points, directions)]
        return project(seen[0], seen[1], mesh.faces)


def _single(values: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)
