"""Surfaces with fewer faces."""

from __future__ import annotations

import numpy as np

from diffrendergan.particles.budget import is_sound, without_short_edges
from diffrendergan.particles.grid import sphere_grid


def test_edges_that_single_precision_cannot_tell_are_closed() -> None:
    vertices, faces = sphere_grid(200)
    start, stop, _ = faces[0]
    vertices = vertices.copy()
    vertices[stop] = vertices[start] + 1e-8
    points, left = without_short_edges(vertices, faces)
    assert len(points) == len(vertices) - 1 and len(left) == len(faces) - 2
    assert is_sound(points.astype(np.float32), left)
    sphere = sphere_grid(200)
    assert without_short_edges(*sphere)[1] is sphere[1]
