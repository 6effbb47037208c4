"""The way of images through the links of a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import torch

from diffrendergan.imaging.chain import Link
from diffrendergan.imaging.composite import Composite, Work
from diffrendergan.imaging.edges import to_the_edge
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


Picture = torch.Tensor | Composite
"""Images (B, H, W), or particles over a ground that is a picture."""


def passed(
    picture: Picture,
    links: Sequence[Link],
    learned: Sequence[torch.Tensor],
    buffers: Mapping[BufferName, torch.Tensor],
    rng: torch.Generator | None,
) -> Developed:
    """Return images after all links, whose learned values (B, columns) are given link by link."""
    found, shifts = sent(picture, links, learned, buffers, rng)
    return Developed(found.image if isinstance(found, Composite) else found, shifts)


def sent(
    picture: Picture,
    links: Sequence[Link],
    learned: Sequence[torch.Tensor],
    buffers: Mapping[BufferName, torch.Tensor],
    rng: torch.Generator | None,
) -> tuple[Picture, tuple[Shift, ...]]:
    """Return a picture after all links, still in its parts, and how what it shows was moved."""
    shifts: list[Shift] = []
    edged = _edged(links, buffers) if isinstance(picture, Composite) else buffers
    pairs = zip(links, learned, strict=True)
    for spreads, group in groupby(pairs, key=lambda pair: isinstance(pair[0].operator.act, PointSpread)):
        if spreads:
            picture = _spread(picture, partial(_blurred, links=list(group), buffers=buffers, rng=rng))
            continue
        for link, values in group:
            if isinstance(link.operator.act, Displacement):
                shown = picture.over if isinstance(picture, Composite) else picture
                shifts.append(link.operator.act.shift(link.inputs(shown, values.unbind(1), buffers, rng)))
                picture = _spread(picture, partial(resampled, shift=shifts[-1]))
            else:
                kind = link.operator.over_ground
                known = edged if kind == "particles" else buffers
                work = partial(_done, link=link, values=values.unbind(1), buffers=known, rng=rng)
                picture = picture.acted(work, kind, rng) if isinstance(picture, Composite) else work(picture)
    return picture, tuple(shifts)


def _edged(links: Sequence[Link], buffers: Mapping[BufferName, torch.Tensor]) -> Mapping[BufferName, torch.Tensor]:
    """Return what operators on particles ask for, to the edge of their light."""
    asked = {name for link in links if link.operator.over_ground == "particles" for name in link.operator.buffers}
    return to_the_edge({name: buffers[name] for name in asked})


def _spread(picture: Picture, work: Work) -> Picture:
    return picture.spread(work) if isinstance(picture, Composite) else work(picture)


def _done(
    images: torch.Tensor,
    link: Link,
    values: Sequence[torch.Tensor],
    buffers: Mapping[BufferName, torch.Tensor],
    rng: torch.Generator | None,
) -> torch.Tensor:
    """Return what an operator makes of images (B, H, W), that is none of the kinds which are applied together."""
    act = link.operator.act
    if isinstance(act, PointSpread | Displacement):
        raise TypeError(f"{link.operator.field} is applied with others")
    return act(link.inputs(images, values, buffers, rng))


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
