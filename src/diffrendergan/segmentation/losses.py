"""The losses of the segmentation network, and the Dice by which its weights are chosen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

CLASSES = 3
"""Background, particle, contour: the first outputs of the network; the distance comes after them."""
CLASS_WEIGHTS = (1.0, 1.0, 2.0)
"""Weights in the cross-entropy. The contour is a few percent of the pixels, but it decides what is one particle."""


DISTANCE_WEIGHT = 1.0
"""Weight of the distance head beside the classes."""


def network_loss(outputs: Tensor, classes: Tensor, distances: Tensor) -> Tensor:
    """Return the loss of all heads; that of the distance is its cross-entropy, least where it is right.

    Parameters
    ----------
    outputs : (B, 4, H, W)
        Logits of the three classes, and of the distance.
    classes : int64 (B, H, W)
    distances : (B, H, W)
        In [0, 1].
    """
    distance = F.binary_cross_entropy_with_logits(outputs[:, CLASSES], distances)
    return segmentation_loss(outputs[:, :CLASSES], classes) + DISTANCE_WEIGHT * distance


def segmentation_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return weighted cross-entropy plus the soft Dice loss of particle and contour class.

    The Dice is taken over the whole batch, so that crops without particles do not dominate it; it does not care how
    rare a class is, which lets a contour of 1 px be learned.

    Parameters
    ----------
    logits : (B, 3, H, W)
    classes : int64 (B, H, W)
    """
    weights = logits.new_tensor(CLASS_WEIGHTS)
    entropy = F.cross_entropy(logits, classes, weight=weights)
    probabilities = logits.softmax(dim=1)[:, 1:]
    target = torch.stack([classes == 1, classes == 2], dim=1).to(probabilities.dtype)
    axes = (0, 2, 3)
    overlap = (probabilities * target).sum(axes)
    total = probabilities.sum(axes) + target.sum(axes)
    return entropy + (1 - (2 * overlap + 1) / (total + 1)).mean()


def class_dice(predicted: Tensor, classes: Tensor) -> float:
    """Return the mean Dice of particle and contour class over all pixels; 1 for a class that both lack."""
    values = []
    for number in (1, 2):
        pred, true = predicted == number, classes == number
        total = int(pred.sum() + true.sum())
        values.append(2 * int((pred & true).sum()) / total if total else 1.0)
    return sum(values) / len(values)
