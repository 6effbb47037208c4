"""Slices through balls, against the formula."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.config.material import PhaseConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.section.cutting import Cut, Cutter, cut
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import scene_geometry

SIZE = 64


@pytest.fixture(scope="module")
def tracer(mitsuba):
    return SceneTracer(mitsuba, scene_geometry(RenderingConfig(particle=PhaseConfig()), SIZE))


def soup_of(*rows):
    ball = trimesh.creation.icosphere(subdivisions=5)
    mesh = Mesh(np.asarray(ball.vertices), np.asarray(ball.faces))
    return ParticleSet.from_library([mesh] * len(rows), 1.0).place(np.array(rows, np.float32))


@pytest.mark.parametrize("height", [-0.5, 0.0, 0.3, 0.6])
def test_a_ball_is_cut_as_the_formula_says(tracer, height):
    tracer.place(soup_of((0, 0, 0, 0.8)))
    found = cut(tracer, height, 0.0, 8)
    area = found.shares.sum() / tracer.geometry.pixels_per_unit_at(height) ** 2
    assert area == pytest.approx(np.pi * (0.8**2 - height**2), rel=0.005)
    assert (found.labels > 0).sum() == pytest.approx(found.shares.sum(), rel=0.02)
    assert found.shares.max() <= 1


def test_a_slice_is_a_mean_over_its_thickness(tracer):
    tracer.place(soup_of((0, 0, 0, 0.8)))
    thick = 0.4
    found = cut(tracer, 0.3, thick, 8)
    low, high = 0.3 - thick / 2, 0.3 + thick / 2
    volume = np.pi * (0.8**2 * thick - (high**3 - low**3) / 3)
    assert found.shares.sum() / tracer.geometry.pixels_per_unit_at(0.3) ** 2 == pytest.approx(volume / thick, rel=0.005)


def test_what_is_not_cut_is_not_seen_and_nothing_hides_anything(tracer):
    tracer.place(soup_of((0, 0, 0.9, 0.3), (0, 0, 0, 0.5), (1.2, 0, 0.1, 0.3), (0, 0, 0, 0.0)))
    found = cut(tracer, 0.0, 0.0, 8)
    assert set(np.unique(found.labels)) == {0, 2, 3}
    assert set(found.silhouettes.particles) == {2, 3}
    assert len(cut(tracer, 5.0, 0.0, 8).pixels) == 0


def test_each_arrangement_is_cut_at_a_place_of_its_own(tracer):
    cutter = Cutter(-0.2, 0.2, 0.05, 4)
    heights = [cutter.height(soup_of((x, 0, 0, 0.5))) for x in np.linspace(0, 1, 8)]
    assert len(set(heights)) == 8 and min(heights) >= -0.2 and max(heights) <= 0.2
    soup = soup_of((0, 0, 0, 0.5))
    tracer.place(soup)
    again = Cut.of_arrays(cutter(tracer, soup).arrays())
    np.testing.assert_array_equal(again.labels, cutter(tracer, soup).labels)
