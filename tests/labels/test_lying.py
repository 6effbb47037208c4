"""Label images that do not lie on what their scan shows: turned, mirrored, moved, or of another scan."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from diffrendergan.labels.lying import WAYS, lies_elsewhere

EDGE = 160


def particles(seed: int, shape: tuple[int, int] = (EDGE, EDGE)) -> np.ndarray:
    """Return a dozen discs of several sizes, numbered from 1; they may touch."""
    rng, labels = np.random.default_rng(seed), np.zeros(shape, np.int32)
    y, x = np.indices(shape)
    for number in range(1, 13):
        labels[np.hypot(y - rng.uniform(0, shape[0]), x - rng.uniform(0, shape[1])) < rng.uniform(6, 12)] = number
    return labels


def scan(labels: np.ndarray, contrast: float = 0.3, noise: float = 0.08) -> np.ndarray:
    """Return grey values: particles on a ground that is brighter on the right."""
    grey = 0.3 + contrast * (labels > 0) + 0.2 * np.linspace(0, 1, labels.shape[1])
    return ndimage.gaussian_filter(grey, 1) + np.random.default_rng(9).normal(0, noise, labels.shape)


@pytest.mark.parametrize("contrast", [0.3, -0.2, 0.1])
def test_labels_that_fit_pass_without_a_word(contrast):
    labels = particles(1)
    assert lies_elsewhere(labels, scan(labels, contrast)) == ""
    assert lies_elsewhere(np.roll(labels, 2, 0), scan(labels, contrast)) == ""


def test_rims_alone_are_enough():
    labels = particles(1)
    rims = ndimage.grey_dilation(labels, 3) != ndimage.grey_erosion(labels, 3)
    assert lies_elsewhere(labels, scan(rims * 1)) == ""


@pytest.mark.parametrize("way", WAYS)
def test_the_way_in_which_they_lie_is_named(way):
    """What puts a label image right, applied thrice (of a quarter turn), or once, makes it lie so."""
    labels = particles(2)
    for _ in range(3 if "quarter" in way else 1):
        labels = WAYS[way](labels)
    assert f"if it were not {way};" in lies_elsewhere(labels, scan(particles(2)))


def test_only_ways_of_the_same_size_are_tried():
    labels = particles(3, (EDGE, 200))
    assert "upside down" in lies_elsewhere(labels[::-1], scan(labels))


def test_moved_labels_and_those_of_another_scan():
    labels = particles(4)
    cut_above = np.vstack([labels[24:], np.zeros_like(labels[:24])])
    assert "about 24 px too high;" in lies_elsewhere(cut_above, scan(labels))
    assert "of one field" in lies_elsewhere(particles(5), scan(labels))
    assert lies_elsewhere(particles(5), scan(labels), may_fail=True) == ""


def test_what_cannot_tell_says_nothing():
    labels = particles(4)
    assert lies_elsewhere(np.where(labels > 4, 0, labels)[::-1], scan(labels)) == ""
    assert lies_elsewhere(labels, np.full(labels.shape, 0.5)) == ""
