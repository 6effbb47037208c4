from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from diffrendergan.rendering.labels import Silhouettes, label_image, silhouettes


def sphere_hits(phi, geometry, unit):
    """Return the distance to each sphere on each centre ray by the quadratic formula, (n, S, S); inf where missed."""
    size = geometry.size
    index = np.arange(size) + 0.5
    x, y = np.meshgrid(index, index)
    scale = 2 * geometry.half_width_at() / (geometry.camera_height * size)
    direction = np.stack([(y - size / 2) * scale, -np.ones_like(x), -(x - size / 2) * scale], -1)
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    stage = (geometry.stage_top - geometry.camera_height) / direction[..., 1]
    hits = []
    for px, py, pz, scale_ in phi:
        offset = np.array([0, geometry.camera_height, 0]) - np.array([px, pz, py]) * unit
        b = direction @ offset
        root = b**2 - (offset @ offset - (scale_ * unit) ** 2)
        distance = np.where(root > 0, -b - np.sqrt(np.maximum(root, 0)), np.inf)
        # What is below the stage is not seen.
        hits.append(np.where(distance < stage, distance, np.inf))
    return np.stack(hits)


def expected_labels(phi, geometry, unit):
    """Return the nearest sphere on each centre ray."""
    hits = sphere_hits(phi, geometry, unit)
    return np.where(np.isfinite(hits).any(0), hits.argmin(0) + 1, 0)


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
    """A sphere half under the stage shows a smaller disc, one below it nothing, in labels and silhouettes."""
    phi = phis[0].copy()
    phi[1:, 0] = 30.0
    phi[1:, 3] = 1e-3
    areas = []
    for height in (-4.5, -6.6, -9.0):  # in units of 0.5: above, partly and wholly below the stage top at y = -3
        phi[0] = [0.0, 0.0, height, 1.0]
        areas.append(int((label_image(transport_tracer.tracer, particle_set.place(phi)) == 1).sum()))
        assert silhouettes(transport_tracer.tracer).areas(3).tolist() == [areas[-1], 0, 0]
    assert areas[0] > areas[1] > 0
    assert areas[2] == 0
    assert not any(len(covered.pixels) for covered in transport_tracer.images(phi, 0).particles)


@pytest.fixture
def show(transport_tracer, particle_set):
    """Return labels and silhouettes of a constellation of up to three spheres; others are put out of sight."""

    def of(*rows):
        phi = np.array([*rows, *[(30.0, 30.0, 0.0, 1e-3)] * (3 - len(rows))], np.float32)
        labels = label_image(transport_tracer.tracer, particle_set.place(phi))
        return labels, silhouettes(transport_tracer.tracer)

    return of


def test_a_sphere_hidden_behind_another_has_its_full_disc(show):
    small, large = (0.3, 0.2, -2.0, 0.6), (0.0, 0.0, 2.0, 1.5)
    alone, _ = show(small)
    labels, outlines = show(small, large)
    assert (alone == 1).sum() > 10
    assert not (labels == 1).any()
    np.testing.assert_array_equal(outlines.mask(1), alone == 1)
    np.testing.assert_array_equal(outlines.mask(2), labels == 2)


def test_a_partly_hidden_sphere_has_its_full_disc(show):
    below, above = (0.8, 0.0, -1.0, 1.0), (-0.2, 0.0, 1.5, 0.8)
    alone, _ = show(below)
    labels, outlines = show(below, above)
    assert 0 < (labels == 1).sum() < (alone == 1).sum()
    np.testing.assert_array_equal(outlines.mask(1), alone == 1)


def test_spheres_that_interpenetrate_have_their_full_discs(show):
    """The ray leaves one sphere within the other; both are still found."""
    first, second = (-0.4, 0.0, 0.0, 1.0), (0.4, 0.1, 0.1, 1.0)
    discs = [show(sphere)[0] == 1 for sphere in (first, second)]
    labels, outlines = show(first, second)
    assert (discs[0] & discs[1]).any()
    for number, disc in enumerate(discs, start=1):
        np.testing.assert_array_equal(outlines.mask(number), disc)
    np.testing.assert_array_equal(labels > 0, discs[0] | discs[1])


def test_a_sphere_within_another_is_found(show):
    inner, outer = (0.1, 0.0, 0.0, 0.5), (0.0, 0.0, 0.0, 1.2)
    disc = show(inner)[0] == 1
    labels, outlines = show(inner, outer)
    assert disc.any() and not (labels == 1).any()
    np.testing.assert_array_equal(outlines.mask(1), disc)


def test_spheres_that_touch_are_told_apart(show):
    labels, outlines = show((-1.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 1.0))
    np.testing.assert_array_equal(outlines.mask(1) | outlines.mask(2), labels > 0)
    for number in (1, 2):
        visible = labels == number
        assert (outlines.mask(number) & ~visible).sum() <= 0.02 * visible.sum()


def test_no_particle_in_sight_gives_no_silhouette(show):
    labels, outlines = show()
    assert not labels.any()
    assert len(outlines.pixels) == 0
    assert outlines.areas(3).tolist() == [0, 0, 0]
    assert not outlines.mask(1).any()


PLACES = st.tuples(st.floats(-3.5, 3.5), st.floats(-3.5, 3.5), st.floats(-6.5, 2.5), st.floats(0.3, 1.6))


@given(st.tuples(PLACES, PLACES, PLACES))
@settings(deadline=None, max_examples=20)
def test_silhouettes_are_what_each_sphere_alone_would_show(transport_tracer, particle_set, geometry, unit, rows):
    phi = np.array(rows, np.float32)
    # Of faces that coincide a ray meets but one; no arrangement has two particles at the same place.
    distances = np.linalg.norm(phi[:, None, :3] - phi[None, :, :3], axis=-1)[np.triu_indices(3, 1)]
    assume(distances.min() > 0.1)
    labels = label_image(transport_tracer.tracer, particle_set.place(phi))
    outlines = silhouettes(transport_tracer.tracer)
    hits = np.isfinite(sphere_hits(phi, geometry, unit))
    # The icosphere's faces lie up to 0.5 % of the radius within the sphere, and two rims may cross near the centre.
    assert np.mean(labels != expected_labels(phi, geometry, unit)) < 0.02
    areas = outlines.areas(len(phi))
    for number, disc in enumerate(hits, start=1):
        mask = outlines.mask(number)
        assert not (mask & ~disc).any() or (mask & ~disc).sum() <= 2  # rounding on the rim
        assert (mask != disc).sum() <= 0.1 * disc.sum() + 3
        assert ((labels == number) <= mask).all()
        assert areas[number - 1] == mask.sum()
    pairs = list(zip(outlines.pixels.tolist(), outlines.particles.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert np.array_equal(labels > 0, np.any([outlines.mask(number) for number in (1, 2, 3)], axis=0))
    # A pixel that only one particle lies behind shows it.
    only = np.bincount(outlines.pixels, minlength=labels.size).reshape(labels.shape) == 1
    for number in (1, 2, 3):
        assert (labels[only & outlines.mask(number)] == number).all()


def test_silhouettes_of_an_image_that_takes_its_pixels_elsewhere():
    pixels, particles = np.array([0, 0, 2, 3], np.int32), np.array([1, 2, 2, 1], np.int32)
    outlines = Silhouettes(pixels, particles, 2)
    # A row of 2, 0, and one of 0, 1.
    found = outlines.taken_from(np.array([[2, 0], [0, 1]], np.int32))
    assert list(zip(found.pixels.tolist(), found.particles.tolist(), strict=True)) == [
        (0, 2), (1, 1), (1, 2), (2, 1), (2, 2),
    ]  # fmt: skip
    assert found.areas(2).tolist() == [2, 3]
