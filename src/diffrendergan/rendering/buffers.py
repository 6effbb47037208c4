"""What a scene shows beside light, for ground and operators: `protocol.BufferName`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from diffrendergan.rendering.labels import MOST_LAYERS, centre_rays, gathered, label_image
from diffrendergan.rendering.protocol import BufferName
from diffrendergan.rendering.tracing import STEP, SceneTracer

_FINE = 4
"""Rays per pixel and axis behind the coverage."""
_FILTER_RADIUS_SIGMAS = 4.0


def trace_buffers(tracer: SceneTracer, names: Sequence[BufferName]) -> dict[BufferName, NDArray[Any]]:
    """Return buffers (S, S) of the constellation that a tracer holds, by name; only what is asked for is traced."""
    found: dict[BufferName, NDArray[Any]] = {}
    if "coverage" in names:
        found["coverage"] = _coverage(tracer)
    if "labels" in names or "group_area" in names:
        found["labels"] = label_image(tracer)
        found["group_area"] = group_area(found["labels"])
    if "depth" in names or "tilt" in names:
        found["depth"], found["tilt"] = _depth_and_tilt(tracer)
    if "thickness" in names:
        found["thickness"] = _thickness(tracer)
    return {name: found[name] for name in names}


def as_batch(buffers: dict[BufferName, NDArray[Any]]) -> dict[BufferName, torch.Tensor]:
    """Return the buffers of one scene as tensors (1, S, S)."""
    return {name: torch.from_numpy(values)[None] for name, values in buffers.items()}


def group_area(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the area of all particles that hang together with the one seen, float32 (H, W) [px²]; 0 on the stage.

    Particles hang together where their pixels share an edge or a corner.
    """
    groups, _ = ndimage.label(labels > 0, structure=np.ones((3, 3)))
    areas = np.bincount(groups.ravel()).astype(np.float32)
    areas[0] = 0
    return areas[groups]


def _coverage(tracer: SceneTracer) -> NDArray[np.float32]:
    import drjit as dr

    mi, size, sigma = tracer.mi, tracer.geometry.size, tracer.geometry.filter_sigma
    # The filter's taps lie symmetrically about a pixel's centre, half of them on either side.
    reach = math.ceil(_FILTER_RADIUS_SIGMAS * sigma - 0.5)
    edge = (size + 2 * reach) * _FINE
    lane = dr.arange(mi.UInt32, edge * edge)
    x, y = ((mi.Float(number) + 0.5) / _FINE - reach for number in (lane % edge, lane // edge))
    hit = tracer.scene.ray_test(tracer.camera_rays(x, y), coherent=True)
    seen = torch.from_numpy(np.asarray(mi.Float(dr.select(hit, 1.0, 0.0))).reshape(1, 1, edge, edge))
    taps = (2 * reach + 1) * _FINE
    offsets = (torch.arange(taps) + 0.5) / _FINE - taps / (2 * _FINE)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    rows = torch.nn.functional.conv2d(seen, kernel.view(1, 1, -1, 1), stride=(_FINE, 1))
    return torch.nn.functional.conv2d(rows, kernel.view(1, 1, 1, -1), stride=(1, _FINE))[0, 0].clamp(0, 1).numpy()


def _depth_and_tilt(tracer: SceneTracer) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    import drjit as dr

    mi, size = tracer.mi, tracer.geometry.size
    hits = tracer.scene.ray_intersect(centre_rays(tracer), mi.RayFlags.All, coherent=True)
    seen = hits.is_valid()
    depth = dr.select(seen, -hits.p.y, -tracer.geometry.stage_top)
    tilt = dr.select(seen, 1 - dr.abs(mi.Frame3f.cos_theta(hits.wi)), 0.0)
    first, second = (np.array(values, np.float32).reshape(size, size) for values in (depth, tilt))
    return first, second


def _thickness(tracer: SceneTracer) -> NDArray[np.float32]:
    """Add up the stretches of each line of sight that lie within at least one particle, down to the stage."""
    import drjit as dr

    mi, size = tracer.mi, tracer.geometry.size
    total = dr.zeros(mi.Float, size * size)
    pixels = dr.arange(mi.UInt32, size * size)
    rays = centre_rays(tracer)
    end = rays.maxt
    reached, inside = dr.zeros(mi.Float, size * size), dr.zeros(mi.Int32, size * size)
    for _ in range(MOST_LAYERS):
        onwards = mi.Ray3f(rays(reached), rays.d, end - reached, 0.0, [])
        hit = tracer.scene.ray_intersect(onwards, mi.RayFlags.Minimal, coherent=True)
        valid = hit.is_valid()
        stretch = dr.select(valid, hit.t, end - reached)
        dr.scatter_reduce(dr.ReduceOp.Add, total, stretch, pixels, inside > 0)
        entered = dr.select(dr.dot(hit.n, rays.d) < 0, mi.Int32(1), mi.Int32(-1))
        alive: Any = dr.compress(valid)
        if len(alive) == 0:
            break
        pixels = dr.gather(mi.UInt32, pixels, alive)
        inside = dr.maximum(dr.gather(mi.Int32, inside + entered, alive), 0)
        reached = dr.gather(mi.Float, reached + hit.t + STEP * (1 + reached + hit.t), alive)
        rays, end = gathered(mi, rays, alive), dr.gather(mi.Float, end, alive)
        dr.eval(total, pixels, inside, reached, rays, end)
    return np.array(total, np.float32).reshape(size, size)
