"""Places of particles: anywhere, or in agglomerates whose members touch and never overlap."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import PlacementError

Points = NDArray[np.float64]

ATTEMPTS = 25
"""Constellations begun before a packing is called impossible."""
SEED_CANDIDATES = 256
"""Places tried at once for the first particle of an agglomerate."""
DIRECTIONS = 48
"""Directions tried at once around a placed particle."""
ROUNDS = 3
"""Times that all members of an agglomerate are tried as neighbours of the next particle."""
SLACK = 1e-9
"""Touching particles are at r1 + r2 up to rounding: this much of overlap [relative] is none."""


def place_randomly(count: int, half_width: float, three_dimensional: bool, rng: np.random.Generator) -> Points:
    """Draw centres uniformly in a square of the plane z = 0, or in a cube; particles may overlap.

    Parameters
    ----------
    count
    half_width
        Of the square or cube [unit].
    three_dimensional
    rng

    Returns
    -------
    float64 (count, 3)
        x, y, z [unit].
    """
    points = np.zeros((count, 3))
    dimensions = 3 if three_dimensional else 2
    points[:, :dimensions] = rng.uniform(-half_width, half_width, (count, dimensions))
    return points


def place_agglomerated(
    radii: NDArray[np.float64],
    half_width: float,
    three_dimensional: bool,
    agglomerates: int,
    timeout_s: float,
    rng: np.random.Generator,
) -> Points:
    """Place particles in agglomerates, by multi-radius Poisson-disk sampling.

    The particles are split at random among 1 … `agglomerates` agglomerates. Of each, one particle lies
    uniformly within the half width; every other touches a random placed particle of its agglomerate,
    in a random direction where it overlaps no particle at all. Agglomerates may reach beyond the half width.

    Parameters
    ----------
    radii : float64 (n,)
        Positive [unit].
    half_width
        Of the square or cube in which agglomerates start [unit].
    three_dimensional
        False keeps z = 0.
    agglomerates
        Most agglomerates, at least 1; never more than particles.
    timeout_s
        Last resort: the bounded number of attempts ends sooner on any machine. A time-out is an error,
        so that results never depend on speed.
    rng

    Returns
    -------
    float64 (n, 3)
        x, y, z [unit]; centres at least r1 + r2 apart, up to rounding.

    Raises
    ------
    PlacementError
        If the particles cannot be placed; it says how many could be.

    Notes
    -----
    Source: METHOD §3; Possart et al. 2025; after Bridson 2007, "Fast Poisson disk sampling".
    """
    labels = partition(len(radii), agglomerates, rng)
    deadline = _Deadline(time.monotonic() + timeout_s, timeout_s)
    failed: list[_Packing] = []
    for _ in range(ATTEMPTS):
        packing = _Packing(radii, labels, three_dimensional, deadline)
        if packing.fill(half_width, rng):
            return packing.points
        failed.append(packing)
    raise PlacementError(max(failed, key=lambda packing: packing.placed).explain(half_width))


def partition(count: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Split `count` particles at random into 1 … `most` groups, none empty.

    The number of groups is uniform, and so is the way in which `count` is cut into that many sizes.

    Returns
    -------
    int64 (count,)
        The group of each particle, in random order.
    """
    groups = int(rng.integers(1, min(most, count) + 1))
    cuts = np.sort(rng.choice(np.arange(1, count), groups - 1, replace=False)) if groups > 1 else np.array([], int)
    sizes = np.diff(np.concatenate([[0], cuts, [count]]))
    return rng.permutation(np.repeat(np.arange(groups), sizes))


@dataclass(frozen=True)
class _Deadline:
    end: float
    timeout_s: float

    def check(self, placed: int, count: int) -> None:
        if time.monotonic() > self.end:
            raise PlacementError(
                f"Placing {count} particles took longer than arrangement.timeout_s = {self.timeout_s:g} s "
                f"({placed} were placed); raise it, or lower particles.count."
            )


class _Packing:
    """One attempt at a constellation."""

    def __init__(
        self, radii: NDArray[np.float64], labels: NDArray[np.int64], three_dimensional: bool, deadline: _Deadline
    ) -> None:
        self.radii = radii
        self.labels = labels
        self.three_dimensional = three_dimensional
        self.deadline = deadline
        self.points = np.zeros((len(radii), 3))
        self.placed = 0
        # The same, in the order of placing: overlap tests then read contiguous memory.
        self._order = np.empty(len(radii), dtype=np.int64)
        self._centres = np.empty((len(radii), 3))
        self._radii = np.empty(len(radii))

    def fill(self, half_width: float, rng: np.random.Generator) -> bool:
        """Place all particles; return whether that worked."""
        # The first particles of all agglomerates come first, so that none grows over another's start.
        _, starts = np.unique(self.labels, return_index=True)
        others = np.setdiff1d(np.arange(len(self.labels)), starts)
        return all(self._start(i, half_width, rng) for i in starts) and all(self._attach(i, rng) for i in others)

    def explain(self, half_width: float) -> str:
        """Say how far this attempt came, and what would help."""
        agglomerates = int(self.labels.max()) + 1
        if self.placed < agglomerates:
            return (
                f"Only {self.placed} of {agglomerates} agglomerates could be started without overlap within "
                f"±{half_width:.3g} particle radii (arrangement.limit / arrangement.unit) in {ATTEMPTS} attempts; "
                "raise arrangement.limit, or lower arrangement.unit or arrangement.agglomerates."
            )
        return (
            f"Only {self.placed} of {len(self.radii)} particles in {agglomerates} agglomerates that start within "
            f"±{half_width:.3g} particle radii (arrangement.limit / arrangement.unit) could be placed without overlap "
            f"in {ATTEMPTS} attempts; raise arrangement.limit, or lower arrangement.agglomerates or particles.count."
        )

    def _start(self, i: int, half_width: float, rng: np.random.Generator) -> bool:
        """Place the first particle of an agglomerate."""
        self.deadline.check(self.placed, len(self.radii))
        return self._keep_first_free(i, place_randomly(SEED_CANDIDATES, half_width, self.three_dimensional, rng))

    def _attach(self, i: int, rng: np.random.Generator) -> bool:
        """Place a particle so that it touches one of its agglomerate."""
        members = np.flatnonzero(self.labels[self._order[: self.placed]] == self.labels[i])
        for _ in range(ROUNDS):
            for parent in rng.permutation(members):
                self.deadline.check(self.placed, len(self.radii))
                reach = self.radii[i] + self._radii[parent]
                if self._keep_first_free(i, self._centres[parent] + reach * self._directions(rng)):
                    return True
        return False

    def _directions(self, rng: np.random.Generator) -> Points:
        """Return random unit vectors, (DIRECTIONS, 3)."""
        if self.three_dimensional:
            vectors = rng.standard_normal((DIRECTIONS, 3))
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        angle = rng.uniform(0, 2 * np.pi, DIRECTIONS)
        return np.stack([np.cos(angle), np.sin(angle), np.zeros(DIRECTIONS)], axis=1)

    def _keep_first_free(self, i: int, candidates: Points) -> bool:
        """Place particle i at the first of the candidates (k, 3) where it overlaps no placed particle."""
        n = self.placed
        offsets = candidates[:, None] - self._centres[:n]
        squared = np.einsum("ijk,ijk->ij", offsets, offsets)
        free = (squared >= (self._radii[:n] + self.radii[i]) ** 2 * (1 - SLACK)).all(axis=1)
        first = int(free.argmax())
        if not free[first]:
            return False
        self.points[i] = self._centres[n] = candidates[first]
        self._radii[n], self._order[n] = self.radii[i], i
        self.placed += 1
        return True
