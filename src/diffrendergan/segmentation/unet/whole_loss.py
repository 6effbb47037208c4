"""The loss of the head of whole shapes, and the score by which its weights are chosen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from diffrendergan.segmentation.unet.whole_head import lengths_of
from diffrendergan.segmentation.unet.whole_targets import StarBatch

LEAST_RADIUS_PX = 2.0
"""Errors are fractions of a particle's radius, of this one where it is smaller [px]."""
OBJECT_WEIGHT = 1.0
"""Weight of the object probability beside the classes of the pixels."""
LENGTH_WEIGHT = 1.0
"""Weight of the distances beside them."""
TOO_SHORT = 3.0
"""A distance that is too short costs so many times what one costs that is as much too long. What reaches too far is cut
where the ground is seen; what is too short is lost (docs/whole-shapes.md has what symmetric costs gave)."""


def whole_loss(stars: Tensor, targets: StarBatch) -> Tensor:
    """Return the loss of stars (B, 1 + RAYS, h, w), raw as the network gives them.

    The cross-entropy of the object probability, and the mean error of the distances, lopsided, as a fraction of the
    mean distance from that point: small particles count as large ones do. What is not known weighs nothing.
    """
    known = targets.known[:, None, None].expand_as(targets.probability)
    entropy = F.binary_cross_entropy_with_logits(stars[:, 0], targets.probability, weight=known, reduction="sum")
    entropy = entropy / known.sum().clamp(min=1)
    radius = targets.lengths.mean(dim=1, keepdim=True).clamp(min=LEAST_RADIUS_PX)
    error = (lengths_of(stars) - targets.lengths) / radius
    cost = torch.where(error < 0, -TOO_SHORT * error, error)
    lengths = (cost * targets.weights).sum() / targets.weights.sum().clamp(min=1)
    return OBJECT_WEIGHT * entropy + LENGTH_WEIGHT * lengths


def star_overlap(stars: Tensor, targets: StarBatch) -> float:
    """Return the mean overlap (IoU) of the predicted with the true stars, by the sectors of their rays, in [0, 1].

    Source: Schmidt et al. 2018, whose metric of training it is.
    """
    found, true = lengths_of(stars), targets.lengths
    shared = (found.minimum(true) ** 2 * targets.weights).sum()
    both = (found.maximum(true) ** 2 * targets.weights).sum()
    return float(shared / both) if float(both) > 0 else 1.0
