"""Label images: one ray through each pixel centre, no blending at edges."""

from __future__ import annotations

import numpy as np

from diffrendergan.rendering.geometry import Soup
from diffrendergan.rendering.tracing import SceneTracer


def label_image(tracer: SceneTracer, soup: Soup | None = None) -> np.ndarray:
    """Return which particle each pixel's centre shows.

    Parameters
    ----------
    tracer : SceneTracer
        Its constellation is labelled.
    soup : Soup, optional
        A constellation to place first.

    Returns
    -------
    numpy.ndarray
        int32 (S, S): 0 where no particle is seen, else the particle's row in Φ plus one.
    """
    import drjit as dr

    if soup is not None:
        tracer.place(soup)
    mi, size = tracer.mi, tracer.geometry.size
    pixel = dr.arange(mi.UInt32, size * size)
    rays = tracer.camera_rays(mi.Float(pixel % size) + 0.5, mi.Float(pixel // size) + 0.5)
    owner = tracer.owner(tracer.scene.ray_intersect_preliminary(rays))
    return np.asarray(owner).astype(np.int32).reshape(size, size)
