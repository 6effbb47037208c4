"""Rays: one Mitsuba scene of particles whose vertices are updated, and the lights in closed form.

Stage, slab and ring are boxes and a cylinder; whether a ray meets them is a formula, so only the particles
are traced. `SceneTracer` keeps a single Mitsuba scene: rebuilding scenes leaks memory (mitsuba3 issue 1890).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from diffrendergan.rendering.geometry import Soup
from diffrendergan.scene.geometry import SceneGeometry

STEP = 1e-5
"""How far behind a hit a ray goes on, as a fraction of the distance: enough not to meet the same face again."""

_MOST_CROSSINGS = 4
"""Faces that a ray meets within a particle before it leaves it: more stand in a dense heap of overlapping ones only."""


@dataclass(frozen=True)
class Arrival:
    """Radiance from a direction, by its source, and where the direction meets the slab's plane."""

    ring: Any
    slab: Any
    slab_distance: Any
    slab_x: Any
    slab_z: Any

    @property
    def total(self) -> Any:
        """Radiance from either source."""
        return self.ring + self.slab


class SceneTracer:
    """Intersects rays with the particles of one constellation at a time.

    Parameters
    ----------
    mitsuba : module
        With its variant set (`rendering.backend.load_mitsuba`).
    geometry : SceneGeometry
        Camera and lights.
    """

    def __init__(self, mitsuba: ModuleType, geometry: SceneGeometry) -> None:
        self.mi = mitsuba
        self.geometry = geometry
        self._scene: Any = None
        self._params: Any = None
        self._shape: tuple[int, int] | None = None
        self._owner: Any = None
        self._spheres = np.zeros((0, 4))

    @property
    def scene(self) -> Any:
        """The Mitsuba scene that holds the particles."""
        return self._scene

    def place(self, soup: Soup) -> None:
        """Put a constellation into the scene."""
        mi = self.mi
        shape = (len(soup.vertices), len(soup.faces))
        if self._shape != shape:
            mesh = mi.Mesh("particles", *shape, has_vertex_normals=True)
            mesh_params = mi.traverse(mesh)
            set_vertices(mi, mesh_params, soup)
            mesh_params["faces"] = mi.UInt32(soup.faces.ravel())
            mesh_params.update()
            self._scene = mi.load_dict({"type": "scene", "particles": mesh}, optimize=False)
            self._params = mi.traverse(self._scene)
            self._shape = shape
        else:
            set_vertices(mi, self._params, soup, "particles.")
            self._params.update()
        self._owner = mi.UInt32(soup.owner)
        self._spheres = soup.spheres

    @property
    def spheres(self) -> np.ndarray:
        """Centre and radius of a sphere around each particle, (n, 4)."""
        return self._spheres

    def owner(self, interaction: Any) -> Any:
        """Return the particle identifier 1..n of each hit, 0 where no particle was hit."""
        import drjit as dr

        return dr.gather(self.mi.UInt32, self._owner, interaction.prim_index, interaction.is_valid())

    def chord(self, rays: Any, reached: Any, owner: Any, active: Any) -> Any:
        """Return how far rays run within the particle that they meet first [scene units].

        Faces of others that stand in it are passed, a few of them; in the stage a particle ends.

        Parameters
        ----------
        rays : mitsuba.Ray3f
        reached : mitsuba.Float
            Where they meet it.
        owner : mitsuba.UInt32
            The particle.
        active : mitsuba.Bool
            Rays that count.
        """
        import drjit as dr

        mi, left, end = self.mi, active, reached
        for _ in range(_MOST_CROSSINGS):
            start = end + STEP * (1 + end)
            hit = self.scene.ray_intersect_preliminary(
                mi.Ray3f(rays(start), rays.d, rays.maxt - start, 0.0, []), coherent=True, active=left
            )
            found = left & hit.is_valid()
            end = dr.select(left, dr.select(found, start + hit.t, rays.maxt), end)
            left = found & (self.owner(hit) != owner)
        return end - reached

    def camera_rays(self, x: Any, y: Any) -> Any:
        """Return rays through film positions [px], x to the right and y down.

        Image right is scene −z and image down is scene +x: the camera looks down with −x upwards on the film,
        as in the authors' published images.
        """
        mi, g = self.mi, self.geometry
        scale = 2 * g.half_width_at() / (g.camera_height * g.size)
        direction = mi.Vector3f((y - g.size / 2) * scale, -1, -(x - g.size / 2) * scale)
        import drjit as dr

        direction = dr.normalize(direction)
        ray = mi.Ray3f(mi.Point3f(0, g.camera_height, 0), direction)
        # What sinks into the stage is not seen.
        ray.maxt = (g.stage_top - g.camera_height) / direction.y
        return ray

    def light(self, origin: Any, direction: Any) -> Arrival:
        """Return the light that arrives at `origin` from `direction` if no particle is in between."""
        import drjit as dr

        g = self.geometry
        rising = direction.y > 0
        # Distance to the ring wall, from a point inside it: the far root of |origin + t·direction|² = radius².
        a = dr.maximum(dr.square(direction.x) + dr.square(direction.z), 1e-12)
        half_b = origin.x * direction.x + origin.z * direction.z
        c = dr.square(origin.x) + dr.square(origin.z) - g.ring_radius**2
        reach = (dr.sqrt(dr.maximum(dr.square(half_b) - a * c, 0)) - half_b) / a
        on_ring = dr.abs(origin.y + reach * direction.y) <= g.ring_half_height
        # The slab above and the stage below stand before the ring.
        level = dr.select(rising, g.slab_bottom, g.stage_top)
        half = dr.select(rising, g.slab_half_width, g.stage_half_width)
        t = (level - origin.y) / dr.select(dr.abs(direction.y) > 1e-12, direction.y, 1e-12)
        x, z = origin.x + t * direction.x, origin.z + t * direction.z
        covered = (t > 0) & (dr.abs(x) <= half) & (dr.abs(z) <= half)
        return Arrival(
            ring=dr.select(on_ring & ~covered, g.ring_radiance, 0.0),
            slab=dr.select(covered & rising, g.slab_radiance, 0.0),
            slab_distance=t,
            slab_x=x,
            slab_z=z,
        )


def set_vertices(mi: ModuleType, params: Any, soup: Soup, prefix: str = "") -> None:
    """Set the vertices and normals of a mesh in its scene parameters; `prefix` names the mesh."""
    params[f"{prefix}vertex_positions"] = mi.Float(np.ascontiguousarray(soup.vertices).ravel())
    params[f"{prefix}vertex_normals"] = mi.Float(np.ascontiguousarray(soup.normals).ravel())
