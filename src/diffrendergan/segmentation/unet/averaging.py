"""A moving average of a network's weights: it is smoother than the network, and is used in its place."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call

from diffrendergan.runs.device import mixed_precision
from diffrendergan.segmentation.unet.checkpoint import Weights
from diffrendergan.segmentation.unet.network import normalise


@torch.no_grad()
def move_average(average: Weights, weights: Weights, decay: float) -> None:
    """Move the average towards the weights, of which it takes the fraction 1 − `decay`; in place."""
    for name, value in weights.items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)


@torch.no_grad()
def outputs_of(network: nn.Module, weights: Weights, images: Tensor, batch_size: int, device: torch.device) -> Tensor:
    """Return what the network gives with other weights, for images (B, 1, H, W) in [0, 1], on the CPU."""
    network.eval()
    with mixed_precision(device):
        parts = [
            functional_call(network, weights, (normalise(part.to(device)),)).float().cpu()
            for part in images.split(batch_size)
        ]
    network.train()
    return torch.cat(parts)


@torch.no_grad()
def all_outputs_of(
    network: nn.Module, weights: Weights, images: Tensor, batch_size: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return what `outputs_of` does, and the stars of a network of whole shapes beside it."""
    network.eval()
    with mixed_precision(device):
        parts = [
            functional_call(network, weights, (normalise(part.to(device)),), {"whole": True})
            for part in images.split(batch_size)
        ]
    network.train()
    outputs, stars = (torch.cat([part.float().cpu() for part in of_all]) for of_all in zip(*parts, strict=True))
    return outputs, stars
