"""The way of images through the links of a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import torch

from diffrendergan.imaging.chain import Link
from diffrendergan.imaging.operator import Displacement, PointSpread
from diffrendergan.imaging.resampling import Shift, resampled
from diffrendergan.imaging.spectrum import blurred, margin_of
from diffrendergan.rendering.protocol import BufferName


@dataclass(frozen=True)
class Developed:
    """What came out of a chain.

    Attributes
    ----------
    images : torch.Tensor
        Shape (B, H, W).
    shifts : tuple of Shift
        How what is shown was moved on its way, in this order: labels have to follow.
    """

    images: torch.Tensor
    shifts: tuple[Shift, ...] = ()


def passed(
    images: torch.Tensor,
    links: Sequence[Link],
    learned: Sequence[torch.Tensor],
    buffers: Mapping[BufferName, torch.Tensor],
    rng: torch.Generator | None,
) -> Developed:
    """Return images (B, H, W) after all links, whose learned values (B, columns) are given link by link."""
    shifts: list[Shift] = []
    pairs = zip(links, learned, strict=True)
    for spreads, group in groupby(pairs, key=lambda pair: isinstance(pair[0].operator.act, PointSpread)):
        if spreads:
            images = _blurred(images, list(group), buffers, rng)
            continue
        for link, values in group:
            act, given = link.operator.act, link.inputs(images, values.unbind(1), buffers, rng)
            if isinstance(act, Displacement):
                shifts.append(act.shift(given))
                images = resampled(images, shifts[-1])
            elif not isinstance(act, PointSpread):
                images = act(given)
    return Developed(images, tuple(shifts))


def _blurred(
    images: torch.Tensor,
    links: Sequence[tuple[Link, torch.Tensor]],
    buffers: Mapping[BufferName, torch.Tensor],
    rng: torch.Generator | None,
) -> torch.Tensor:
    """Apply point spreads that follow each other."""
    given = [(link.operator.act, link.inputs(images, values.unbind(1), buffers, rng)) for link, values in links]
    acts = [(act, inputs) for act, inputs in given if isinstance(act, PointSpread)]
    transfers = [partial(act.transfer, inputs) for act, inputs in acts]
    return blurred(images, transfers, margin_of([act.reach_px(inputs.largest) for act, inputs in acts]))
