"""The search for sizes and places that make arrangements look like the real patches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from diffrendergan.calibration.kept import Kept, Shown
from diffrendergan.calibration.look import Levels
from diffrendergan.calibration.measure import PatchStatistics, combine
from diffrendergan.calibration.parameters import (
    Change,
    changed,
    count_is_fixed,
    from_vector,
    starting_change,
    to_vector,
    without,
)
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.surface import features, fit_surface, make_yardstick
from diffrendergan.calibration.trial import Outcome, Stand
from diffrendergan.config.project import Project
from diffrendergan.errors import PlacementError
from diffrendergan.inference.coordinates import DIMENSIONS, to_coordinates
from diffrendergan.inference.posterior import Interval
from diffrendergan.inference.truth import true_scan, truth_of
from diffrendergan.runs import seeds
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.reporter import Reporter


@dataclass(frozen=True, eq=False)
class Calibration:
    """What calibration found.

    Attributes
    ----------
    project : Project
        The calibrated one; the given one if no better was found.
    change : Change
        How it differs from the given one.
    improved : bool
        Whether it resembles the real patches better than the given one.
    before, after : Outcome
        Of the given and of the calibrated project, with arrangements that the search did not see.
    levels : Levels
        Grey levels of the neutral pictures.
    path : list of Change
        Where the search was after each step.
    intervals : mapping
        Of what calibrated arrangements truly show, by quantity (`inference.truth`); empty where thresholds search.
    """

    project: Project
    change: Change
    improved: bool
    before: Outcome
    after: Outcome
    levels: Levels
    path: list[Change]
    intervals: Mapping[str, Interval] = field(default_factory=dict)


def calibrate(
    project: Project, real: RealPatches, arrangements: int, reporter: Reporter, file: Path | None = None
) -> Calibration:
    """Find sizes, numbers and places with which arrangements resemble real patches.

    First the usual diameter and the covered area are brought together. Then arrangements are drawn around that,
    each with parameters of its own; a smooth model of their statistics (`surface`) says where they come nearest to
    the real ones, and so again in a smaller box. In the end the two means are brought together once more.
    Arrangements of another seed judge both results and the given project.

    Parameters
    ----------
    project : Project
    real : RealPatches
    arrangements : int
        Drawn in all.
    reporter : Reporter
        Shows progress.
    file : pathlib.Path, optional
        Where arrangements are kept until it is finished; a stopped calibration goes on from there.

    Raises
    ------
    PlacementError
        If the given project's arrangements, or most around it, cannot be placed.
    """
    most = most_particles(project)
    stand = Stand(project, real, most)
    judged = max(4, round(arrangements * RULES.last / 3))
    steps = iter(reporter.track(range(arrangements), "Comparing arrangements", total=arrangements))
    unseen = project.model_copy(update={"seed": project.seed + 1})
    before_tracings = stand.trace(unseen, counted(judged, steps))
    levels = replace(real.levels, rim=stand.rim_as_real(before_tracings[:12], real.levels))
    kept = Kept() if file is None else Kept.open(file, stamp_of(project, real, levels))
    search = Sampling(stand, levels, most, steps, kept)
    change = search.match_means(starting_change(project), max(2, round(arrangements * RULES.first / RULES.first_steps)))
    per_round = max(8, round(arrangements * (1 - RULES.first - RULES.final - RULES.last) / RULES.rounds))
    widths = np.array(RULES.widths)
    for number in range(RULES.rounds):
        change = search.round(change, widths, per_round, number)
        widths *= RULES.shrink
    settled = search.settle(change, max(2, round(arrangements * RULES.final / RULES.final_steps)))
    before = stand.judge(before_tracings, levels)
    after, chosen = before, None
    for candidate, clearly in ((settled, 1.0), (change, RULES.clearly)):
        try:
            outcome = stand.judge(stand.trace(changed(unseen, candidate), counted(judged, steps)), levels)
        except PlacementError:  # too crowded: the given project stays
            continue
        if outcome.total < clearly * after.total:
            after, chosen = outcome, candidate
    for _ in steps:  # rounding may leave some
        pass
    kept.finish()
    improved = chosen is not None
    return Calibration(
        project=changed(project, chosen) if chosen is not None else project,
        change=chosen or starting_change(project),
        improved=improved,
        before=before,
        after=after,
        levels=levels,
        path=search.path,
    )


def stamp_of(project: Project, real: RealPatches, levels: Levels) -> str:
    """Return what arrangements depend on besides their own changes and numbers."""
    told = f"{project.model_dump_json()} {levels} {real.drawn} {sha256_of(np.stack(real.images))}"
    return sha256_of(told.encode())


class Sampling:
    """The samples so far, and where the search is."""

    def __init__(self, stand: Stand, levels: Levels, most: int, steps: Iterator[int], kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._stand, self._levels, self._most, self._steps = stand, levels, most, steps
        self.yardstick = make_yardstick(stand.real.each)
        self.vectors: list[NDArray[np.float64]] = []
        self.rows: list[dict[str, NDArray[np.float64]]] = []
        self.truths: list[NDArray[np.float64]] = []
        self._drawn = 0
        self.path: list[Change] = []
        self.seed = stand.project.seed

    def match_means(self, change: Change, count: int, steps: int = RULES.first_steps) -> Change:
        """Bring the usual diameter and the covered area of arrangements to those of the real patches."""
        for _ in range(steps):
            change = self._corrected(change, count, RULES.bold)
        return change

    def settle(self, change: Change, count: int) -> Change:
        """Bring the same together in several steps around one place, and return the mean of what they suggest."""
        suggestions = []
        for _ in range(RULES.final_steps):
            suggestions.append(to_vector(self._corrected(change, count, RULES.gentle)))
            change = from_vector(np.mean(suggestions, axis=0))
        return self.allowed(change)

    def _corrected(self, change: Change, count: int, most: float) -> Change:
        """Draw arrangements of a change, and return it with the size and number that they lack."""
        target = self._stand.real.statistics
        change = self.allowed(change)
        self.path.append(change)
        patches = [patch for _ in range(count) if (patch := self.sample(change)) is not None]
        if not patches:
            raise PlacementError(
                "no arrangement near the configured one can be placed; raise `arrangement.limit`, or lower "
                "`particles.count`."
            )
        drawn = combine(patches)
        larger = _ratio(_middle(target.diameters), _middle(drawn.diameters), most)
        fuller = _ratio(float(target.covered.mean()), float(drawn.covered.mean()), most)
        return self.allowed(replace(change, size=change.size * larger, number=change.number * fuller / larger**2))

    def round(self, change: Change, widths: NDArray[np.float64], count: int, number: int) -> Change:
        """Draw samples around a change, and return where the surface through all samples is lowest there."""
        centre = to_vector(change)
        self.fill(centre, widths, count, number)
        if len(self.rows) < RULES.least_samples:
            return change
        known = np.stack(self.vectors)
        surface = fit_surface(known, self.rows, centre, widths, self.yardstick)
        inside = known[(np.abs(known - centre) <= widths * 1.001).all(axis=1)]
        values = np.array([surface.value(vector) for vector in inside])
        starts = np.concatenate([centre[None], inside[np.argsort(values)]])
        found = self.allowed(from_vector(surface.lowest(centre - widths, centre + widths, starts)))
        self.path.append(found)
        return found

    def fill(self, centre: NDArray[np.float64], widths: NDArray[np.float64], count: int, number: int) -> None:
        """Draw so many samples in a box around a centre, evenly; `number` makes them others."""
        seed = seeds.integer32(self._stand.project.seed, "calibration", "round", number)
        box = qmc.Sobol(len(centre), rng=np.random.default_rng(seed)).random_base2(int(np.ceil(np.log2(count))))
        for vector in centre + (2 * box[:count] - 1) * widths:
            self.sample(self.allowed(from_vector(vector)))

    def sample(self, change: Change) -> PatchStatistics | None:
        """Draw one arrangement of its own seed and remember its features; None if it cannot be placed."""
        next(self._steps, None)
        self._drawn += 1
        project = changed(self._stand.project, change)
        shown = self._kept.get(project, self._drawn)
        if shown is None:
            try:
                shown = self._shown(project)
            except PlacementError:
                return None
            self._kept.put(project, self._drawn, shown)
        patch, true = shown
        self.vectors.append(to_vector(change))
        self.rows.append(features(patch, self.yardstick))
        self.truths.append(true)
        return patch

    def _shown(self, project: Project) -> Shown:
        tracing = self._stand.trace_one(project, self._drawn)
        shown = truth_of([true_scan(tracing.labels)])
        true = np.full(DIMENSIONS, np.nan) if shown is None else to_coordinates(shown)
        return self._stand.measure(tracing, self._levels), true

    def allowed(self, change: Change) -> Change:
        """Keep a change to what matters, and its largest number of particles within the meshes at hand."""
        change = without(from_vector(to_vector(change)), self._stand.project)
        return replace(change, number=min(change.number, self._most / (1 + change.number_spread)))


def most_particles(project: Project) -> int:
    """Return how many meshes the trials need."""
    if count_is_fixed(project):
        return project.particles.count
    wanted = min(RULES.most_particles, max(20, round(2.5 * starting_change(project).number)))
    return max(project.particles.count, wanted)


def counted(count: int, steps: Iterator[int]) -> Iterator[int]:
    """Count up while the progress bar moves."""
    for index in range(count):
        next(steps, None)
        yield index


def _middle(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _ratio(wanted: float, got: float, most: float) -> float:
    """Return by how much to change something, at most by a factor."""
    return float(np.clip(wanted / got, 1 / most, most)) if wanted > 0 and got > 0 else 1.0
