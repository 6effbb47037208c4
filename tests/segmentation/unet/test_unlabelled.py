from __future__ import annotations

import numpy as np
import torch

from diffrendergan.segmentation.dataset import UnlabelledScan
from diffrendergan.segmentation.unet.unlabelled import draw_unlabelled


def test_weak_crops_are_the_scans_turned_and_mirrored():
    ramp = np.linspace(0, 1, 40 * 50, dtype=np.float32).reshape(40, 50)
    batch = draw_unlabelled([UnlabelledScan("ramp", ramp)], 6, 32, 0.7, seed=1, step=0)
    for crop in batch.weak[:, 0].numpy():
        low = np.argwhere(ramp == crop.min())[0]
        assert set(np.unique(crop)) == set(np.unique(ramp[low[0] : low[0] + 32, low[1] : low[1] + 32]))


def test_a_batch_depends_on_its_step_alone_and_without_strength_both_are_alike():
    scans = [UnlabelledScan(name, np.random.default_rng(7).random((20, 70), np.float32)) for name in "ab"]
    first, again, other = (draw_unlabelled(scans, 3, 32, 0.7, seed=1, step=step) for step in (4, 4, 5))
    assert torch.equal(first.strong, again.strong) and torch.equal(first.weak, again.weak)
    assert not torch.equal(first.weak, other.weak)
    plain = draw_unlabelled(scans, 3, 32, 0.0, seed=1, step=4)
    assert torch.equal(plain.weak, plain.strong)
