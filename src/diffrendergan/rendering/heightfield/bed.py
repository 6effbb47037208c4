"""Bodies dropped one after the other onto a coarse height field: apart, in clusters, or in heaps.

What a body meets is looked up in a grid whose cells are a fraction of the smallest body: contact is right to about a
cell, and a body costs some ten microseconds for each place that is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.rendering.heightfield.ragged import grouped
from diffrendergan.rendering.heightfield.scene import Atlas, Placement, footprints

CELLS_PER_BODY = 7
"""Cells of the coarse grid across the smallest body."""
CONTACT = (0.75, 0.85, 0.93, 1.0, 1.07, 1.15, 1.25, 1.4, 1.6)
"""Distances at which a body is tried beside another, in sums of their radii."""


@dataclass(frozen=True)
class Habit:
    """How bodies come together.

    Attributes
    ----------
    cling : float
        Probability of a body to be laid beside one placed before it.
    pile : bool
        Whether bodies may lie upon others.
    overlap : float
        Share of its footprint that a body may lie over others where it does not pile up: it hides them.
    tries : int
        Places tried for each body; in a heap it takes the lowest.
    coverage : float
        Ends once this share of the field is covered.
    """

    cling: float = 0.0
    pile: bool = False
    overlap: float = 0.0
    tries: int = 6
    coverage: float = 1.0


def drop(
    atlas: Atlas, bodies: Placement, shape: tuple[int, int], habit: Habit, rng: np.random.Generator
) -> tuple[Placement, NDArray[np.int64]]:
    """Place bodies in a field in their order, as a habit says; those that find no place are left out.

    Parameters
    ----------
    atlas : Atlas
    bodies : Placement
        Kinds, scales and turns; their places are not used.
    shape : (int, int)
        Height and width of the field [px]; origins lie within it.
    habit : Habit
    rng

    Returns
    -------
    Placement
        Those placed.
    int64
        Their numbers in `bodies`.
    """
    radii = np.sqrt(atlas.numbers[bodies.body, 3] / np.pi) * bodies.scale
    cell = max(1.0, float(2 * np.min(radii)) / CELLS_PER_BODY)
    feet = footprints(atlas, replace(bodies, scale=(bodies.scale / cell).astype(np.float32)))
    margin = int(np.ceil(np.max(atlas.reach[bodies.body] * bodies.scale) * 1.5 / cell)) + 2
    rows, columns = (int(np.ceil(length / cell)) for length in shape)
    width = columns + 2 * margin
    grid = np.zeros((rows + 2 * margin) * width, np.float32)
    steps = grouped(feet.row * width + feet.column, feet.owner, len(bodies))
    tops, bottoms = (grouped(values, feet.owner, len(bodies)) for values in (feet.top, feet.bottom))
    limits, wanted, covered = np.array([columns, rows], float), habit.coverage * rows * columns, 0
    found: list[int] = []
    places: list[tuple[float, float, float]] = []
    for number in range(len(bodies)):
        best: tuple[float, NDArray[np.int64], NDArray[np.float64]] | None = None
        for place in _tried(number, found, places, radii / cell, habit, limits, rng):
            if not (0 <= place[0] < columns and 0 <= place[1] < rows):
                continue
            cells = steps[number] + ((int(place[1]) + margin) * width + int(place[0]) + margin)
            under = grid[cells]
            over = int((under > 0).sum())
            if over > habit.overlap * len(under) and not habit.pile:
                continue
            height = float((under - bottoms[number]).max())
            if best is None or height < best[0]:
                best = height, cells, place
            if not habit.pile or over == 0:
                break
        if best is None:
            continue
        height, cells, place = best
        covered += int((grid[cells] == 0).sum())
        grid[cells] = np.maximum(grid[cells], height + tops[number])
        found.append(number)
        places.append((*place, height))
        if covered >= wanted:
            break
    chosen = np.array(found, np.int64)
    laid = np.array(places, np.float32).reshape(-1, 3) * np.float32(cell)
    picked = Placement(
        bodies.body[chosen], laid[:, 0], laid[:, 1], laid[:, 2], bodies.scale[chosen], bodies.turn[chosen],
        bodies.mirrored[chosen],
    )  # fmt: skip
    return picked, chosen


def _tried(
    number: int,
    found: Sequence[int],
    places: Sequence[tuple[float, float, float]],
    radii: NDArray[np.float32],
    habit: Habit,
    limits: NDArray[np.float64],
    rng: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Return places to be tried, in cells."""
    if not found or rng.random() >= habit.cling:
        return list(rng.random((habit.tries, 2)) * limits)
    beside: list[NDArray[np.float64]] = []
    for _ in range(max(1, habit.tries // 2)):
        other = int(rng.integers(len(found)))
        angle = rng.uniform(0, 2 * np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * (radii[number] + radii[found[other]])
        centre = np.array(places[other][:2])
        beside += [centre + way * distance for distance in (CONTACT[3:4] if habit.pile else CONTACT)]
    return beside
