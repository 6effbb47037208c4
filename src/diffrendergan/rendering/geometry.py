"""The virtual scene in numbers (METHOD §4): where things are, in scene units, y towards the detector."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh


@dataclass(frozen=True)
class SceneGeometry:
    """Camera, film, stage and lights; all lengths in scene units.

    Source: Possart et al. 2025, "Virtual scene design"; METHOD §4.
    """

    size: int
    """Edge of the square film [px]."""
    camera_height: float
    field_of_view_deg: float
    filter_sigma: float
    """Gaussian reconstruction filter [px]."""
    ring_radiance: float
    slab_radiance: float
    stage_top: float = -3.0
    stage_half_width: float = 10.0
    slab_bottom: float = 7.0
    slab_top: float = 9.0
    slab_half_width: float = 10.0
    ring_radius: float = 15.0
    ring_half_height: float = 12.5

    @property
    def half_width_at_focus(self) -> float:
        """Half of the field of view in the particles' plane y = 0."""
        return self.camera_height * math.tan(math.radians(self.field_of_view_deg) / 2)

    @property
    def pixels_per_unit(self) -> float:
        """Magnification in the plane y = 0 [px per scene unit]."""
        return self.size / (2 * self.half_width_at_focus)


def scene_geometry(config: RenderingConfig, size: int) -> SceneGeometry:
    """Return the scene of a configuration, for a film of `size` × `size` pixels."""
    return SceneGeometry(
        size=size,
        camera_height=config.camera_height,
        field_of_view_deg=config.field_of_view_deg,
        filter_sigma=config.filter_sigma,
        ring_radiance=config.ring_radiance,
        slab_radiance=config.slab_radiance,
    )


def project_geometry(project: Project) -> SceneGeometry:
    """Return the scene of a project: its film is as large as a patch."""
    return scene_geometry(project.rendering, project.data.patch_size)


@dataclass(frozen=True)
class Soup:
    """All particles of a constellation in one mesh, and which particle each face belongs to.

    One mesh with our own identifiers is cheaper to update than many shapes, and does not depend on the
    shape indices of the JIT variants, which follow no order.
    """

    vertices: np.ndarray
    """float32 (V, 3), scene units."""
    normals: np.ndarray
    """float32 (V, 3), unit length."""
    faces: np.ndarray
    """uint32 (F, 3)."""
    owner: np.ndarray
    """uint32 (F,): particle identifier 1..n of each face."""


@dataclass(frozen=True)
class ParticleSet:
    """The mesh library with its normals, ready to be placed many times."""

    meshes: tuple[Mesh, ...]
    normals: tuple[np.ndarray, ...]
    unit: float
    """Scene units per unit of Φ."""

    @classmethod
    def from_library(cls, meshes: list[Mesh], unit: float) -> ParticleSet:
        """Compute vertex normals once."""
        return cls(tuple(meshes), tuple(vertex_normals(mesh) for mesh in meshes), unit)

    def place(self, phi: np.ndarray) -> Soup:
        """Place particle i with row i of Φ.

        Parameters
        ----------
        phi : numpy.ndarray
            Shape (n, 4): x, y, z, scale in units of `unit`; Φ's (x, y, z) lies at scene (x, z, y).
        """
        positions = phi[:, [0, 2, 1]] * self.unit
        scales = phi[:, 3] * self.unit
        vertices, faces, owner, start = [], [], [], 0
        for index, mesh in enumerate(self.meshes):
            vertices.append(mesh.vertices * scales[index] + positions[index])
            faces.append(mesh.faces + start)
            owner.append(np.full(len(mesh.faces), index + 1, np.uint32))
            start += len(mesh.vertices)
        return Soup(
            np.concatenate(vertices).astype(np.float32),
            np.concatenate(self.normals).astype(np.float32),
            np.concatenate(faces).astype(np.uint32),
            np.concatenate(owner),
        )


def vertex_normals(mesh: Mesh) -> np.ndarray:
    """Return area-weighted vertex normals, float32 (V, 3)."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    weighted = np.cross(b - a, c - a)
    normals = np.zeros((len(mesh.vertices), 3))
    for corner in range(3):
        np.add.at(normals, mesh.faces[:, corner], weighted)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.maximum(lengths, 1e-20)).astype(np.float32)
