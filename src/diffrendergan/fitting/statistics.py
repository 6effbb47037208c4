"""What is compared of patches: numbers that a picture shows, differentiable in its grey levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.zones import GROUND, INSIDE, ZONES, Zones

_FLOOR = 1e-5
"""Powers and squares below this are rounding: half a grey level of 256, squared."""


@dataclass(frozen=True)
class Group:
    """Statistics that belong together.

    Attributes
    ----------
    name : str
        In the words of the picture.
    labels : tuple of str
        Of each number.
    """

    name: str
    labels: tuple[str, ...]


def groups() -> tuple[Group, ...]:
    """Return all groups, in the order of the columns of `describe`."""
    levels = tuple(f"{level:.0%}" for level in RULES.levels)
    distances = tuple(f"{d + 0.5:g} px" for d in range(-RULES.profile_px, RULES.profile_px))
    lags = tuple(f"{right}, {down}" for down, right in RULES.lags)
    bins = tuple(f"{f:.3f}" for f in _bin_frequencies(256))
    details = tuple(f"{2**level} px, {q}" for level in range(RULES.pyramid_levels) for q in _DETAILS)
    return (
        *(Group(f"grey levels, {zone}", levels) for zone in ZONES),
        Group("across the outline", distances),
        *(Group(f"differences, {ZONES[zone]}", lags) for zone in _TEXTURED),
        Group("spectrum along the lines", bins),
        Group("spectrum across the lines", bins),
        Group("details", details),
    )


_TEXTURED = (GROUND, INSIDE)
_DETAILS = (*(f"{q:.0%}" for q in RULES.pyramid_quantiles), "bright", "dark")


def describe(images: torch.Tensor, zones: Zones) -> torch.Tensor:
    """Return the statistics of patches.

    Parameters
    ----------
    images : torch.Tensor
        Grey levels in [0, 1], shape (B, S, S).
    zones : Zones
        Of these patches.

    Returns
    -------
    torch.Tensor
        Shape (B, F), NaN where a patch says nothing; differentiable in the images.
    """
    flat = images.flatten(1)
    parts = [_levels(flat, zones, zone) for zone in range(len(ZONES))]
    parts.append(_profile(flat, zones))
    parts += [_differences(images, zones, zone) for zone in _TEXTURED]
    parts += [_spectrum(images), _spectrum(images.transpose(1, 2))]
    parts.append(_details(images))
    return torch.cat(parts, 1)


def _levels(flat: torch.Tensor, zones: Zones, zone: int) -> torch.Tensor:
    """Return quantiles of the grey levels of a zone."""
    values = flat.gather(1, zones.picks[:, zone]).sort(1).values
    at = [round(level * (values.shape[1] - 1)) for level in RULES.levels]
    return _where_known(values[:, at], zones.known[:, zone])


def _profile(flat: torch.Tensor, zones: Zones) -> torch.Tensor:
    """Return mean grey levels by the distance from the outline, from outside to inside."""
    bins = 2 * RULES.profile_px
    zeros = flat.new_zeros(len(flat), bins + 1)
    sums = zeros.scatter_add(1, zones.profile, flat)[:, :bins]
    counts = zeros.scatter_add(1, zones.profile, torch.ones_like(flat))[:, :bins]
    return torch.where(counts >= RULES.least_pixels / 4, sums / counts.clamp_min(1), torch.nan)


def _differences(images: torch.Tensor, zones: Zones, zone: int) -> torch.Tensor:
    """Return the logarithm of mean squared differences at each lag, of pairs that lie in a zone."""
    kind = zones.kind[:, zone].view(images.shape)
    rows = []
    for down, right in RULES.lags:
        first = (slice(None), slice(down, None), slice(right, None))
        second = (slice(None), slice(None, -down or None), slice(None, -right or None))
        both = (kind[first] & kind[second]).to(images.dtype)
        squares = (images[first] - images[second]) ** 2 * both
        rows.append(squares.sum((1, 2)) / both.sum((1, 2)).clamp_min(1))
    return _where_known(torch.log(torch.stack(rows, 1) + _FLOOR), zones.known[:, zone])


def _spectrum(images: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of the mean power along the lines of images, in bins."""
    size = images.shape[2]
    window = torch.hann_window(size, dtype=images.dtype, device=images.device)
    window = window / window.square().mean().sqrt()
    lines = images - images.mean((1, 2), keepdim=True)
    power = torch.fft.rfft(lines * window, dim=2).abs().square().mean(1) / size
    edges = _bin_edges(size)
    binned = [power[:, low:high].mean(1) for low, high in pairwise(edges)]
    return torch.log(torch.stack(binned, 1) + _FLOOR)


def _bin_edges(size: int) -> list[int]:
    """Return the first frequency of each bin and one past the last, in cycles per image, each bin at least one wide."""
    half = size // 2 + 1
    wanted = [
        math.exp(math.log(2) + i / RULES.spectrum_bins * math.log(half / 2)) for i in range(RULES.spectrum_bins + 1)
    ]
    edges = [2]
    for value in wanted[1:]:
        edges.append(max(edges[-1] + 1, round(value)))
    return [min(edge, half) for edge in edges[:-1]] + [half]


def _bin_frequencies(size: int) -> list[float]:
    edges = _bin_edges(size)
    return [(low + high - 1) / 2 / size for low, high in pairwise(edges)]


def _details(images: torch.Tensor) -> torch.Tensor:
    """Return the logarithm of quantiles of details on the levels of a Laplacian pyramid: usual ones, and both tails."""
    columns, level = [], images[:, None]
    for _ in range(RULES.pyramid_levels):
        coarse = torch.nn.functional.avg_pool2d(level, 2)
        fine = torch.nn.functional.interpolate(coarse, size=level.shape[2:], mode="bilinear", align_corners=False)
        details = (level - fine).flatten(1)
        details = details[:, :: max(1, details.shape[1] // RULES.pyramid_samples)]
        values, last = details.abs().sort(1).values, details.shape[1] - 1
        columns += [values[:, round(q * last)] for q in RULES.pyramid_quantiles]
        signed = details.sort(1).values
        columns += [signed[:, round(RULES.pyramid_tail * last)], -signed[:, round((1 - RULES.pyramid_tail) * last)]]
        level = coarse
    return torch.log(torch.stack(columns, 1).clamp_min(0) + _FLOOR**0.5)


def _where_known(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    return torch.where(known[:, None], values, torch.nan)


def names(found: Sequence[Group]) -> list[str]:
    """Return a name for each column of `describe`."""
    return [f"{group.name}: {label}" for group in found for label in group.labels]
