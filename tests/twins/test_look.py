"""The look of a made-up scan is learned and painted again; outlines go where grey values change."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.twins.look import look_of, painted
from diffrendergan.twins.places import fronts_of, places_of
from diffrendergan.twins.texture import texture_of


def discs(grown: float = 0.0) -> np.ndarray:
    """Return labels of discs in rows, at times wider than they are."""
    labels = np.zeros((150, 150), np.int32)
    y, x = np.mgrid[:150, :150]
    for number, (row, column) in enumerate(np.ndindex(4, 4), start=1):
        labels[np.hypot(y - 20 - 36 * row, x - 20 - 36 * column) < 9 + number % 4 + grown] = number
    return labels


def shaded(labels: np.ndarray, noise: float = 0.03) -> np.ndarray:
    """Return bright rims on a grey ground, blurred and noisy."""
    depth = ndimage.distance_transform_edt(labels > 0)
    image = np.where(labels > 0, 0.5 + 0.3 * np.exp(-depth / 2), 0.2)
    image = ndimage.gaussian_filter(image, 0.8)
    return (image + np.random.default_rng(1).normal(0, noise, labels.shape)).astype(np.float32)


def profile(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    ground = places_of(labels).ground
    return np.array([image[(ground > low) & (ground <= low + 1)].mean() for low in range(-6, 7)])


def test_a_twin_has_the_profile_and_the_noise_of_its_scan() -> None:
    labels = discs()
    image = shaded(labels)
    look = look_of(image, labels)
    twin = painted(look, labels, np.arange(17.0), np.random.default_rng(0))
    assert profile(twin, labels) == pytest.approx(profile(image, labels), abs=0.02 + 0.3 * abs(look.moved_px))
    far = places_of(labels).ground < -4
    assert twin[far].std() == pytest.approx(image[far].std(), rel=0.1)
    assert look.explained > 0.9


@pytest.mark.parametrize("grown", [-1.0, 0.0, 1.0])
def test_outlines_that_were_drawn_elsewhere_are_moved_to_where_grey_values_change(grown: float) -> None:
    look = look_of(shaded(discs()), discs(grown))
    assert look.moved_px == pytest.approx(grown, abs=0.35)


def test_dark_particles_have_a_look_as_well() -> None:
    labels = discs()
    image = 1 - shaded(labels)
    look = look_of(image, labels)
    twin = painted(look, labels, np.arange(17.0), np.random.default_rng(0))
    assert look.moved_px == pytest.approx(0, abs=0.35)
    assert profile(twin, labels) == pytest.approx(profile(image, labels), abs=0.02 + 0.3 * abs(look.moved_px))


def test_the_brighter_of_two_that_touch_is_in_front() -> None:
    labels = np.zeros((40, 60), np.int32)
    labels[10:30, 10:30], labels[10:30, 30:50] = 1, 2
    image = np.where(labels == 2, 0.8, np.where(labels == 1, 0.5, 0.1)).astype(np.float32)
    places = places_of(labels)
    front = fronts_of(image, labels, places)
    assert front[20, 31] and not front[20, 28]
    assert places.neighbour[20, 31] == 1 and places.neighbour[20, 28] == 2
    assert places.other[20, 30] < places.other[20, 34]


def test_one_particle_alone_has_no_neighbour() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[10:30, 10:30] = 1
    places = places_of(labels)
    assert (places.other > 100).all() and not fronts_of(labels.astype(np.float32), labels, places).any()
    assert places.depth.max() == pytest.approx(1.0) and places.depth[0, 0] == 0


def test_a_texture_keeps_its_spread_and_correlation() -> None:
    rng = np.random.default_rng(2)
    residual = ndimage.gaussian_filter(rng.normal(0, 1, (160, 160)), 2).astype(np.float32)
    mask = np.ones(residual.shape, bool)
    mask[40:90, 40:90] = False
    drawn = texture_of(residual, mask).drawn((160, 160), rng)

    def beside(field: np.ndarray) -> float:
        return float(np.corrcoef(field[:, :-2].ravel(), field[:, 2:].ravel())[0, 1])

    assert drawn.std() == pytest.approx(residual[mask].std(), rel=0.15)
    assert beside(drawn) == pytest.approx(beside(residual), abs=0.08)
