"""D: the three-layer PatchGAN."""

from __future__ import annotations

import torch
from torch import nn

KERNEL = 4
LEAK = 0.2


def make_discriminator(filters: int, init_gain: float, rng: torch.Generator) -> nn.Sequential:
    """Return a discriminator that judges overlapping 70×70 pixel patches.

    Five 4×4 convolutions: three of stride 2 with `filters`, 2× and 4× `filters` channels, one of stride 1
    with 8×, and one to a single channel of logits. All but the first and the last have batch norm, all but
    the last a leaky ReLU of slope 0.2.

    Parameters
    ----------
    filters : int
        Channels of the first convolution.
    init_gain : float
        Gain of the Xavier initialisation; batch norm scales start at N(1, `init_gain`).
    rng : torch.Generator
        Source of the initial weights.

    Returns
    -------
    nn.Sequential
        Maps (B, 1, H, W) to logits (B, 1, H/8 − 2, W/8 − 2).

    Notes
    -----
    Source: Isola et al. 2017; Zhu et al. 2017, "basic" discriminator; METHOD §6.
    """
    layers: list[nn.Module] = [nn.Conv2d(1, filters, KERNEL, 2, 1), nn.LeakyReLU(LEAK, inplace=True)]
    channels = filters
    for factor, stride in ((2, 2), (4, 2), (8, 1)):
        # Batch norm has a bias of its own.
        layers += [
            nn.Conv2d(channels, filters * factor, KERNEL, stride, 1, bias=False),
            nn.BatchNorm2d(filters * factor),
            nn.LeakyReLU(LEAK, inplace=True),
        ]
        channels = filters * factor
    layers.append(nn.Conv2d(channels, 1, KERNEL, 1, 1))
    network = nn.Sequential(*layers)
    for module in network:
        _initialise(module, init_gain, rng)
    return network


def _initialise(module: nn.Module, gain: float, rng: torch.Generator) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_normal_(module.weight, gain, generator=rng)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, gain, generator=rng)
        nn.init.zeros_(module.bias)
