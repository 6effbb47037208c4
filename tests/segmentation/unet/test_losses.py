"""The losses of the segmentation network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from diffrendergan.segmentation.unet.losses import (
    CLASS_WEIGHTS,
    TOUCHING_WEIGHT,
    between_particles,
    class_dice,
    segmentation_loss,
)
from diffrendergan.segmentation.unet.targets import crop_classes


def classes_of(labels: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(crop_classes(labels.numpy(), 1)).long()[None]


def pair(gap: int) -> torch.Tensor:
    """Return two squares of 12 px, so many pixels apart, int32 (24, 40)."""
    labels = torch.zeros((24, 40), dtype=torch.int32)
    labels[6:18, 6:18] = 1
    labels[6:18, 18 + gap : 30 + gap] = 2
    return labels


def test_the_contour_of_touching_particles_is_between_them():
    found = between_particles(classes_of(pair(0)))[0]
    rows, columns = torch.nonzero(found, as_tuple=True)
    assert columns.unique().tolist() == [17, 18]
    # The ends are near the background: they cannot be missed.
    assert rows.min() == 8 and rows.max() == 15


@pytest.mark.parametrize(("gap", "narrow"), [(1, True), (4, True), (5, False), (8, False)])
def test_narrow_gaps_are_between_particles(gap, narrow):
    classes = classes_of(pair(gap))
    found = between_particles(classes)[0]
    assert found[8:16, 18 : 18 + gap].all() == narrow
    assert not found[:, :18].any() and not found[:, 18 + gap :].any() and not found[:6].any()


@pytest.mark.parametrize("width", [1, 2, 3, 4, 6])
def test_a_lone_particle_has_nothing_between(width):
    rows, columns = np.ogrid[:60, :60]
    disc = ((rows - 30) ** 2 + (columns - 28) ** 2 < 20**2).astype(np.int32)
    assert not between_particles(torch.from_numpy(crop_classes(disc, width)).long()[None], width).any()


@pytest.mark.parametrize("width", [1, 2, 3])
def test_wide_contours_between_touching_particles_are_found(width):
    found = between_particles(torch.from_numpy(crop_classes(pair(0).numpy(), width)).long()[None], width)[0]
    assert found[12].nonzero().ravel().tolist() == list(range(18 - width, 18 + width))


def test_the_loss_by_hand():
    classes, logits = classes_of(pair(0)), torch.zeros((1, 3, 24, 40))
    weights = torch.tensor(CLASS_WEIGHTS)[classes]
    extra = torch.where(between_particles(classes), TOUCHING_WEIGHT, 1.0)
    entropy = torch.log(torch.tensor(3.0)) * (weights * extra).sum() / weights.sum()
    dices = [
        1 - (2 * n / 3 + 1) / (24 * 40 / 3 + n + 1) for n in (int((classes == 1).sum()), int((classes == 2).sum()))
    ]
    assert segmentation_loss(logits, classes).item() == pytest.approx(entropy.item() + sum(dices) / 2, rel=1e-5)


def test_what_is_right_costs_least():
    classes = classes_of(pair(0))
    right = 20 * F.one_hot(classes, 3).permute(0, 3, 1, 2).float()
    merged = classes.clone()
    merged[between_particles(classes)] = 1
    wrong = 20 * F.one_hot(merged, 3).permute(0, 3, 1, 2).float()
    assert segmentation_loss(right, classes) < 1e-3 < segmentation_loss(wrong, classes)
    assert class_dice(right.argmax(1), classes) == 1 > class_dice(wrong.argmax(1), classes)
