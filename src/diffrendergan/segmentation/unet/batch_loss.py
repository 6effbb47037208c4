"""What a batch says of a network: its loss, and its scores on held-out crops."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from diffrendergan.runs.device import mixed_precision, on_device
from diffrendergan.segmentation.unet.averaging import all_outputs_of, outputs_of
from diffrendergan.segmentation.unet.batches import Batch
from diffrendergan.segmentation.unet.checkpoint import Weights
from diffrendergan.segmentation.unet.losses import CLASSES, class_dice, network_loss
from diffrendergan.segmentation.unet.network import normalise
from diffrendergan.segmentation.unet.whole_loss import star_overlap, whole_loss
from diffrendergan.segmentation.unet.whole_targets import StarBatch


def batch_loss(network: nn.Module, batch: Batch, contour_width_px: int, device: torch.device) -> Tensor:
    """Return the loss of a network on a batch: of its pixels and, where the batch has them, of whole shapes."""
    images = normalise(on_device(batch.images, device))
    with mixed_precision(device):
        outputs, stars = (network(images), None) if batch.stars is None else network(images, whole=True)
    classes, distances = on_device(batch.classes, device), on_device(batch.distances, device)
    loss = network_loss(outputs.float(), classes, distances, contour_width_px)
    return loss if batch.stars is None or stars is None else loss + stars_loss(stars, batch.stars, device)


def stars_loss(stars: Tensor, targets: StarBatch, device: torch.device) -> Tensor:
    """Return the loss of whole shapes; the targets may still lie on the host."""
    return whole_loss(stars.float(), StarBatch(*(on_device(part, device) for part in targets)))


def held_scores(
    network: nn.Module, weights: Weights, held: Batch, contour_width_px: int, batch_size: int, device: torch.device
) -> tuple[float, dict[str, float]]:
    """Return the score by which weights are chosen, in [0, 1], and what is recorded of held-out crops.

    The score is the Dice; where whole shapes are learned, its mean with their overlap.
    """
    shown = (network, weights, held.images, batch_size, device)
    outputs, stars = (outputs_of(*shown), None) if held.stars is None else all_outputs_of(*shown)
    dice = class_dice(outputs[:, :CLASSES].argmax(dim=1), held.classes)
    loss = float(network_loss(outputs, held.classes, held.distances, contour_width_px))
    record = {"validation_loss": loss, "validation_dice": dice}
    if held.stars is None or stars is None:
        return dice, record
    overlap = star_overlap(stars, held.stars)
    return (dice + overlap) / 2, {**record, "validation_whole_iou": overlap}
