"""Thickness against bodies whose thickness is known, within 1 % of their diameter at 8 rays a pixel."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from diffrendergan.rendering.labels import label_image, silhouettes

RADIUS = 0.8
FINE = 16


def places(geometry):
    """Return scene x and z (S·FINE, S·FINE) of points in the plane of focus: image right is −z, down is x."""
    size = geometry.size * FINE
    steps = ((np.arange(size) + 0.5) / FINE - geometry.size / 2) / geometry.pixels_per_unit_at()
    x, minus_z = np.meshgrid(steps, steps, indexing="ij")
    return x, -minus_z


def pixel_means(values, size):
    return values.reshape(size, FINE, size, FINE).mean((1, 3))


def ball(geometry):
    x, z = places(geometry)
    solid = trimesh.creation.icosphere(subdivisions=5, radius=RADIUS)
    return solid, 2 * np.sqrt(np.maximum(RADIUS**2 - x**2 - z**2, 0))


def cube(geometry):
    """Turned about the beam: along the rows of pixels, rays tell its sides to an eighth of a pixel."""
    x, z = places(geometry)
    solid = trimesh.creation.box((2 * RADIUS,) * 3)
    solid.apply_transform(trimesh.transformations.rotation_matrix(-0.2, [0, 1, 0]))
    along, across = np.cos(0.2) * x + np.sin(0.2) * z, np.cos(0.2) * z - np.sin(0.2) * x
    return solid, np.where((abs(along) <= RADIUS) & (abs(across) <= RADIUS), 2 * RADIUS, 0.0)


def lying_cylinder(geometry):
    x, z = places(geometry)
    solid = trimesh.creation.cylinder(RADIUS, 2.0, sections=400)  # along z
    return solid, np.where(abs(z) <= 1, 2 * np.sqrt(np.maximum(RADIUS**2 - x**2, 0)), 0.0)


def ring(geometry):
    """Not convex: seen from the side, a beam enters it twice."""
    x, z = places(geometry)
    solid = trimesh.creation.annulus(0.5, RADIUS, 1.6, sections=400)
    inner, outer = (2 * np.sqrt(np.maximum(r**2 - x**2, 0)) for r in (0.5, RADIUS))
    return solid, np.where(abs(z) <= 0.8, outer - inner, 0.0)


@pytest.mark.parametrize("body", [ball, cube, lying_cylinder, ring])
def test_thickness_is_that_of_the_body(chords_of, beam_geometry, body):
    solid, exact = body(beam_geometry)
    expected = pixel_means(exact, beam_geometry.size)
    found = chords_of(solid).thickness(1)
    assert found.sum() == pytest.approx(expected.sum(), rel=0.01)
    # Pixels that an outline cuts hold a step that eight rays tell to an eighth; all others are smooth.
    steady = pixel_means((exact > 0).astype(float), beam_geometry.size)
    steady = ((steady == 0) | (steady == 1)) & (np.abs(np.gradient(expected)).max(0) < 0.08 * exact.max())
    assert steady.mean() > 0.5 and (expected[steady] > 0.5 * exact.max()).any()
    assert abs(found - expected)[steady].max() < 0.01 * exact.max()


def test_what_lies_over_each_other_is_told_apart(chords_of):
    low = trimesh.creation.icosphere(subdivisions=4, radius=RADIUS)
    high = trimesh.creation.box((0.5, 0.5, 0.5)).apply_translation((0.3, 1.5, 0))
    alone, together = chords_of(low), chords_of(low, high)
    np.testing.assert_allclose(together.thickness(1), alone.thickness(1), atol=1e-5)
    assert together.thickness(2).max() == pytest.approx(0.5, rel=1e-3)
    np.testing.assert_allclose(together.thickness(), together.thickness(1) + together.thickness(2), atol=1e-6)


def test_a_particle_within_another_keeps_its_own(chords_of):
    outer = trimesh.creation.icosphere(subdivisions=4, radius=RADIUS)
    inner = trimesh.creation.icosphere(subdivisions=4, radius=0.4)
    found = chords_of(outer, inner)
    assert found.thickness(1).max() == pytest.approx(2 * RADIUS, rel=0.01)
    assert found.thickness(2).max() == pytest.approx(0.8, rel=0.02)


def test_only_what_is_there_is_stored(chords_of, beam_geometry):
    found = chords_of(trimesh.creation.icosphere(subdivisions=4, radius=RADIUS))
    area = np.pi * (RADIUS * beam_geometry.pixels_per_unit_at()) ** 2
    assert found.shares.sum() == pytest.approx(area, rel=0.01)
    assert found.lengths.dtype == np.float32 and found.lengths.min() > 0
    assert len(found.pixels) < 1.3 * area
    keys = found.pixels.astype(np.int64) * 100 + found.particles
    assert (np.diff(keys) > 0).all()


def test_an_empty_beam_has_none(chords_of):
    aside = trimesh.creation.icosphere(subdivisions=2, radius=0.1).apply_translation((30, 0, 0))
    assert len(chords_of(aside).pixels) == 0 and chords_of(aside).thickness().max() == 0


def test_chords_and_silhouettes_show_the_same_particles(mitsuba, beam_geometry, particle_set, phis):
    """Chords come from rays spread over pixels, silhouettes from centres: they differ at outlines alone."""
    from diffrendergan.rendering.tracing import SceneTracer
    from diffrendergan.rendering.transmission.chords import trace_chords

    tracer = SceneTracer(mitsuba, beam_geometry)
    tracer.place(particle_set.place(phis[0]))
    chords, outlines, labels = trace_chords(tracer, 8), silhouettes(tracer), label_image(tracer)
    for particle in (1, 2, 3):
        filled = np.zeros(beam_geometry.size**2)
        chosen = chords.particles == particle
        filled[chords.pixels[chosen]] = chords.shares[chosen]
        mask = outlines.mask(particle).ravel()
        assert mask[filled == 1].all() and not mask[filled == 0].any()
        assert mask.sum() == pytest.approx(filled.sum(), rel=0.04)
        assert mask[labels.ravel() == particle].all()
    # The second lies over the first and hides a part of it, whose silhouette is whole.
    hidden = outlines.mask(1) & (labels == 2)
    assert hidden.any() and outlines.mask(1).sum() > (labels == 1).sum()
