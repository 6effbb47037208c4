"""Height maps brought to the level: plane and bow of the scanner taken off, and each line's own height.

What is fitted is the ground alone. It is found as what lies about the commonest height, and found again after each fit,
so that particles pull at nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

PASSES = 5
"""Fits, each with the ground that the last one shows: a bow of many times the particles' height is gone after three."""
WIDTH = 3.0
"""What lies farther from the ground's height than this many standard deviations is none."""
LEAST_OF_A_LINE = 8
"""A line with less ground than this takes the height of the nearest that has more [px]."""
BLOCKS = 10
"""Parts along each axis, in each of which low heights are looked for first."""
LOW = 0.1
"""Heights lower than this share of a part are its low ones."""
LOWER = 0.6
"""The ground is the commonest height among this share of all, the lowest: so it is found where particles cover more."""
SAMPLES = 20_000
"""Pixels that the commonest height is looked for in."""


def levelled(images: torch.Tensor, degree: int, lines: bool, known: NDArray[np.bool_] | None = None) -> torch.Tensor:
    """Return height maps whose ground is level and at 0, (B, H, W); differentiable, as the linear map that it is.

    Parameters
    ----------
    images : torch.Tensor
        Heights, shape (B, H, W); scan lines run along the last axis.
    degree : int
        Of the polynomial in both directions that is taken off: 0 is the ground's mean height, 1 a plane, 2 a bow.
    lines : bool
        Bring the ground of each line to the same height.
    known : bool (H, W), optional
        Where there are heights; everywhere by default.
    """
    import torch  # not for those who only read scans

    basis = torch.from_numpy(_basis(images.shape[-2:], degree)).to(images)
    inside = torch.ones_like(images, dtype=torch.bool) if known is None else torch.from_numpy(known).expand_as(images)
    return torch.stack([_one(image, basis, lines, within) for image, within in zip(images, inside, strict=True)])


def _one(image: torch.Tensor, basis: torch.Tensor, lines: bool, inside: torch.Tensor) -> torch.Tensor:
    import torch

    start = image.detach()
    start = start - _steps(start, inside)[:, None] if lines else start
    ground = _ground(start - _first_surface(start, basis, inside), inside)
    rest = image
    for number in range(PASSES):
        found = torch.linalg.lstsq(basis[:, ground].T, image[ground][:, None]).solution[:, 0]
        rest = image - torch.einsum("k,kij->ij", found, basis)
        if lines:
            rest = rest - _heights_of_lines(rest, ground)[:, None]
        if number < PASSES - 1:
            ground = _ground(rest, inside)
    return rest


def _basis(shape: tuple[int, ...], degree: int) -> NDArray[np.float64]:
    """Return Legendre's polynomials in both directions, up to a degree together, (K, H, W)."""
    down, across = (np.linspace(-1, 1, length) for length in shape)
    values = np.polynomial.legendre.legvander
    rows, columns = values(down, degree), values(across, degree)
    return np.stack([np.outer(rows[:, i], columns[:, j]) for i in range(degree + 1) for j in range(degree + 1 - i)])


def _steps(image: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Return how high each line lies (H,), by the median of the differences to the line before it.

    What lies on the ground rises as much as it falls, so that it changes no median by much.
    """
    import torch

    both = inside[1:] & inside[:-1]
    apart = torch.where(both, image[1:] - image[:-1], torch.full_like(image[1:], torch.nan))
    steps = apart.nanmedian(dim=1).values.nan_to_num(0.0)
    return torch.cat([torch.zeros_like(steps[:1]), steps.cumsum(0)])


def _first_surface(image: torch.Tensor, basis: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Return a surface (H, W) through the low parts of all places: particles only lift."""
    import torch

    edge = [max(1, length // BLOCKS) for length in image.shape]
    lows, places = [], []
    for rows in torch.split(torch.arange(image.shape[0]), edge[0]):
        for columns in torch.split(torch.arange(image.shape[1]), edge[1]):
            part = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
            values = image[part][inside[part]]
            if values.numel() > rows.numel() * columns.numel() / 2:
                lows.append(torch.quantile(values, LOW))
                places.append(basis[:, part[0], part[1]].mean((1, 2)))
    if len(lows) < 2 * len(basis):
        return torch.zeros_like(image)
    wanted, known = torch.stack(lows), torch.stack(places)
    weights = torch.ones_like(wanted)
    for _ in range(PASSES):  # of absolute differences, so that places without ground pull little
        found = torch.linalg.lstsq(known * weights[:, None], wanted[:, None] * weights[:, None]).solution[:, 0]
        off = (wanted - known @ found).abs()
        weights = (off + off.mean() * 0.1 + 1e-9).rsqrt()
    return torch.einsum("k,kij->ij", found, basis)


def _ground(heights: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Return which pixels (H, W) are ground: about the commonest height, as far as what lies lower spreads."""
    values = heights.detach()
    flat = values[inside]
    picked, _ = flat[:: max(1, flat.numel() // SAMPLES)].sort()
    level = _commonest(picked[: max(2, int(LOWER * len(picked)))])
    below = picked[picked <= level] - level
    spread = below.square().mean().sqrt()
    return inside & ((values - level).abs() <= WIDTH * spread + 1e-6 * (picked[-1] - picked[0]))


def _commonest(ordered: torch.Tensor) -> torch.Tensor:
    """Return the commonest of sorted values: the half that lies closest together, of that again, and so on.

    Source: D. R. Bickel and R. Frühwirth, On a fast, robust estimator of the mode (2006).
    """
    while len(ordered) > 2:
        half = (len(ordered) + 1) // 2
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        start = int(widths.argmin())
        if half == len(ordered):
            break
        ordered = ordered[start : start + half]
    return ordered.mean()


def _heights_of_lines(rest: torch.Tensor, ground: torch.Tensor) -> torch.Tensor:
    """Return the mean height (H,) of the ground in each line."""
    import torch

    count = ground.sum(1)
    means = torch.where(ground, rest, torch.zeros_like(rest)).sum(1) / count.clamp_min(1)
    enough = count >= LEAST_OF_A_LINE
    if not bool(enough.any()):
        return torch.zeros_like(means)
    good = enough.nonzero()[:, 0]
    apart = (torch.arange(len(means), device=means.device)[:, None] - good[None]).abs()
    return means[good[apart.argmin(1)]]
