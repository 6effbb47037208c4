"""Training batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from diffrendergan.segmentation.dataset import LabelledImage
from diffrendergan.segmentation.unet.batches import draw_batch, stream_batches, validation_batch
from diffrendergan.segmentation.unet.losses import class_dice, segmentation_loss


def test_batch_depends_on_seed_and_step_alone(toy_data):
    draw_batch(toy_data, 4, 32, 0.7, 1, seed=1, step=6)
    first, again = (draw_batch(toy_data, 4, 32, 0.7, 1, seed=1, step=7) for _ in range(2))
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.classes, again.classes)
    for seed, step in ((1, 8), (2, 7)):
        assert not torch.equal(first.images, draw_batch(toy_data, 4, 32, 0.7, 1, seed, step).images)


def test_batch_shapes_and_ranges(toy_data):
    batch = draw_batch(toy_data, 3, 64, 1.0, 2, seed=0, step=0)  # crops larger than the images
    assert batch.images.shape == (3, 1, 64, 64)
    assert batch.images.dtype == torch.float32
    assert batch.classes.shape == (3, 64, 64)
    assert batch.classes.dtype == torch.int64
    assert set(batch.classes.unique().tolist()) <= {0, 1, 2}
    assert 0 <= float(batch.images.min()) <= float(batch.images.max()) <= 1


def test_background_share_is_capped(toy_data):
    empty = toy_data.backgrounds[0]
    crowded = replace(toy_data, backgrounds=(empty,) * 1000)
    batch = draw_batch(crowded, 400, 32, 0, 1, seed=0, step=0)
    share = float((batch.classes.flatten(1).amax(1) == 0).float().mean())
    assert 0.15 < share < 0.4
    none = draw_batch(replace(toy_data, backgrounds=()), 50, 32, 0, 1, seed=0, step=0)
    assert (none.classes.flatten(1).amax(1) > 0).float().mean() > 0.9


def test_validation_crops_tile_large_images_and_fill_small_ones(disks):
    large, small = disks(0, height=70, width=100, count=20), disks(1, height=20, width=25)
    batch = validation_batch((large, small), 32, 1, most=48)
    assert len(batch.images) == 2 * 3 + 1
    assert torch.equal(batch.images[1, 0], torch.from_numpy(large.pixels[:32, 32:64]))
    assert torch.equal(batch.images[-1, 0, :20, :25], torch.from_numpy(small.pixels))
    assert len(validation_batch((large, small), 32, 1, most=3).images) == 3
    assert validation_batch((), 32, 1, most=48).images.shape == (0, 1, 32, 32)


def test_loss_falls_with_the_truth_and_feels_the_thin_contour():
    classes = torch.zeros(1, 16, 16, dtype=torch.int64)
    classes[:, 4:12, 4:12] = 1
    classes[:, 4:12, 4] = 2
    exact = 12.0 * torch.nn.functional.one_hot(classes, 3).permute(0, 3, 1, 2).float()
    without = 12.0 * torch.nn.functional.one_hot(classes.clamp(max=1), 3).permute(0, 3, 1, 2).float()
    assert float(segmentation_loss(exact, classes)) < 0.01
    assert float(segmentation_loss(without, classes)) > 0.5  # though only 8 of 256 pixels differ
    assert class_dice(exact.argmax(1), classes) == 1
    assert class_dice(without.argmax(1), classes) == (2 * 56 / 120) / 2


def test_loss_by_hand():
    # Even odds everywhere: cross-entropy log 3; one particle pixel and one contour pixel of four.
    classes = torch.tensor([[[0, 0], [1, 2]]])
    dice = (2 / 3 + 1) / (4 / 3 + 1 + 1)
    assert float(segmentation_loss(torch.zeros(1, 3, 2, 2), classes)) == pytest.approx(np.log(3) + 1 - dice)


def test_empty_batch_has_a_finite_loss(toy_data):
    logits = torch.zeros(2, 3, 8, 8, requires_grad=True)
    loss = segmentation_loss(logits, torch.zeros(2, 8, 8, dtype=torch.int64))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()
    assert class_dice(torch.zeros(2, 8, 8), torch.zeros(2, 8, 8)) == 1


def test_backgrounds_may_be_views(toy_data):
    view = LabelledImage("view", np.full((48, 48), 0.2, np.float32), np.broadcast_to(np.int32(0), (48, 48)))
    batch = draw_batch(replace(toy_data, backgrounds=(view,) * 50), 20, 32, 0.5, 1, seed=0, step=0)
    assert torch.isfinite(batch.images).all()


def test_threads_change_nothing_and_an_error_comes_through(toy_data):
    def draw(step):
        return draw_batch(toy_data, 2, 32, 0.5, 1, 0, step)

    alone = [(step, batch.images) for step, batch in stream_batches(draw, range(3, 8), 1)]
    together = [(step, batch.images) for step, batch in stream_batches(draw, range(3, 8), 4)]
    assert [step for step, _ in alone] == [step for step, _ in together] == [3, 4, 5, 6, 7]
    assert all(torch.equal(a, b) for (_, a), (_, b) in zip(alone, together, strict=True))
    assert torch.equal(alone[0][1], draw(3).images)
    assert list(stream_batches(draw, [], 2)) == []
    with pytest.raises(ZeroDivisionError):
        list(stream_batches(lambda step: 1 // 0, range(2), 1))
