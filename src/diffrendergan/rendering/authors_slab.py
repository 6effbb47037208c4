"""The slab of light as the authors' renderer sees it (`rendering.slab_normals: authors`).

Their slab is a box whose mesh file has no normals, so Mitsuba averages them over the faces that share a vertex. On the
side that faces the particles this tilts the normals at x = −10 by 55°, and leaves those at x = +10 as they are. An area
light shines only from the side that its *shading* normal faces, and is sampled with a density that uses this normal in
place of the true one, so that sampling the light and sampling the BSDF estimate different images; combined by multiple
importance sampling they give something in between, 2 % darker than the slab really is. This module gives the light
that this combination estimates, so that the authors' images can be reproduced.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from diffrendergan.rendering.separation import Separation
    from diffrendergan.rendering.tracing import Arrival, SceneTracer
    from diffrendergan.scene.geometry import SceneGeometry

_TILT = 1 / math.sqrt(3)
EMITTERS = 2
"""Ring and slab: Mitsuba samples one of them, each as often."""


def slab_mesh(mi: ModuleType, g: SceneGeometry, properties: Any) -> Any:
    """Return the slab as a Mitsuba mesh with the authors' normals on the side that faces the particles."""
    low, high, half = g.slab_bottom, g.slab_top, g.slab_half_width
    vertices: list[list[float]] = []
    normals: list[np.ndarray] = []
    faces: list[list[int]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.zeros(3)
            normal[axis] = sign
            others = [other for other in range(3) if other != axis]
            corners = []
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner = np.zeros(3)
                corner[axis], corner[others[0]], corner[others[1]] = sign, a, b
                corners.append(corner)
            if np.dot(np.cross(corners[1] - corners[0], corners[2] - corners[0]), normal) < 0:
                corners.reverse()
            facing = axis == 1 and sign < 0
            # The diagonal of the facing side runs from (10, 10) to (−10, −10), as in the authors' mesh.
            start = next(i for i, corner in enumerate(corners) if corner[0] > 0 and corner[2] > 0) if facing else 0
            corners = corners[start:] + corners[:start]
            base = len(vertices)
            for corner in corners:
                vertices.append([corner[0] * half, high if corner[1] > 0 else low, corner[2] * half])
                tilted = facing and corner[0] < 0
                normals.append(np.array([-_TILT, -_TILT, corner[2] * _TILT]) if tilted else normal)
            faces += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
    mesh = mi.Mesh("slab", len(vertices), len(faces), props=properties, has_vertex_normals=True)
    params = mi.traverse(mesh)
    params["vertex_positions"] = mi.Float(np.array(vertices, np.float32).ravel())
    params["vertex_normals"] = mi.Float(np.array(normals, np.float32).ravel())
    params["faces"] = mi.UInt32(np.array(faces, np.uint32).ravel())
    params.update()
    return mesh


def slab_area(g: SceneGeometry) -> float:
    """Return the surface of the slab [scene units²]."""
    side, height = 2 * g.slab_half_width, g.slab_top - g.slab_bottom
    return 2 * side**2 + 4 * side * height


def authors_light(
    tracer: SceneTracer, separation: Separation, light: Arrival, wi: Any, wo: Any, half: Any, direction: Any
) -> list[Any]:
    """Return the radiance that the authors' estimator makes of the light, for each roughness knot.

    With densities p_b of the BSDF's samples and p_e of the emitter's (power heuristic), and the angles of the
    direction with the shading normal n and the true one y, sampling the BSDF counts the slab's radiance with
    p_b²/(p_b² + p_e²), and sampling the emitter with p_e²/(p_b² + p_e²) · cos n / cos y.
    """
    import drjit as dr

    mi, g = tracer.mi, tracer.geometry
    facing = _cosine(mi, dr, g, light, direction)
    shining = facing > 1e-6
    emitter = dr.square(light.slab_distance) / (EMITTERS * slab_area(g) * dr.maximum(facing, 1e-6))
    stretch = facing / dr.maximum(direction.y, 1e-6)
    factors = []
    for alpha in separation.tables["lobe"].widths:
        lobe = mi.MicrofacetDistribution(mi.MicrofacetType.GGX, alpha, sample_visible=True)
        density = 0.5 * wo.z / math.pi + 0.5 * lobe.pdf(wi, half) / (4 * dr.maximum(dr.dot(wo, half), 1e-6))
        weight = dr.square(emitter) / (dr.square(emitter) + dr.square(density))
        factors.append(light.ring + dr.select(shining, light.slab * (1 - weight + weight * stretch), 0.0))
    return factors


def _cosine(mi: ModuleType, dr: ModuleType, g: SceneGeometry, light: Arrival, direction: Any) -> Any:
    """Return the cosine between the direction and the slab's interpolated normal where they meet."""
    half = g.slab_half_width
    u, v = (light.slab_x + half) / (2 * half), (light.slab_z + half) / (2 * half)
    # Barycentric in the triangle on either side of the diagonal x = z; corners at x = +10 are straight.
    # Weights of the corners (−10, −10) and (−10, +10):
    upper = v > u
    near, far = dr.select(upper, 1 - v, 1 - u), dr.select(upper, v - u, 0.0)
    straight = 1 - near - far
    normal = dr.normalize(mi.Vector3f(-_TILT * (near + far), -_TILT * (near + far) - straight, _TILT * (far - near)))
    return -dr.dot(normal, direction)
