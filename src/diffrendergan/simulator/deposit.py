"""Agglomerates on the ground: particles settle one by one, each beside or upon those before it.

A particle comes down vertically at a place next to a member of its agglomerate and stays where it first touches
something: gaps, stacks and overlaps in projection follow from the shapes, and no two bodies interpenetrate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from diffrendergan.simulator.bodies import Footprint, make_body, view
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.surface import Landing, Surface, land, place

TRIES_PER_PARTICLE = 12
"""Places that are tried before a particle is given up."""

CLOSENESS = (0.72, 1.04)
"""Distance of neighbours' centres in projection, in sums of their radii: cohesion, and some leaning over."""

MOST_PARTICLES = 4000
"""Bound on the work, whatever the settings ask for."""


@dataclass
class _Ledger:
    """Silhouettes and what is still visible of them [samples], by particle number from 1; 0 is the ground."""

    silhouette: list[int] = field(default_factory=lambda: [1])
    visible: list[int] = field(default_factory=lambda: [1])


@dataclass(frozen=True)
class _Member:
    row: float
    column: float
    radius: float


@dataclass(frozen=True)
class Area:
    """Where the suspension left particles: rows and columns from, to [samples]."""

    top: int
    bottom: int
    left: int
    right: int


def draw_area(rng: np.random.Generator, settings: MicroscopeSettings, shape: tuple[int, int]) -> Area:
    """Draw which part of the field the particles lie in: all of it, or all but a strip along one edge."""
    strip = (settings.bare_strip_px + settings.margin_px) * settings.oversampling
    rows, columns = shape
    area = [0, rows, 0, columns]
    bare, side = rng.random() < settings.bare_probability, int(rng.integers(4))
    if bare:
        extent = rows if side < 2 else columns
        # An edge of particles reaches half a particle beyond their centres; two fifths of the field always stay.
        step = min(strip + int(0.7 * settings.diameter_nm * settings.samples_per_nm), int(0.6 * extent))
        area[side] += step if side % 2 == 0 else -step
    return Area(*area)


def draw_diameters(rng: np.random.Generator, settings: MicroscopeSettings, count: int) -> np.ndarray:
    """Draw volume-equivalent diameters [nm], lognormal around the median, shape (count,)."""
    return settings.diameter_nm * np.exp(rng.normal(0, settings.diameter_sigma, count))


def deposit(rng: np.random.Generator, surface: Surface, settings: MicroscopeSettings) -> int:
    """Lay agglomerates on a surface until they cover what this scan is to be covered.

    Parameters
    ----------
    rng : numpy Generator
        Where shapes, sizes and places come from.
    surface : Surface
        The bare ground; changed in place.
    settings : MicroscopeSettings
        Sizes, coverage, agglomeration.

    Returns
    -------
    int
        How many particles were placed; their labels are 1 to this number.
    """
    area = draw_area(rng, settings, surface.height.shape)
    share = rng.uniform(*settings.coverage)
    wanted = share * (area.bottom - area.top) * (area.right - area.left)
    ledger = _Ledger()
    misses = 0
    while sum(ledger.visible) - 1 < wanted and misses < 50 and len(ledger.visible) <= MOST_PARTICLES:
        size = np.exp(rng.normal(np.log(settings.agglomerate_size), settings.agglomerate_sigma))
        placed = _agglomerate(rng, surface, settings, ledger, area, min(int(np.ceil(size)), settings.agglomerate_limit))
        misses = 0 if placed else misses + 1
    return len(ledger.visible) - 1


def _agglomerate(
    rng: np.random.Generator,
    surface: Surface,
    settings: MicroscopeSettings,
    ledger: _Ledger,
    area: Area,
    count: int,
) -> int:
    """Grow one agglomerate of up to `count` particles; return how many found a place."""
    members: list[_Member] = []
    for diameter in draw_diameters(rng, settings, count):
        radius = 0.5 * diameter * settings.samples_per_nm
        body = make_body(rng, radius, settings.elongation, settings.cuts)
        offset = rng.uniform(-0.5, 0.5, 2)
        seen = view(body, offset[1], offset[0])
        for _ in range(TRIES_PER_PARTICLE):
            row, column = _next_place(rng, members, area, radius)
            landing = land(surface, seen, round(row), round(column))
            if landing is not None and _settles(surface, seen, landing, settings, ledger, first=not members):
                _record(surface, seen, landing, ledger)
                members.append(_Member(row, column, radius))
                break
        if not members:
            # No room to begin: the rest would have nothing to stick to.
            break
    return len(members)


def _next_place(rng: np.random.Generator, members: list[_Member], area: Area, radius: float) -> tuple[float, float]:
    """Draw where the next particle comes down: anywhere if it is the first, else beside a member."""
    if not members:
        return rng.uniform(area.top, area.bottom), rng.uniform(area.left, area.right)
    while True:
        member = members[int(rng.integers(len(members)))]
        azimuth = rng.uniform(0, 2 * np.pi)
        distance = rng.uniform(*CLOSENESS) * (member.radius + radius)
        row, column = member.row + distance * np.sin(azimuth), member.column + distance * np.cos(azimuth)
        # Half of all directions from any member of the area lead inwards.
        if area.top <= row <= area.bottom and area.left <= column <= area.right:
            return row, column


def _settles(
    surface: Surface, body: Footprint, landing: Landing, settings: MicroscopeSettings, ledger: _Ledger, first: bool
) -> bool:
    """Tell whether a particle may stay: not too high, and not on top of what should be seen."""
    inside = body.inside[landing.crop]
    top = float(body.top[landing.crop][inside].max()) + landing.lift
    if top > settings.stack_limit * settings.diameter_nm * settings.samples_per_nm:
        return False
    hidden = np.bincount(surface.labels[landing.window][inside])
    below = np.flatnonzero(hidden[1:]) + 1
    if first and below.size:
        return False
    return all(
        ledger.visible[number] - hidden[number] >= settings.least_visible * ledger.silhouette[number]
        for number in below
    )


def _record(surface: Surface, body: Footprint, landing: Landing, ledger: _Ledger) -> None:
    """Place a particle and keep account of what is visible."""
    inside = body.inside[landing.crop]
    for number, hidden in enumerate(np.bincount(surface.labels[landing.window][inside])):
        if number:
            ledger.visible[number] -= int(hidden)
    area = int(inside.sum())
    ledger.silhouette.append(area)
    ledger.visible.append(area)
    place(surface, body, landing, len(ledger.visible) - 1)
