"""Arrangements of the generalist's images: kinds, sizes, numbers and places of bodies, beyond any one case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.generalist.bodies import FAMILIES
from diffrendergan.generalist.chains import chained
from diffrendergan.rendering.heightfield.bed import Habit, drop
from diffrendergan.rendering.heightfield.scene import Atlas, Placement, Samples, body_samples
from diffrendergan.rendering.heightfield.strokes import Stroke, stroke_samples
from diffrendergan.runs.chance import law, own

SIZES_PX = (3.5, 260.0)
"""Bodies are neither smaller nor larger [px]."""
MEDIANS_PX = (5.0, 130.0)
"""Range of the median diameter, drawn evenly in its logarithm [px]."""
MOST_BODIES = 1500
WIRES = 0.07
"""Share of images that show wires or fibres."""
SPREADS = (0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
"""Standard deviations of the logarithm of sizes."""
SPARSE = 0.3
"""Share of the images of bodies up to `SPARSE_PX` in which hardly anything is covered, from `LEAST_COVERED` on."""
SPARSE_PX = 20.0
LEAST_COVERED = 0.003
CHAINS = 0.06
"""Share of images that show chains of balls in three dimensions: soot ..."""
CHAINED_PX = (8.0, 45.0)
"""... of such usual diameters [px]."""


@dataclass(frozen=True, eq=False)
class Arranged:
    """Bodies in an image.

    Attributes
    ----------
    samples : Samples
        Where they lie.
    count : int
        How many there are.
    median_px : float
        The usual diameter [px].
    chained : bool
        Whether bodies hang together in three dimensions, before and behind each other.
    """

    samples: Samples
    count: int
    median_px: float
    chained: bool = False


def arrange(
    atlas: Atlas, families: NDArray[np.int64], shape: tuple[int, int], rng: np.random.Generator, wires: float = WIRES
) -> Arranged:
    """Draw one arrangement for an image of `shape` (H, W); `wires` is the chance that it is one of wires."""
    if rng.random() < wires:
        return _wires(shape, rng)
    if rng.random() < CHAINS:
        median = float(np.exp(rng.uniform(*np.log(CHAINED_PX))))
        placed = chained(atlas, families, shape, median, rng)
        return Arranged(body_samples(atlas, placed, shape), len(placed), median, chained=True)
    median = float(np.exp(rng.uniform(*np.log(MEDIANS_PX))))
    coverage = float(rng.choice([rng.uniform(0.02, 0.3), rng.uniform(0.2, 0.7), rng.uniform(0.6, 0.97)]))
    if rng.random() < SPARSE and median <= SPARSE_PX:
        coverage = float(np.exp(rng.uniform(np.log(LEAST_COVERED), np.log(0.03))))
    sizes = _sizes(median, coverage, shape, rng)
    kinds = _kinds(families, len(sizes), rng)
    scale = (sizes / (2 * np.sqrt(atlas.numbers[kinds, 3] / np.pi))).astype(np.float32)
    placed = _placed(atlas, kinds, scale, coverage, shape, rng)
    return Arranged(body_samples(atlas, placed, shape), len(placed), median)


def _sizes(median: float, coverage: float, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return diameters [px], in the order of placing, of more bodies than there will be room for."""
    spread = float(rng.choice(SPREADS))
    usual = np.pi / 4 * median**2 * np.exp(2 * spread**2)
    wanted = int(np.clip(np.ceil(3 * coverage * shape[0] * shape[1] / usual) + 3, 3, MOST_BODIES))
    sizes = median * np.exp(rng.normal(0, spread, wanted))
    if rng.random() < 0.25:
        # A second kind, much smaller: on and between the first.
        ratio, share = rng.uniform(0.12, 0.5), rng.uniform(0.2, 0.85)
        small = rng.random(wanted) < share
        sizes = np.where(small, sizes * ratio, sizes)
    sizes = np.clip(sizes, *SIZES_PX)
    # Large ones first pack better, and leave the small ones on top.
    return np.sort(sizes)[::-1] if rng.random() < 0.5 else sizes


def _kinds(families: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return which body each is: of one family mostly, of two or three at times, at times always the same few."""
    present = np.unique(families)
    weights = np.array([FAMILIES[number].weight for number in present])
    several = min(int(rng.choice([1, 2, 3], p=[0.75, 0.15, 0.1])), len(present))
    chosen = present[law(rng).choice(len(present), several, replace=False, p=weights / weights.sum())]
    members = [np.flatnonzero(families == family) for family in chosen]
    which = rng.integers(several, size=count)
    return np.array([own(rng).choice(members[i]) for i in which], np.int64)


def _placed(
    atlas: Atlas,
    kinds: NDArray[np.int64],
    scale: NDArray[np.float32],
    coverage: float,
    shape: tuple[int, int],
    rng: np.random.Generator,
) -> Placement:
    count = len(kinds)
    zeros = np.zeros(count, np.float32)
    turn = rng.uniform(0, 2 * np.pi, count)
    if rng.random() < 0.1:
        turn = rng.uniform(0, 2 * np.pi) + rng.normal(0, 0.15, count)
    bodies = Placement(kinds, zeros, zeros, zeros, scale, turn.astype(np.float32), rng.random(count) < 0.5)
    if rng.random() < 0.14 and coverage < 0.9:
        return _lattice(atlas, bodies, shape, rng)
    pile = bool(coverage > 0.75 or rng.random() < 0.35)
    habit = Habit(
        cling=float(rng.choice([0.0, 0.5, 0.9, 0.97])),
        pile=pile,
        overlap=float(rng.choice([0.0, 0.02, 0.15, 0.4])),
        tries=int(rng.integers(2, 7)),
        coverage=coverage,
    )
    # Larger than the image, so that bodies are cut by its borders as anywhere.
    margin = int(min(np.max(atlas.reach[kinds] * scale), 100))
    wide = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    placed, _ = drop(atlas, bodies, wide, habit, own(rng))
    moved = placed.column - margin, placed.row - margin
    return Placement(placed.body, *moved, placed.height, placed.scale, placed.turn, placed.mirrored)


def _lattice(atlas: Atlas, bodies: Placement, shape: tuple[int, int], rng: np.random.Generator) -> Placement:
    """Lay bodies on a slightly disordered lattice: ordered monolayers."""
    radius = float(np.median(np.sqrt(atlas.numbers[bodies.body, 3] / np.pi) * bodies.scale))
    step = 2 * radius * rng.choice([rng.uniform(0.98, 1.12), rng.uniform(1.0, 1.8)])
    rows = step * (np.sqrt(3) / 2 if rng.random() < 0.7 else 1.0)
    half = int(np.hypot(*shape) / step) + 2
    i, j = np.meshgrid(np.arange(-half, half), np.arange(-half, half))
    places = np.stack([i + 0.5 * (j % 2) * (rows < step), j * (rows / step)], axis=-1).reshape(-1, 2) * step
    angle = own(rng).uniform(0, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = places @ turn + np.array(shape[::-1]) / 2 + rng.normal(0, step * rng.uniform(0, 0.08), places.shape)
    inside = ((places > -step) & (places < np.array(shape[::-1]) + step)).all(1)
    places = places[inside]
    places = places[rng.random(len(places)) < rng.choice([1.0, rng.uniform(0.5, 1.0)])][: len(bodies)]
    n = len(places)
    low = -atlas.numbers[bodies.body[:n], 1] * bodies.scale[:n]
    return Placement(
        bodies.body[:n], places[:, 0].astype(np.float32), places[:, 1].astype(np.float32), low.astype(np.float32),
        bodies.scale[:n], bodies.turn[:n], bodies.mirrored[:n],
    )  # fmt: skip


def _wires(shape: tuple[int, int], rng: np.random.Generator) -> Arranged:
    """Draw wires or fibres, crossing each other."""
    width = float(np.exp(rng.uniform(np.log(4), np.log(28))))
    count = int(rng.integers(1, max(3, int(40 * 10 / (width + 8)))))
    aligned, direction = rng.random() < 0.3, rng.uniform(0, 2 * np.pi)
    rng = own(rng)
    strokes = []
    for number in range(count):
        turn = direction + rng.normal(0, 0.2) if aligned else rng.uniform(0, 2 * np.pi)
        radius = max(2.0, width / 2 * float(np.exp(rng.normal(0, 0.2))))
        strokes.append(
            Stroke(
                column=rng.uniform(-20, shape[1] + 20),
                row=rng.uniform(-20, shape[0] + 20),
                height=radius + number * width * rng.uniform(0.2, 1.0),
                turn=float(turn),
                length=float(rng.uniform(4, 40) * width),
                radius=radius,
                taper=float(rng.uniform(0.6, 1.0)),
                bend=float(rng.normal(0, 0.25)),
            )
        )
    return Arranged(stroke_samples(strokes, shape), count, width)
