"""The boundary score, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from diffrendergan.metrics.boundary import BoundaryCounts, boundary_counts, boundary_f1, outline

masks = arrays(np.bool_, (7, 8), elements=st.booleans())


def test_outline_of_a_square(square):
    # 10 x 10 without the inner 8 x 8.
    assert outline(square(5, 5)).sum() == 100 - 64


def test_the_image_edge_is_no_outline(square):
    # A square in the corner: its lower and right sides, 10 + 9 pixels.
    assert outline(square(0, 0)).sum() == 19
    assert not outline(np.ones((5, 5))).any()


def test_shifted_square(square):
    # Columns 5 to 14 and 8 to 17, rows 5 to 14; tolerance 2. Of the true outline's 36 pixels, the left side's 10 are
    # 3 from the other's. Of the right side, inside the other square, rows 8 to 11 are at least 3 from all its sides.
    true, pred = square(5, 5), square(5, 8)
    assert boundary_counts(pred, true, 2.0) == BoundaryCounts(22, 36, 22, 36)
    assert boundary_f1(pred, true, 2.0) == pytest.approx(22 / 36)
    assert boundary_f1(pred, true, 3.0) == 1
    # Tolerance 0: only the shared pixels of the long sides, columns 8 to 14, twice.
    assert boundary_counts(pred, true, 0.0) == BoundaryCounts(14, 36, 14, 36)


def test_precision_and_recall_are_averaged_harmonically(square):
    # An invented square far away: precision 36 / 72, recall 1.
    pred = square(2, 2) + square(18, 25)
    assert boundary_f1(pred, square(2, 2)) == pytest.approx(2 * 0.5 / 1.5)


def test_touching_particles_have_one_outline(square):
    # Only the foreground counts: cutting it or not is all the same.
    pair = square(5, 5) + square(5, 15, number=2)
    assert boundary_f1(pair, pair > 0) == 1


def test_empty_and_full(square):
    empty, full = np.zeros((8, 8)), np.ones((8, 8))
    assert boundary_f1(empty, empty) == boundary_f1(full, full) == 1
    assert boundary_f1(empty, full) == boundary_f1(full, empty) == 0
    part = square(2, 2, edge=3, shape=(8, 8))
    assert boundary_f1(empty, part) == boundary_f1(part, empty) == boundary_f1(full, part) == 0


def test_bad_input():
    with pytest.raises(ValueError, match="differ in shape"):
        boundary_f1(np.zeros((4, 4)), np.zeros((4, 5)))
    for tolerance in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="tolerance"):
            boundary_f1(np.zeros((4, 4)), np.zeros((4, 4)), tolerance)


@settings(deadline=None, max_examples=60)
@given(masks, masks)
def test_properties(true, pred):
    values = [boundary_f1(pred, true, tolerance) for tolerance in (0.0, 1.0, 2.0, 20.0)]
    assert values == sorted(values)
    assert all(0 <= value <= 1 for value in values)
    assert boundary_f1(true, pred) == pytest.approx(boundary_f1(pred, true))
    assert boundary_f1(true, 3 * true) == 1


def test_against_the_surface_dice_of_monai(scene):
    """MONAI pools the pixels of both outlines and takes the image edge as outline; no particle reaches it here."""
    import torch
    from monai.metrics import compute_surface_dice

    for seed in range(6):
        true, pred = (np.pad(labels > 0, 8) for labels in scene(seed))
        counts = boundary_counts(pred, true, 2.0)
        pooled = (counts.pred_near + counts.true_near) / (counts.pred + counts.true)
        images = [torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (pred, true)]
        theirs = compute_surface_dice(*images, class_thresholds=[2.0], include_background=True)
        assert float(theirs) == pytest.approx(pooled, abs=1e-6)
