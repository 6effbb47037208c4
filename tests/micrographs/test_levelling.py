"""Plane, bow and steps between lines, taken off height maps that particles lie on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.micrographs.levelling import _heights_of_lines, levelled

SIDE = 160


def sample(covered: float, seed: int = 0):
    """Balls on rough ground, whose own height is 0."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((SIDE, SIDE))
    heights = rng.normal(0, 0.5, (SIDE, SIDE))
    while (heights > 4).mean() < covered:
        radius, row, column = rng.uniform(6, 12), rng.uniform(0, SIDE), rng.uniform(0, SIDE)
        ball = radius**2 - (rows - row) ** 2 - (columns - column) ** 2
        heights = np.where(ball > 0, np.maximum(heights, radius + np.sqrt(np.maximum(ball, 0))), heights)
    return heights


def scanned(heights, seed: int = 1):
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(heights.shape) / SIDE
    return heights + 60 * rows - 90 * columns + 50 * rows**2 - 40 * rows * columns + rng.normal(0, 2, (SIDE, 1)) + 300


def taken_off(heights, *how):
    return levelled(torch.from_numpy(np.asarray(heights))[None], *how)[0].numpy()


@pytest.mark.parametrize("covered", [0.0, 0.1, 0.4, 0.5])
def test_what_a_scanner_adds_goes_and_particles_keep_their_heights(covered):
    heights = sample(covered)
    found = taken_off(scanned(heights), 2, True)
    assert np.abs(found - heights).max() < 0.6
    assert np.std(found - heights) < 0.12 and abs(np.median((found - heights)[heights < 2])) < 0.05


def test_particles_pull_a_plain_fit_and_not_this_one():
    heights = sample(0.25)
    rows = np.median(heights + 0, axis=1)
    assert np.abs(rows).max() > 0.2, "the medians of lines are lifted by particles"
    assert np.abs(taken_off(heights, 1, True) - heights).max() < 0.6


def test_a_plane_leaves_a_bow_and_a_bow_takes_it():
    bowed = sample(0.1) + 20 * (np.arange(SIDE) / SIDE - 0.5)[:, None] ** 2
    plane, bow = (taken_off(bowed, degree, False) for degree in (1, 2))
    assert np.std(plane - sample(0.1)) > 1 > 10 * np.std(bow - sample(0.1))


def test_lines_without_ground_take_the_height_of_their_neighbours():
    rest = torch.arange(6.0)[:, None].expand(6, 20)
    ground = torch.ones(6, 20, dtype=torch.bool)
    ground[2:4, 5:] = False
    assert _heights_of_lines(rest, ground).tolist() == [0, 1, 1, 4, 4, 5]
    assert _heights_of_lines(rest, ~ground).tolist()[:2] == [2, 2]
    assert not _heights_of_lines(rest, torch.zeros_like(ground)).any()


def test_what_is_not_known_does_not_count():
    heights = scanned(sample(0.1))
    known = np.ones(heights.shape, bool)
    known[:, 100:], heights[:, 100:] = False, 5000
    found = levelled(torch.from_numpy(heights)[None], 2, True, known)[0].numpy()
    assert np.abs(found - sample(0.1))[:, :100].max() < 0.6


def test_derivatives_pass():
    image = torch.from_numpy(scanned(sample(0.1))[:24, :24])[None].requires_grad_()
    weights = torch.rand((1, 24, 24), generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def total(values):
        return (levelled(values, 1, True) * weights).sum()

    total(image).backward()
    step = torch.zeros_like(image)
    step[0, 7, 9] = 1e-4
    with torch.no_grad():
        finite = (total(image + step) - total(image - step)) / 2e-4
    assert image.grad[0, 7, 9].item() == pytest.approx(finite.item(), abs=1e-6)
