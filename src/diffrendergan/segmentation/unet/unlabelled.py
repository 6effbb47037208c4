"""Crops of unlabelled scans for self-training: as they are for the teacher, with changed imaging for the student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from diffrendergan.runs import seeds
from diffrendergan.segmentation.dataset import UnlabelledScan
from diffrendergan.segmentation.unet.augmentation import draw_window, take_pixels, vary_imaging


class UnlabelledBatch(NamedTuple):
    """The same crops twice, pixel for pixel at the same places."""

    weak: Tensor
    """Turned and mirrored alone: float32 (B, 1, P, P) in [0, 1]."""
    strong: Tensor
    """With the imaging of another microscope or operator as well."""


def draw_unlabelled(
    scans: Sequence[UnlabelledScan], size: int, patch_size: int, strength: float, seed: int, step: int
) -> UnlabelledBatch:
    """Draw `size` crops for a step, from scans in proportion to their area.

    They are not magnified: the teacher says most of particles in the size in which they are to be found.

    Parameters
    ----------
    scans
        At least one.
    size, patch_size
        Crops in the batch, and their edge [px].
    strength
        Of the changed imaging, in [0, 1].
    seed, step
        Which batch.
    """
    rng = seeds.generator(seed, "unlabelled", step)
    areas = np.array([scan.pixels.size for scan in scans], float)
    weak, strong = [], []
    for _ in range(size):
        pixels = scans[rng.choice(len(scans), p=areas / areas.sum())].pixels
        height, width = pixels.shape
        weak.append(take_pixels(pixels, draw_window((height, width), patch_size, 0, rng)))
        strong.append(vary_imaging(weak[-1], strength, rng))
    return UnlabelledBatch(*(torch.from_numpy(np.stack(crops))[:, None] for crops in (weak, strong)))
