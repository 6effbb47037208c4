"""Patches that show the ground: empty ones, or where few places are empty the emptiest, and where particles hide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diffrendergan.config.data import DataConfig
from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.micrographs.windows import window_corners
from diffrendergan.patches.candidates import Place, background_candidates, in_field, suspicious_area
from diffrendergan.patches.rules import RULES
from diffrendergan.patches.selection import choose, overlap


@dataclass(frozen=True)
class GroundPlace:
    """A patch of ground."""

    place: Place
    hidden: float
    """Share of it that could be particles; 0 where it is empty."""


def choose_grounds(
    train: Sequence[Micrograph],
    found: Sequence[ScanParticles],
    data: DataConfig,
    patches: Sequence[Place],
    empty: Sequence[Place] | None,
    rng: np.random.Generator,
) -> list[GroundPlace]:
    """Choose patches of ground from the training scans.

    They keep away from the training patches, which synthetic images are compared with, where the scans have room for
    both. Where fewer than `least_grounds` places are empty, those that particles hide least are added.

    Parameters
    ----------
    train : sequence of Micrograph
        The training scans, never those kept back.
    found : sequence of ScanParticles
        What was found in each.
    data : DataConfig
        Size and stride of windows.
    patches : sequence of Place
        The training patches.
    empty : sequence of Place, optional
        The empty places that the user chose; None chooses them.
    rng : numpy.random.Generator
        Decides between places that are as good.
    """
    empty = _empty(train, found, data, patches, rng) if empty is None else empty
    grounds = [GroundPlace(place, 0.0) for place in empty]
    if len(grounds) < RULES.least_grounds:
        grounds += _hidden_least(train, found, data, patches, empty)
    return grounds


def _apart(place: Place, others: Sequence[Place], size: int, limit: float = RULES.overlap_steps[0]) -> bool:
    """Tell whether a place shares no more of its area than a limit with each of the others."""
    return all(overlap(place, other, size) <= limit for other in others)


def _empty(
    train: Sequence[Micrograph],
    found: Sequence[ScanParticles],
    data: DataConfig,
    patches: Sequence[Place],
    rng: np.random.Generator,
) -> list[Place]:
    """Return empty places, apart from the patches if there are enough of those."""
    candidates = background_candidates(train, found, data.patch_size, data.stride)
    apart = [candidate for candidate in candidates if _apart(candidate.place, patches, data.patch_size)]
    chosen = choose(apart, RULES.most_grounds, data.patch_size, RULES.overlap_steps[1], rng).candidates
    if len(chosen) < RULES.least_grounds:
        chosen = choose(candidates, RULES.most_grounds, data.patch_size, RULES.overlap_steps[1], rng).candidates
    return [candidate.place for candidate in chosen]


def _hidden_least(
    train: Sequence[Micrograph],
    found: Sequence[ScanParticles],
    data: DataConfig,
    patches: Sequence[Place],
    empty: Sequence[Place],
) -> list[GroundPlace]:
    """Return further places, those first that keep away from the patches, and of them those that are hidden least."""
    size, wanted = data.patch_size, RULES.least_grounds - len(empty)
    places = []
    for scan, particles in zip(train, found, strict=True):
        corners = window_corners(scan.pixels.shape[0], scan.pixels.shape[1], size, data.stride)
        shares = suspicious_area(particles, corners, size) / size**2
        for (x, y), share in zip(corners.tolist(), shares.tolist(), strict=True):
            if 0 < share <= RULES.most_hidden and in_field(scan, x, y, size):
                places.append(GroundPlace(Place(scan.name, x, y), share))
    places.sort(key=lambda one: (not _apart(one.place, patches, size), one.hidden))
    chosen: list[GroundPlace] = []
    for limit in RULES.overlap_steps:
        for one in places:
            taken = [*empty, *(other.place for other in chosen)]
            if len(chosen) < wanted and one not in chosen and _apart(one.place, taken, size, limit):
                chosen.append(one)
    return chosen
