"""D of the balanced recipe: one head for the image and its bands, one for its power spectrum."""

from __future__ import annotations

import torch
from torch import nn

from diffrendergan.gan.balanced.views import Seen, Views
from diffrendergan.gan.discriminator import LEAK
from diffrendergan.gan.rules import RULES


class BalancedDiscriminator(nn.Module):
    """Judges patches by two heads that do not know of each other; neither has batch norm, which R1 does not go with.

    Parameters
    ----------
    real : torch.Tensor
        The real patches, shape (r, S, S), in whose units the views are.
    rng : torch.Generator
        Source of the initial weights.
    """

    def __init__(self, real: torch.Tensor, rng: torch.Generator) -> None:
        super().__init__()
        filters = RULES.filters
        self.views = Views(real)
        self.image = Head(1 + RULES.bands, (filters, 2 * filters, 4 * filters), rng)
        self.spectrum = Head(3, (filters, 2 * filters), rng)

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return the logits of each head for patches (B, S, S)."""
        return self.judge(self.views(images))

    def judge(self, seen: Seen) -> list[torch.Tensor]:
        """Return the logits of each head for views: maps of shape (B, 1, h, w)."""
        return [self.image(seen.image), self.spectrum(seen.spectrum)]


class Head(nn.Module):
    """Convolutions of stride 2, then how the patches of the batch differ as one more channel, then a map of logits.

    Parameters
    ----------
    channels : int
        Of a view.
    widths : tuple of int
        Channels after each convolution of stride 2.
    rng : torch.Generator
        Source of the initial weights.

    Notes
    -----
    Source of the channel: Karras et al. 2018 (minibatch standard deviation). By it images that are too much alike are
    told from real ones.
    """

    def __init__(self, channels: int, widths: tuple[int, ...], rng: torch.Generator) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in widths:
            layers += [_convolution(channels, width, 2, rng), nn.LeakyReLU(LEAK)]
            channels = width
        self.first = nn.Sequential(*layers)
        judged = _convolution(channels, 1, 1, rng)
        # It guesses at first: what an untrained head says would only lead the generator away from the fit.
        nn.init.zeros_(judged.weight)
        self.last = nn.Sequential(_convolution(channels + 1, channels, 1, rng), nn.LeakyReLU(LEAK), judged)

    def forward(self, view: torch.Tensor) -> torch.Tensor:
        """Return logits (B, 1, h, w) of views (B, C, H, W)."""
        features = self.first(view)
        # The small number keeps the derivative of the root finite where patches are the same.
        spread = (features.var(0, correction=0) + 1e-8).sqrt().mean()
        channel = spread.expand(len(features), 1, *features.shape[2:])
        return self.last(torch.cat([features, channel], dim=1))


def _convolution(inputs: int, outputs: int, stride: int, rng: torch.Generator) -> nn.Conv2d:
    # An even edge halves an image without a middle; an odd one keeps its size.
    layer = nn.utils.skip_init(nn.Conv2d, inputs, outputs, 4 if stride == 2 else 3, stride, 1)
    nn.init.kaiming_normal_(layer.weight, LEAK, generator=rng)
    nn.init.zeros_(layer.bias)
    return layer
