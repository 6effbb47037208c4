"""What the generalist's network makes of images, a vector an image: pooled features of each level of its encoder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from diffrendergan.generalist.kinds.greys import grey_figures
from diffrendergan.runs.device import mixed_precision
from diffrendergan.segmentation.unet.losses import CLASSES
from diffrendergan.segmentation.unet.network import normalise

AT_ONCE = 8
"""Images that pass the network together, for the sake of memory."""
PARTED_LEVELS = 4
"""Levels of the encoder whose features are pooled over particles and ground apart; deeper ones see both at once."""
LEAST = 1e-3
"""Added to areas that are divided by: an image may show no particle, or nothing else."""


@torch.inference_mode()
def described(network: nn.Module, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what tells of images, shape (n, features).

    Parameters
    ----------
    network : nn.Module
        The generalist's (`segmentation.packaged`), in evaluation mode.
    images : float32 (n, P, P)
        Each by itself brought to a mean of .5 and a spread of .25 (`generalist.standard`); P is a multiple of what the
        network halves.

    Returns
    -------
    float32 (n, features)
        Means of the deep features, those of particles and ground, then `greys.grey_figures`.
    """
    device = next(network.parameters()).device
    parts = []
    for first in range(0, len(images), AT_ONCE):
        some = images[first : first + AT_ONCE]
        with _encoded(network) as levels, mixed_precision(device):
            logits = network(normalise(torch.from_numpy(some)[:, None].to(device))).float()
        classes, distance = logits[:, :CLASSES].softmax(dim=1), logits[:, CLASSES].sigmoid()
        deep = _pooled([level.float() for level in levels], 1 - classes[:, :1]).cpu().numpy()
        # Contours count more in training than their share, but not so that particles would be lost.
        particle = (classes.argmax(dim=1) > 0).cpu().numpy()
        figures = [grey_figures(*each) for each in zip(some, particle, distance.cpu().numpy(), strict=True)]
        parts.append(np.concatenate([deep, np.stack(figures)], axis=1))
    return np.concatenate(parts).astype(np.float32)


def _pooled(levels: list[Tensor], particle: Tensor) -> Tensor:
    """Return the mean of each feature over the image, and over particles and ground, (n, features)."""
    means = [level.mean(dim=(2, 3)) for level in levels]
    for level in levels[:PARTED_LEVELS]:
        inside = F.adaptive_avg_pool2d(particle, (level.shape[2], level.shape[3]))
        for part in (inside, 1 - inside):
            means.append((level * part).sum(dim=(2, 3)) / (part.sum(dim=(2, 3)) + LEAST))
    return torch.cat(means, dim=1)


@contextmanager
def _encoded(network: nn.Module) -> Iterator[list[Tensor]]:
    """Keep what each level of the encoder gives out in a list, while the network is used."""
    kept: list[Tensor] = []
    hooks = [
        level.register_forward_hook(lambda module, given, made: kept.append(made.float()))
        for level in _encoder(network)
    ]
    try:
        yield kept
    finally:
        for hook in hooks:
            hook.remove()


def _encoder(network: nn.Module) -> list[nn.Module]:
    """Return the ways down of a U-Net (`segmentation.unet.architecture`), the first level first."""
    assert isinstance(network, nn.Sequential)
    level: Any = network[0].model
    found: list[nn.Module] = []
    while isinstance(level, nn.Sequential):
        found.append(level[0])
        level = level[1].submodule
    return [*found, level]
