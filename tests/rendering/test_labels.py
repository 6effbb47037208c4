from __future__ import annotations

import numpy as np

from diffrendergan.rendering.labels import label_image


def expected_labels(phi, geometry, unit):
    """Nearest sphere on each centre ray, by the quadratic formula."""
    size = geometry.size
    index = np.arange(size) + 0.5
    x, y = np.meshgrid(index, index)
    scale = 2 * geometry.half_width_at_focus / (geometry.camera_height * size)
    direction = np.stack([(y - size / 2) * scale, -np.ones_like(x), -(x - size / 2) * scale], -1)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    nearest = np.full((size, size), np.inf)
    labels = np.zeros((size, size), int)
    for number, (px, py, pz, scale_) in enumerate(phi, start=1):
        offset = np.array([0, geometry.camera_height, 0]) - np.array([px, pz, py]) * unit
        b = direction @ offset
        root = b**2 - (offset @ offset - (scale_ * unit) ** 2)
        distance = np.where(root > 0, -b - np.sqrt(np.maximum(root, 0)), np.inf)
        closer = distance < nearest
        labels[closer], nearest[closer] = number, distance[closer]
    return labels


def test_identifiers_of_overlapping_spheres_follow_depth(transport_tracer, particle_set, phis, geometry, unit):
    for phi in phis:
        labels = label_image(transport_tracer.tracer, particle_set.place(phi))
        expected = expected_labels(phi, geometry, unit)
        # The mesh is a polyhedron inside the sphere, so a thin rim may differ.
        assert np.mean(labels != expected) < 0.01
        assert set(np.unique(labels)) == set(np.unique(expected))


def test_labels_are_the_same_again_after_another_constellation(transport_tracer, particle_set, phis):
    first = label_image(transport_tracer.tracer, particle_set.place(phis[0]))
    label_image(transport_tracer.tracer, particle_set.place(phis[1]))
    np.testing.assert_array_equal(first, label_image(transport_tracer.tracer, particle_set.place(phis[0])))


def test_what_sinks_into_the_stage_is_not_seen(transport_tracer, particle_set, phis):
    """A sphere half under the stage shows a smaller disc, one below it nothing."""
    phi = phis[0].copy()
    phi[1:, 0] = 30.0
    phi[1:, 3] = 1e-3
    areas = []
    for height in (-4.5, -6.6, -9.0):  # in units of 0.5: above, partly and wholly below the stage top at y = -3
        phi[0] = [0.0, 0.0, height, 1.0]
        areas.append(int((label_image(transport_tracer.tracer, particle_set.place(phi)) == 1).sum()))
    assert areas[0] > areas[1] > 0
    assert areas[2] == 0
    assert not transport_tracer.basis_images(phi, 0)[: transport_tracer.separation.particle.basis_count].any()
