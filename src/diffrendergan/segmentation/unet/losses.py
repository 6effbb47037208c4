"""The losses of the segmentation network, and the Dice by which its weights are chosen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

CLASSES = 3
"""Background, particle, contour: the first outputs of the network; the distance comes after them."""
CLASS_WEIGHTS = (1.0, 1.0, 2.0)
"""Weights in the cross-entropy. The contour is a few percent of the pixels, but it decides what is one particle."""
TOUCHING_WEIGHT = 4.0
"""How much more a pixel between two particles counts. Such pixels are few even among those of the contour, and where
particles overlap their contour is faint; but if it is missed, two particles become one."""
GAP_PX = 2
"""Background in gaps of up to twice this width is between particles [px]."""
DISTANCE_WEIGHT = 1.0
"""Weight of the distance head beside the classes."""


def network_loss(
    outputs: Tensor, classes: Tensor, distances: Tensor, contour_width_px: int = 1, sure: Tensor | None = None
) -> Tensor:
    """Return the loss of all heads; that of the distance is its cross-entropy, least where it is right.

    Parameters
    ----------
    outputs : (B, 4, H, W)
        Logits of the three classes, and of the distance.
    classes : int64 (B, H, W)
    distances : (B, H, W)
        In [0, 1].
    contour_width_px : int
        Width of the contour class [px].
    sure : bool (B, H, W), optional
        Pixels that count; the others weigh nothing, and are not made up for by those that do.
    """
    counts = None if sure is None else sure.to(outputs.dtype)
    distance = F.binary_cross_entropy_with_logits(outputs[:, CLASSES], distances, weight=counts)
    return segmentation_loss(outputs[:, :CLASSES], classes, contour_width_px, sure) + DISTANCE_WEIGHT * distance


def segmentation_loss(logits: Tensor, classes: Tensor, contour_width_px: int = 1, sure: Tensor | None = None) -> Tensor:
    """Return weighted cross-entropy plus the soft Dice loss of particle and contour class.

    Classes are weighted, and pixels between particles (`between_particles`) once more. The Dice is taken over the
    whole batch, so that crops without particles do not dominate it; it does not care how rare a class is, which lets
    a contour of 1 px be learned.

    Parameters
    ----------
    logits : (B, 3, H, W)
    classes : int64 (B, H, W)
    contour_width_px : int
        Width of the contour class [px].
    sure : bool (B, H, W), optional
        Pixels that count.
    """
    weights = logits.new_tensor(CLASS_WEIGHTS)
    pixels = F.cross_entropy(logits, classes, weight=weights, reduction="none")
    extra = torch.where(between_particles(classes, contour_width_px), TOUCHING_WEIGHT, 1.0)
    if sure is not None:
        pixels = pixels * sure
    entropy = (pixels * extra).sum() / weights[classes].sum()
    probabilities = logits.softmax(dim=1)[:, 1:]
    target = torch.stack([classes == 1, classes == 2], dim=1).to(probabilities.dtype)
    if sure is not None:
        probabilities, target = probabilities * sure[:, None], target * sure[:, None]
    axes = (0, 2, 3)
    overlap = (probabilities * target).sum(axes)
    total = probabilities.sum(axes) + target.sum(axes)
    return entropy + (1 - (2 * overlap + 1) / (total + 1)).mean()


def between_particles(classes: Tensor, contour_width_px: int = 1) -> Tensor:
    """Return where particles touch, or are a narrow gap apart, as bool (B, H, W).

    Contours with no background near them lie between two particles. Gaps are found without asking whose they are, so
    that narrow slots and pores of a single particle count, too.

    Parameters
    ----------
    classes : int64 (B, H, W)
    contour_width_px : int
        Width of the contour class [px].
    """
    reach = contour_width_px + 1
    # What is beyond the border of a crop goes on as it ends there.
    margin = max(reach, 2 * GAP_PX)
    ground = F.pad((classes == 0)[:, None].float(), 4 * (margin,), mode="replicate")
    near_ground, in_gap = _dilated(ground, reach), 1 - _dilated(1 - _dilated(1 - ground, GAP_PX), GAP_PX)
    inner = (slice(None), 0, slice(margin, -margin), slice(margin, -margin))
    return ((classes == 2) & (near_ground[inner] == 0)) | ((classes == 0) & (in_gap[inner] > 0))


def _dilated(mask: Tensor, reach: int) -> Tensor:
    return F.max_pool2d(mask, 2 * reach + 1, stride=1, padding=reach)


def class_dice(predicted: Tensor, classes: Tensor) -> float:
    """Return the mean Dice of particle and contour class over all pixels; 1 for a class that both lack."""
    values = []
    for number in (1, 2):
        pred, true = predicted == number, classes == number
        total = int(pred.sum() + true.sum())
        values.append(2 * int((pred & true).sum()) / total if total else 1.0)
    return sum(values) / len(values)
