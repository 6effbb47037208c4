"""Placing meshes: rotations about their centres, absent particles."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from diffrendergan.particles.mesh import from_trimesh
from diffrendergan.rendering.geometry import ParticleSet
from diffrendergan.rendering.labels import label_image, silhouettes

TURN = Rotation.from_euler("xyz", [0.3, -1.0, 0.6])


@pytest.fixture(scope="module")
def boxes() -> ParticleSet:
    box = from_trimesh(trimesh.creation.box(extents=(3.0, 1.0, 2.0)))
    return ParticleSet.from_library([box, box], 0.5)


def constellation(rotation: Rotation, size: float = 1.2) -> np.ndarray:
    phi = np.zeros((2, 8), np.float32)
    phi[:, 7] = 1
    phi[0] = [0.4, -0.6, 0.2, size, *rotation.as_quat()]
    phi[1, :4] = [-2.0, 1.5, 0.0, 0.8]
    return phi


def test_rotation_is_about_the_centre_in_the_axes_of_the_scene(boxes: ParticleSet) -> None:
    mesh = boxes.meshes[0]
    soup = boxes.place(constellation(TURN))
    centre = np.array([0.4, 0.2, -0.6]) * 0.5
    expected = TURN.apply(mesh.vertices) * 1.2 * 0.5 + centre
    np.testing.assert_allclose(soup.vertices[: len(mesh.vertices)], expected, atol=1e-5)
    np.testing.assert_allclose(soup.normals[: len(mesh.vertices)], TURN.apply(boxes.normals[0]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(soup.normals, axis=1), 1, rtol=1e-5)


def test_no_rotation_is_the_same_as_four_columns(boxes: ParticleSet) -> None:
    phi = constellation(Rotation.identity())
    turned, plain = boxes.place(phi), boxes.place(phi[:, :4])
    np.testing.assert_allclose(turned.vertices, plain.vertices, atol=1e-6)
    np.testing.assert_allclose(turned.normals, plain.normals, atol=1e-6)


def test_a_turned_box_looks_like_a_mesh_that_was_turned_before(boxes: ParticleSet, transport_tracer, unit) -> None:
    phi = constellation(TURN)
    tracer = transport_tracer.tracer
    labels = label_image(tracer, boxes.place(phi))
    mesh = boxes.meshes[0]
    beforehand = from_trimesh(trimesh.Trimesh(TURN.apply(mesh.vertices), mesh.faces, process=False))
    other = label_image(tracer, ParticleSet.from_library([beforehand, mesh], 0.5).place(phi[:, :4]))
    assert (labels > 0).any() and np.mean(labels != other) < 0.002


def test_absent_particles_show_nowhere_and_keep_the_others_numbers(boxes: ParticleSet, transport_tracer) -> None:
    tracer = transport_tracer.tracer
    phi = constellation(TURN, size=0.0)
    phi[0, :3] = 0
    labels = label_image(tracer, boxes.place(phi))
    assert set(np.unique(labels)) == {0, 2}
    assert silhouettes(tracer).areas(2)[0] == 0
    alone = label_image(tracer, boxes.subset([1]).place(phi[1:]))
    np.testing.assert_array_equal(labels == 2, alone == 1)


def test_absent_particles_change_no_image(boxes, make_tracer, make_mitsuba, rendering_config, random_theta) -> None:
    """With both renderers: the same image as if the absent one were not in the library."""
    phi = constellation(TURN, size=0.0)
    phi[0, :3] = 0
    both, one = boxes, boxes.subset([1])
    images = []
    for particles, rows in ((both, phi), (one, phi[1:])):
        renderer = make_mitsuba(rendering_config, particles, rows[None])
        theta = random_theta(renderer.parameters, 1)
        images.append(renderer.image(0, theta, 3, spp=64))
    np.testing.assert_allclose(images[0], images[1], atol=1e-4)
    basis = [make_tracer(rendering_config, *pair[:1]).images(pair[1], 3) for pair in ((both, phi), (one, phi[1:]))]
    np.testing.assert_allclose(basis[0].dense().numpy(), basis[1].dense().numpy(), atol=1e-4)


def test_both_renderers_draw_turned_boxes_alike(boxes, make_tracer, make_mitsuba, rendering_config, random_theta):
    import torch

    phi = constellation(TURN)
    renderer = make_mitsuba(rendering_config, boxes, phi[None])
    theta = random_theta(renderer.parameters, 2)
    reference = renderer.image(0, theta, 1, spp=1024)
    tracer = make_tracer(rendering_config, boxes, pixel_samples=256)
    weights = tracer.separation.weights(torch.from_numpy(theta)[None])
    image = tracer.images(phi, 5).render([weight[0] for weight in weights]).numpy()
    assert image.mean() == pytest.approx(reference.mean(), rel=0.005)
    assert np.sqrt(np.mean((image - reference) ** 2)) < 0.02 * reference.max()
