"""A step of gradient descent, and how its rate rises and falls over a training."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

WARM_UP = 0.05
"""Part of the steps in which the learning rate rises to its highest value."""
LARGEST_GRADIENT = 5.0
"""Gradients of a larger norm are scaled down to it."""


def learning_rate(step: int, steps: int, highest: float) -> float:
    """Return the learning rate of a step: a linear rise, then half a cosine down to 1 % of the highest."""
    rise = max(1, round(WARM_UP * steps))
    if step < rise:
        return highest * (step + 1) / rise
    done = (step - rise) / max(1, steps - rise)
    return highest * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def descend(network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    """Change the weights of a network by a step down a finite loss, at a learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
    optimizer.step()
