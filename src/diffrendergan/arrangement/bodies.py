"""What placement has to know of the meshes, and how they are rotated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from diffrendergan.particles.files import simplified
from diffrendergan.particles.mesh import Mesh, enclosed_volume

UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])
"""The quaternion of no rotation (x, y, z, w)."""
CONTACT_FACES = 1000
"""Contact is tested on meshes simplified to this: within 1 % of a radius, at a fifth of the time."""


@dataclass(frozen=True)
class Bodies:
    """The particles that a constellation can have.

    Attributes
    ----------
    meshes : tuple of Mesh
        In the order of Φ.
    """

    meshes: tuple[Mesh, ...]

    @classmethod
    def of(cls, meshes: Sequence[Mesh]) -> Bodies:
        """Return the bodies of a mesh library."""
        return cls(tuple(meshes))

    def __len__(self) -> int:
        """Return the number of meshes, n."""
        return len(self.meshes)

    @cached_property
    def max_radii(self) -> NDArray[np.float64]:
        """Radius of a sphere around each mesh at size 1, (n,) [unit]."""
        return np.array([mesh.max_radius for mesh in self.meshes])

    @cached_property
    def contact_meshes(self) -> tuple[Mesh, ...]:
        """The meshes with at most CONTACT_FACES triangles, for tests of contact."""
        same = {id(mesh): simplified(mesh, CONTACT_FACES) for mesh in {id(mesh): mesh for mesh in self.meshes}.values()}
        return tuple(same[id(mesh)] for mesh in self.meshes)

    @cached_property
    def thicknesses(self) -> NDArray[np.float64]:
        """Volume over half the area at size 1, (n,) [unit]: the thickness of a plate, the radius of a wire."""
        solids = [mesh.to_trimesh() for mesh in self.contact_meshes]
        return np.array([2 * enclosed_volume(solid) / solid.area for solid in solids])

    @cached_property
    def headings(self) -> NDArray[np.float64]:
        """Angle of each mesh's long axis about the vertical, (n,) [rad]; a rotation about y by ψ adds ψ to it."""
        return np.array([_heading(mesh) for mesh in self.meshes])

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Extent of each mesh along its long axis in the plane, at size 1, (n,) [unit]."""
        spans = []
        for mesh, angle in zip(self.meshes, self.headings, strict=True):
            spans.append(np.ptp(mesh.vertices[:, 0] * np.cos(angle) - mesh.vertices[:, 2] * np.sin(angle)))
        return np.array(spans)

    def depths(self, rotations: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return how far each rotated mesh reaches below its centre at size 1, (n,) [unit]."""
        lowest = []
        for i, mesh in enumerate(self.meshes):
            down = np.array([0.0, -1.0, 0.0])
            if rotations is not None:
                down = Rotation.from_quat(rotations[i]).inv().apply(down)
            lowest.append(float((mesh.vertices @ down).max()))
        return np.array(lowest)

    def subset(self, chosen: NDArray[np.int64]) -> Bodies:
        """Return some of the bodies."""
        part = Bodies(tuple(self.meshes[i] for i in chosen))
        if "contact_meshes" in self.__dict__:  # simplified once for all constellations
            part.__dict__["contact_meshes"] = tuple(self.contact_meshes[i] for i in chosen)
        return part


def draw_rotations(kind: str, count: int, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """Draw rotations, uniformly over all orientations (`any`) or over those about the vertical axis y (`vertical`).

    Returns
    -------
    float64 (count, 4) or None
        Unit quaternions (x, y, z, w) in the axes of the scene; None for `none`.
    """
    if kind == "none":
        return None
    if kind == "vertical":
        return about_vertical(rng.uniform(0, 2 * np.pi, count))
    quaternions = rng.standard_normal((count, 4))
    return quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)


def about_vertical(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the quaternions of rotations about y, (count, 4)."""
    zeros = np.zeros_like(angles)
    return np.stack([zeros, np.sin(angles / 2), zeros, np.cos(angles / 2)], axis=1)


def _heading(mesh: Mesh) -> float:
    flat = mesh.vertices[:, [0, 2]].astype(np.float64)
    _, axes = np.linalg.eigh(np.cov(flat.T))
    x, z = axes[:, -1]
    return float(np.arctan2(-z, x))
