"""Places of particles in a region or in groups of touching spheres (agglomerates and chains)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import PlacementError

Points = NDArray[np.float64]

ATTEMPTS = 25
"""Constellations begun before a packing is called impossible."""
CANDIDATES = 256
"""Places tried at once for a particle that touches none."""
DIRECTIONS = 48
"""Directions tried at once around a placed particle."""
ROUNDS = 3
"""Times that all members of an agglomerate are tried as neighbours of the next particle."""
SLACK = 1e-9
"""Touching particles are at r1 + r2 up to rounding: this much of overlap [relative] is none."""


@dataclass(frozen=True)
class Region:
    """Where particles are placed.

    Attributes
    ----------
    half_width : float
        Of the square or cube [unit].
    three_dimensional : bool
        False keeps z = 0.
    """

    half_width: float
    three_dimensional: bool

    def points(self, count: int, rng: np.random.Generator) -> Points:
        """Return points uniformly within it, (count, 3)."""
        return place_randomly(count, self.half_width, self.three_dimensional, rng)

    def directions(self, count: int, rng: np.random.Generator) -> Points:
        """Return unit vectors uniformly over all directions in it, (count, 3)."""
        if self.three_dimensional:
            vectors = rng.standard_normal((count, 3))
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        angle = rng.uniform(0, 2 * np.pi, count)
        return np.stack([np.cos(angle), np.sin(angle), np.zeros(count)], axis=1)


@dataclass(frozen=True)
class Deadline:
    """The last resort against endless placing: bounded attempts end sooner on any machine.

    A time-out is an error, so that results never depend on speed.
    """

    end: float
    timeout_s: float

    @classmethod
    def within(cls, timeout_s: float) -> Deadline:
        """Return a deadline from now on [s]."""
        return cls(time.monotonic() + timeout_s, timeout_s)

    def check(self, placed: int, count: int) -> None:
        """Raise a PlacementError if it is over."""
        if time.monotonic() > self.end:
            raise PlacementError(
                f"Placing {count} particles took longer than arrangement.timeout_s = {self.timeout_s:g} s "
                f"({placed} were placed); raise it, or lower particles.count."
            )


@dataclass(frozen=True)
class Placed:
    """Centres, and the particle that each was placed against.

    Attributes
    ----------
    points : float64 (n, 3)
        x, y, z [unit].
    parents : int64 (n,)
        The particle that each touches, -1 for the first of a group and for particles on their own.
    order : int64 (n,)
        The particles in the order of placing.
    """

    points: Points
    parents: NDArray[np.int64]
    order: NDArray[np.int64]


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


def place_apart(radii: NDArray[np.float64], region: Region, deadline: Deadline, rng: np.random.Generator) -> Placed:
    """Place spheres uniformly so that none overlap (random sequential addition, the largest first).

    Parameters
    ----------
    radii : float64 (n,)
        Positive [unit].
    region
    deadline
    rng

    Raises
    ------
    PlacementError
        If there is no room; it says how many could be placed.
    """
    best = 0
    for _ in range(ATTEMPTS):
        packing = Packing(radii, np.arange(len(radii)), region, deadline)
        if all(packing.start(int(i), rng) for i in np.argsort(-radii, kind="stable")):
            return packing.result()
        best = max(best, packing.placed)
    raise PlacementError(
        f"Only {best} of {len(radii)} particles could be placed apart from each other within "
        f"±{region.half_width:.3g} particle radii (arrangement.limit / arrangement.unit) in {ATTEMPTS} attempts; raise "
        "arrangement.limit, or lower arrangement.unit or particles.count."
    )


def place_agglomerated(
    radii: NDArray[np.float64],
    region: Region,
    agglomerates: int,
    deadline: Deadline,
    rng: np.random.Generator,
    straightness: float | None = None,
) -> Placed:
    """Place spheres in agglomerates or chains, by multi-radius Poisson-disk sampling.

    The particles are split at random among 1 … `agglomerates` agglomerates. Of each, one particle lies
    uniformly within the region; every other touches a random placed particle of its agglomerate,
    in a random direction where it overlaps no particle at all. In a chain it touches the last one, or
    if that is shut in, the one before, and so on. Agglomerates may reach beyond the region.

    Parameters
    ----------
    radii : float64 (n,)
        Positive [unit].
    region
        In which agglomerates start.
    agglomerates
        Most agglomerates, at least 1; never more than particles.
    deadline
    rng
    straightness
        Makes chains: 0 allows every direction of the next particle, 1 only that of the last.

    Returns
    -------
    Placed
        Centres at least r1 + r2 apart, up to rounding.

    Raises
    ------
    PlacementError
        If the particles cannot be placed; it says how many could be.

    Notes
    -----
    Source: METHOD §3; Possart et al. 2025; after Bridson 2007, "Fast Poisson disk sampling".
    """
    labels = partition(len(radii), agglomerates, rng)
    failed: list[Packing] = []
    for _ in range(ATTEMPTS):
        packing = Packing(radii, labels, region, deadline)
        if packing.fill(rng, straightness):
            return packing.result()
        failed.append(packing)
    raise PlacementError(max(failed, key=lambda packing: packing.placed).explain())


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


class Packing:
    """One attempt at a constellation of spheres."""

    def __init__(
        self, radii: NDArray[np.float64], labels: NDArray[np.int64], region: Region, deadline: Deadline
    ) -> None:
        self.radii = radii
        self.labels = labels
        self.region = region
        self.deadline = deadline
        self.points = np.zeros((len(radii), 3))
        self.parents = np.full(len(radii), -1)
        self.placed = 0
        # The same, in the order of placing: overlap tests then read contiguous memory.
        self._order = np.empty(len(radii), dtype=np.int64)
        self._centres = np.empty((len(radii), 3))
        self._radii = np.empty(len(radii))

    def result(self) -> Placed:
        """Return what was placed."""
        return Placed(self.points, self.parents, self._order[: self.placed])

    def fill(self, rng: np.random.Generator, straightness: float | None) -> bool:
        """Place all particles in their groups; return whether that worked."""
        # The first particles of all agglomerates come first, so that none grows over another's start.
        _, starts = np.unique(self.labels, return_index=True)
        others = np.setdiff1d(np.arange(len(self.labels)), starts)
        return all(self.start(int(i), rng) for i in starts) and all(
            self._attach(int(i), rng, straightness) for i in others
        )

    def explain(self) -> str:
        """Say how far this attempt came, and what would help."""
        agglomerates = int(self.labels.max()) + 1
        half_width = self.region.half_width
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

    def start(self, i: int, rng: np.random.Generator) -> bool:
        """Place a particle on its own; return whether there was room."""
        self.deadline.check(self.placed, len(self.radii))
        return self._keep_first_free(i, self.region.points(CANDIDATES, rng))

    def _attach(self, i: int, rng: np.random.Generator, straightness: float | None) -> bool:
        """Place a particle so that it touches one of its agglomerate."""
        members = np.flatnonzero(self.labels[self._order[: self.placed]] == self.labels[i])
        for _ in range(ROUNDS):
            parents = rng.permutation(members) if straightness is None else members[::-1]
            for parent in parents:
                self.deadline.check(self.placed, len(self.radii))
                reach = self.radii[i] + self._radii[parent]
                directions = self.region.directions(DIRECTIONS, rng)
                if straightness is not None:
                    directions = self._onwards(int(parent), directions, straightness)
                if self._keep_first_free(i, self._centres[parent] + reach * directions):
                    self.parents[i] = self._order[parent]
                    return True
        return False

    def _onwards(self, parent: int, directions: Points, straightness: float) -> Points:
        """Bring directions into a cone around that in which the chain came to `parent`."""
        before = self.parents[self._order[parent]]
        if before < 0:
            return directions
        ahead = self._centres[parent] - self.points[before]
        ahead /= np.linalg.norm(ahead)
        angle = np.arccos(np.clip(directions @ ahead, -1, 1)) * (1 - straightness)
        aside = directions - (directions @ ahead)[:, None] * ahead
        aside /= np.linalg.norm(aside, axis=1, keepdims=True).clip(1e-12)
        return ahead * np.cos(angle)[:, None] + aside * np.sin(angle)[:, None]

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
