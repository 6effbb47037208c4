"""Stars of discs: distances worked out by hand, and back to pixels."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fixtures.overlapping import discs, source_of

from diffrendergan.segmentation.stars import RAYS, FlatLayers, directions, mirrored, star_distances, star_masks


def distances(labels, layers, numbers, places):
    flat = FlatLayers.of(layers)
    return star_distances(flat, np.array(numbers), np.array(places, float), source_of(labels), labels.shape[1])


def test_distances_go_on_under_what_covers_a_particle():
    labels, layers = discs((60, 80), [(30, 30, 14), (30, 44, 14)])
    lengths, ended = distances(labels, layers, [1, 2], [(30, 24), (30, 50)])
    assert ended.all()
    # From 6 px beside the middle: 20 px along one way, 8 px along the other, √(14² − 6²) across.
    assert lengths[0, 0] == pytest.approx(20, abs=0.5)
    assert lengths[0, RAYS // 2] == pytest.approx(8, abs=0.5)
    assert lengths[0, RAYS // 4] == pytest.approx(12.65, abs=1)
    along = directions() @ [0, -6]
    exact = -along + np.sqrt(along**2 + 14**2 - 36)
    assert np.abs(lengths[0] - exact).max() < 1.2
    assert np.abs((lengths[0] - exact).mean()) < 0.35


def test_what_leaves_the_crop_is_not_known():
    labels, layers = discs((40, 40), [(20, 2, 12)])
    lengths, ended = distances(labels, layers, [1], [(20, 4)])
    assert not ended[0, RAYS // 2]
    assert ended[0, 0] and lengths[0, 0] == pytest.approx(10, abs=0.5)


def test_a_star_holds_the_pixels_of_its_disc():
    labels, layers = discs((60, 60), [(30, 30, 15)])
    lengths, _ = distances(labels, layers, [1, 1], [(30, 30), (34, 26)])
    piece = star_masks(np.array([(30.0, 30.0), (34.0, 26.0)]), lengths)
    full = np.zeros((2, 60, 60), bool)
    height, width = piece.masks.shape[1:]
    full[:, piece.top : piece.top + height, piece.left : piece.left + width] = piece.masks
    for mask in full:
        assert (mask & (labels == 1)).sum() / (mask | (labels == 1)).sum() > 0.94
        assert mask.sum() == pytest.approx(np.pi * 15**2, rel=0.04)


def test_a_square_of_four_rays_worth_is_exact():
    # All rays end on the outline of a square: no pixel whose centre is inside is missed.
    reach = 10.0 / np.abs(directions()).max(axis=1)
    piece = star_masks(np.array([(20.0, 20.0)]), reach[None])
    assert piece.masks.sum() == 400


@pytest.mark.parametrize("axes", [(-1,), (-2,), (-1, -2), ()])
def test_rays_of_mirror_images(axes):
    labels, layers = discs((60, 80), [(24, 30, 14)])
    shown = np.flip(layers.stack(), axes)
    other = type(layers).of_stack(shown)
    place = np.array([28.0, 24.0])
    there = np.array([60 - place[0] if -2 in axes else place[0], 80 - place[1] if -1 in axes else place[1]])
    first, _ = distances(labels, layers, [1], [place])
    second, _ = distances(np.flip(labels, axes), other, [1], [there])
    assert np.abs(second[:, mirrored(axes)] - first).max() <= 1
    if axes:
        assert np.abs(second - first).max() > 3
