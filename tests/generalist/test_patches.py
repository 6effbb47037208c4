"""Patches are all looked at in one magnification; where the generalist is unsure, it finds none."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from diffrendergan.generalist.patches import finder_for
from diffrendergan.generalist.scales import Looked
from diffrendergan.segmentation.protocol import Prediction


def patch(dark=False):
    labels = np.zeros((96, 96), np.int32)
    for number, place in enumerate([(30, 30), (60, 64)]):
        labels[disk(place, 12)] = number + 1
    pixels = np.where(labels > 0, 0.2 if dark else 0.8, 0.5).astype(np.float32)
    return pixels + np.random.default_rng(0).normal(0, 0.01, pixels.shape).astype(np.float32), labels


class Told:
    """Stands in for the generalist: sees labels in magnifications of its own."""

    def __init__(self, labels, surety, scales):
        self.labels, self.surety, self.scales, self.asked = labels, surety, list(scales), []

    def _look(self, scale):
        inside = (self.labels > 0) * self.surety
        return Looked(scale, False, Prediction(np.stack([1 - inside, inside, 0 * inside]).astype(np.float32)))

    def segment_at(self, scan):
        return self.labels, self._look(self.scales[len(self.asked) % len(self.scales)])

    def look_at(self, pixels, scale, turned):
        self.asked.append(scale)
        return self._look(1.0)


@pytest.mark.parametrize("dark", [False, True])
def test_the_finder_knows_what_particles_look_like(dark):
    image, labels = patch(dark)
    finder = finder_for([image] * 3, Told(labels, 0.97, [0.5]))
    assert finder.dark == dark and finder.magnification == 0.5 and not finder.turned
    assert finder.scale.diameter_px == pytest.approx(24, abs=1) and finder.scale.contrast == pytest.approx(
        0.3, abs=0.02
    )
    found = finder(image)
    assert finder.segmenter.asked == [0.5]
    assert found.outlined and (found.labels > 0).sum() == (labels > 0).sum() and len(found.areas) == 2


def test_where_it_is_unsure_there_is_no_finder():
    image, labels = patch()
    assert finder_for([image], Told(labels, 0.7, [1.0])) is None
    assert finder_for([image], Told(np.zeros_like(labels), 0.7, [1.0])) is None
