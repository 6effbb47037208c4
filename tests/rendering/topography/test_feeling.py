"""What a tip feels of placed bodies, and whose pixel is whose."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.config.material import ReliefConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.particles.mesh import Mesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.shown import ShownTracer
from diffrendergan.rendering.topography.feeling import Feeler, Felt, extents, grounds
from diffrendergan.rendering.topography.tip import Tip
from diffrendergan.rendering.tracing import SceneTracer
from diffrendergan.scene.geometry import scene_geometry

SIZE = 64
TIP = Tip(4.0, 0.0)


@pytest.fixture(scope="module")
def tracer(mitsuba):
    return SceneTracer(mitsuba, scene_geometry(RenderingConfig(particle=ReliefConfig()), SIZE))


@pytest.fixture(scope="module")
def feel(tracer):
    """Return what is felt of balls at places and sizes (x, y, z, size) in scene units."""

    def found(*rows, feeler=Feeler(TIP)):  # noqa: B008
        ball = trimesh.creation.icosphere(subdivisions=5)
        mesh = Mesh(np.asarray(ball.vertices), np.asarray(ball.faces))
        source = ShownTracer(tracer, ParticleSet.from_library([mesh] * len(rows), 1.0), feeler)
        return source.shown(np.array(rows, np.float32))

    return found


def away_from_middle():
    places = np.arange(SIZE) + 0.5 - SIZE / 2
    return np.hypot(places[:, None], places[None])


def test_a_ball_is_felt_as_the_formula_says(feel, tracer):
    found = feel((0, 0, 0, 0.7))
    radius = 0.7 * tracer.geometry.pixels_per_unit_at()
    away = away_from_middle()
    exact = np.sqrt(np.maximum((radius + TIP.radius) ** 2 - away**2, 0)) - TIP.radius + radius
    near = away < 0.8 * radius
    # Half a diagonal of a pixel from where the tip touches, and by the faces of the mesh.
    assert np.abs(found.height - exact)[near].max() < 0.1
    half = np.sqrt((radius + TIP.radius) ** 2 - TIP.radius**2)
    assert (found.labels == 1).sum() == pytest.approx(np.pi * half**2, rel=0.02)
    assert (found.labels == 1).sum() == len(found.silhouettes.pixels)
    assert (found.owner == 1).sum() > (found.labels == 1).sum(), "the tip touches before it is half way up"


def test_true_outlines_are_those_of_the_ball(feel, tracer):
    found = feel((0, 0, 0, 0.7), feeler=Feeler(TIP, True))
    radius = 0.7 * tracer.geometry.pixels_per_unit_at()
    assert (found.labels == 1).sum() == pytest.approx(np.pi * radius**2, rel=0.02)


def test_nothing_hovers_and_what_lies_on_another_stays_there(feel, tracer):
    scale = tracer.geometry.pixels_per_unit_at()
    alone = feel((1.0, 1.0, 0.9, 0.3), (-1.0, -1.0, -0.8, 0.4))
    tops = [alone.height[alone.labels == number].max() / scale for number in (1, 2)]
    assert tops == pytest.approx([0.6, 0.8], abs=0.02)
    level = feel((0.5, 0, 0, 0.5), (-0.3, 0, 0, 0.3))
    assert level.height[level.labels == 2].max() / scale == pytest.approx(0.6, abs=0.05)
    pile = feel((0, 0, 1.0, 0.5), (0, 0, 0, 0.5))
    assert pile.height.max() / scale == pytest.approx(2.0, abs=0.02)
    assert (pile.labels == 2).sum() == 0 and (pile.silhouettes.particles == 2).sum() > 100


def test_what_lies_beside_the_image_lifts_the_tip_at_its_border(feel, tracer):
    # Image right is −z of the scene, −y of an arrangement.
    half = tracer.geometry.half_width_at()
    found = feel((0, half + 0.56, 0, 0.5), feeler=Feeler(TIP, True))
    assert found.height.max() > 0 and (found.labels > 0).sum() == 0


def test_absent_particles_change_nothing(feel):
    one, two = feel((0, 0, 0, 0.5)), feel((0, 0, 0, 0.5), (0, 0, 0, 0.0))
    np.testing.assert_array_equal(one.height, two.height)
    nothing = feel((0, 0, 0, 0.0))
    assert not nothing.height.any() and not nothing.labels.any()


def test_it_comes_back_from_its_arrays(feel):
    found = feel((0, 0, 0, 0.5), (0.6, 0.5, 0, 0.4))
    again = Felt.of_arrays(found.arrays())
    np.testing.assert_array_equal(again.labels, found.labels)
    np.testing.assert_array_equal(again.height, found.height)


def test_extents_are_those_of_each_mesh(tracer):
    boxes = [trimesh.creation.box((1, 2, 1)), trimesh.creation.box((1, 1, 1))]
    meshes = [Mesh(np.asarray(box.vertices), np.asarray(box.faces)) for box in boxes]
    soup = ParticleSet.from_library(meshes, 1.0).place(np.array([[0, 0, 0.5, 1], [2, 0, 0, 2]], np.float32))
    low, high = extents(soup)
    np.testing.assert_allclose(low, [-0.5, -1]), np.testing.assert_allclose(high, [1.5, 1])
    present = np.array([True, True])
    np.testing.assert_allclose(grounds(soup.spheres, low, present), [-1, -1]), "in no plane: lowered together"
