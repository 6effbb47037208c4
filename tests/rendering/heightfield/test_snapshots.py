"""Height fields beside transport's tracer: the same constellation gives the same buffers, but for edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.arrangement.placement import Deadline, Region, place_agglomerated
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.config.shapes import CuboidShape, IrregularShape, ParticleConfig, SphereShape
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.buffers import trace_buffers
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.heightfield.snapshots import HeightFieldScene
from diffrendergan.rendering.protocol import BUFFERS
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import scene_geometry

SIZE = 128
COUNT = 12


def constellation(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(0.7, 1.3, COUNT)
    placed = place_agglomerated(sizes, Region(5.0, True), 4, Deadline.within(30), rng)
    points = placed.points * np.array([1, 1, 0.3])
    return np.column_stack([points, sizes]).astype(np.float32)


@pytest.fixture(scope="module", params=[SphereShape(), CuboidShape(), IrregularShape()], ids=lambda shape: shape.family)
def both(request, mitsuba):
    geometry = scene_geometry(RenderingConfig(), SIZE)
    meshes = make_library(ParticleConfig(count=COUNT, faces=1500, shape=request.param), 3)
    particles = ParticleSet.from_library(meshes, 0.3)
    phi = constellation(5)
    phi[4, 3] = 0  # one that is absent
    tracer = SceneTracer(mitsuba, geometry)
    tracer.place(particles.place(phi))
    return HeightFieldScene(geometry, particles).buffers(phi, BUFFERS), trace_buffers(tracer, BUFFERS)


def away_from_edges(labels, distance=3):
    edges = ndimage.grey_dilation(labels, size=3) != ndimage.grey_erosion(labels, size=3)
    return ndimage.distance_transform_edt(~edges) > distance


def test_they_are_arrays_of_the_same_kind(both):
    ours, traced = both
    assert list(ours) == list(traced)
    assert all(ours[name].shape == traced[name].shape and ours[name].dtype == traced[name].dtype for name in BUFFERS)


def test_labels_are_equal_but_for_edges(both):
    ours, traced = (buffers["labels"] for buffers in both)
    assert set(np.unique(ours)) == set(np.unique(traced))
    assert 5 not in ours and ours.max() == COUNT
    inner = away_from_edges(traced)
    assert (ours[inner] == traced[inner]).mean() > 0.995
    assert (ours == traced).mean() > 0.93


def test_depth_and_thickness_agree_within_a_twentieth_of_a_particle(both):
    ours, traced = both
    same = (ours["labels"] == traced["labels"]) & (traced["labels"] > 0) & away_from_edges(traced["labels"])
    assert np.median(np.abs(ours["depth"] - traced["depth"])[same]) < 0.03
    assert np.median(np.abs(ours["thickness"] - traced["thickness"])[same]) < 0.05
    assert (ours["depth"][traced["labels"] == 0] == 3).mean() > 0.97


def test_tilt_and_coverage_agree(both):
    ours, traced = both
    same = (ours["labels"] == traced["labels"]) & (traced["labels"] > 0) & away_from_edges(traced["labels"])
    assert np.median(np.abs(ours["tilt"] - traced["tilt"])[same]) < 0.03
    assert ours["coverage"].mean() == pytest.approx(traced["coverage"].mean(), rel=0.04)
    assert np.abs(ours["coverage"] - traced["coverage"]).mean() < 0.04
