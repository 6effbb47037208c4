"""Contact of true meshes: whether two overlap, and how far one can slide until it touches."""

from __future__ import annotations

import fcl
import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.bodies import Bodies

BISECTIONS = 14
"""Halvings of the last step of a slide: a particle stops within 1e-4 radii of contact."""


class Collider:
    """Meshes of one constellation, at their sizes and rotations, put in place one after the other.

    They are the contact meshes of `Bodies`, so contact is exact to about 1 % of a radius.

    Parameters
    ----------
    bodies : Bodies
    sizes : float64 (n,)
    rotations : float64 (n, 4) or None
        Quaternions (x, y, z, w) in the axes of the scene.

    Notes
    -----
    Centres are those of Φ: (x, y, z) lies at (x, z, y) of the scene, in units of `arrangement.unit`.
    """

    def __init__(self, bodies: Bodies, sizes: NDArray[np.float64], rotations: NDArray[np.float64] | None) -> None:
        self._radii = bodies.max_radii * sizes
        # Nothing is passed through in steps smaller than the thinnest body.
        self._stride = float((bodies.thicknesses * sizes).min())
        self._vertices = [
            mesh.vertices.astype(np.float64) * size for mesh, size in zip(bodies.contact_meshes, sizes, strict=True)
        ]
        self._faces = [mesh.faces for mesh in bodies.contact_meshes]
        self._turns = [np.array([1.0, 0.0, 0.0, 0.0])] * len(sizes)
        if rotations is not None:
            self._turns = [rotation[[3, 0, 1, 2]] for rotation in rotations]  # FCL wants w first
        self._objects = [_object(vertices, faces) for vertices, faces in zip(self._vertices, self._faces, strict=True)]
        self._centres = np.full((len(sizes), 3), np.inf)

    def clear(self) -> None:
        """Take all particles away."""
        self._centres[:] = np.inf

    def put(self, i: int, centre: NDArray[np.float64]) -> None:
        """Put particle i in place, whether it is free there or not."""
        self._centres[i] = centre
        self._move(i, centre)

    def free(self, i: int, centre: NDArray[np.float64]) -> bool:
        """Tell whether particle i, were it there, would overlap none of the others in place."""
        near = self._near(i, centre)
        if not len(near):
            return True
        self._move(i, centre)
        free = not any(self._hits(i, centre, j) for j in near)
        if np.isfinite(self._centres[i, 0]):
            self._move(i, self._centres[i])
        return free

    def slide(
        self, i: int, start: NDArray[np.float64], direction: NDArray[np.float64], length: float
    ) -> NDArray[np.float64]:
        """Return where particle i comes to rest if it slides from a free place until it touches another.

        Parameters
        ----------
        i
        start : float64 (3,)
        direction : float64 (3,)
            Unit vector.
        length
            Longest way [unit].
        """
        reached, step = 0.0, self._stride
        while reached < length:
            further = min(reached + step, length)
            if not self.free(i, start + direction * further):
                break
            reached = further
        else:
            return start + direction * reached
        blocked = further
        for _ in range(BISECTIONS):
            middle = (reached + blocked) / 2
            if self.free(i, start + direction * middle):
                reached = middle
            else:
                blocked = middle
        return start + direction * reached

    def _move(self, i: int, centre: NDArray[np.float64]) -> None:
        self._objects[i].setTransform(fcl.Transform(self._turns[i], _scene(centre)))

    def _near(self, i: int, centre: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the others in place whose bounding spheres that of particle i would meet."""
        offsets = self._centres - centre
        near = np.einsum("ij,ij->i", offsets, offsets) < (self._radii + self._radii[i]) ** 2
        near[i] = False
        return np.flatnonzero(near)

    def _hits(self, i: int, centre: NDArray[np.float64], j: int) -> bool:
        result = fcl.CollisionResult()
        if fcl.collide(self._objects[i], self._objects[j], fcl.CollisionRequest(num_max_contacts=1), result) > 0:
            return True
        # Surfaces that do not meet: one may lie inside the other.
        inner, outer = (i, j) if self._radii[i] < self._radii[j] else (j, i)
        places = {i: centre, j: self._centres[j]}
        offset = _scene(places[inner]) - _scene(places[outer])
        if np.linalg.norm(offset) > self._radii[outer]:
            return False
        return self._encloses(outer, offset)

    def _encloses(self, i: int, offset: NDArray[np.float64]) -> bool:
        """Tell whether the surface of particle i winds around a point at an offset from its centre (scene axes)."""
        turn = fcl.Transform(self._turns[i], np.zeros(3)).getRotation()
        corners = (self._vertices[i] - turn.T @ offset)[self._faces[i]]
        a, b, c = (corners[:, k] for k in range(3))
        lengths = np.linalg.norm(corners, axis=2)
        volume = np.einsum("ij,ij->i", a, np.cross(b, c))
        below = (
            lengths.prod(axis=1)
            + np.einsum("ij,ij->i", a, b) * lengths[:, 2]
            + np.einsum("ij,ij->i", b, c) * lengths[:, 0]
            + np.einsum("ij,ij->i", c, a) * lengths[:, 1]
        )
        # Solid angles after Van Oosterom and Strackee 1983; they add up to 4π inside and to 0 outside.
        return bool(np.arctan2(volume, below).sum() > np.pi)


def _object(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> fcl.CollisionObject:
    model = fcl.BVHModel()
    model.beginModel(len(vertices), len(faces))
    model.addSubModel(vertices, faces)
    model.endModel()
    return fcl.CollisionObject(model)


def _scene(centre: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(centre)[[0, 2, 1]]
