"""One trial: draw arrangements of a changed project, show them, and compare them with the real patches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diffrendergan.arrangement.phi import NETWORK_COLUMNS, Placer, make_placer
from diffrendergan.calibration.compare import distances, total
from diffrendergan.calibration.look import Levels, NeutralScene, Tracing
from diffrendergan.calibration.measure import PatchStatistics, measure_patches, rim_contrast
from diffrendergan.calibration.real import RealPatches
from diffrendergan.calibration.rules import RULES
from diffrendergan.config.project import Project
from diffrendergan.errors import PlacementError
from diffrendergan.particles.library import library_seed, make_library
from diffrendergan.particles.mesh import Mesh
from diffrendergan.runs import seeds


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a trial gave.

    Attributes
    ----------
    statistics : PatchStatistics
    distances : dict
        See `compare.distances`.
    total : float
        Their weighted mean.
    pictures : list of float32 (S, S)
    labels : list of int32 (S, S)
        What is truly there.
    """

    statistics: PatchStatistics
    distances: dict[str, float]
    total: float
    pictures: list[NDArray[np.float32]]
    labels: list[NDArray[np.int32]]


class Stand:
    """Draws arrangements of changed projects, always with the same meshes and random numbers.

    Parameters
    ----------
    project : Project
        The unchanged one.
    real : RealPatches
    most : int
        Most particles in any trial; the scene keeps that many meshes.
    """

    def __init__(self, project: Project, real: RealPatches, most: int = RULES.most_particles) -> None:
        self.project, self.real = project, real
        self.meshes = coarse_library(project, most)
        self.scene = NeutralScene(project, self.meshes)

    def trace(self, project: Project, numbers: Iterable[int]) -> list[Tracing]:
        """Return arrangements of a project, by their numbers.

        Raises
        ------
        PlacementError
            If one cannot be placed.
        """
        return [self.trace_one(project, number) for number in numbers]

    def trace_one(self, project: Project, number: int) -> Tracing:
        """Return one arrangement of a project; it depends on the project, its seed and the number alone.

        Raises
        ------
        PlacementError
            If it cannot be placed.
        """
        placer = make_placer(project, self.meshes[: project.particles.count], self.real.pixel_size_nm)
        phi = _drawn(placer, project.seed, number)
        seed = seeds.integer32(project.seed, "calibration", "picture", number)
        return self.scene.trace(self._padded(phi), seed, project.arrangement.unit)

    def measure(self, tracing: Tracing, levels: Levels) -> PatchStatistics:
        """Return what is found in the picture of one arrangement."""
        return measure_patches([tracing.picture(levels)], self.real.drawn)

    def rim_as_real(self, tracings: Sequence[Tracing], levels: Levels) -> float:
        """Return the rim that makes neutral pictures stand out from their insides as real particles do."""
        find, found = self.real.drawn, []
        for rim in RULES.rims:
            pictures = [tracing.picture(replace(levels, rim=rim)) for tracing in tracings]
            found.append(rim_contrast(pictures, [find(picture).labels > 0 for picture in pictures], find.dark))
        return float(np.interp(self.real.rim, np.maximum.accumulate(found), RULES.rims))

    def judge(self, tracings: Sequence[Tracing], levels: Levels) -> Outcome:
        """Compare arrangements with the real patches."""
        pictures = [tracing.picture(levels) for tracing in tracings]
        statistics = measure_patches(pictures, self.real.drawn)
        parts = distances(self.real.statistics, statistics)
        return Outcome(statistics, parts, total(parts), pictures, [tracing.labels for tracing in tracings])

    def _padded(self, phi: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a constellation with absent particles for the rest of the meshes."""
        padded = np.zeros((len(self.meshes), phi.shape[1]), np.float32)
        padded[: len(phi)] = phi
        if phi.shape[1] > NETWORK_COLUMNS:
            padded[len(phi) :, -1] = 1.0
        return padded


def coarse_library(project: Project, count: int) -> list[Mesh]:
    """Return the first `count` meshes of a project, with few faces where they are made here."""
    particles = project.particles
    coarse = particles.model_copy(update={"count": count, "faces": min(particles.faces, RULES.faces)})
    return make_library(coarse, library_seed(project.seed))


def _drawn(placer: Placer, seed: int, index: int) -> NDArray[np.float32]:
    for attempt in range(RULES.draws_of_one):
        try:
            return placer.draw(seeds.generator(seed, "calibration", index, attempt))
        except PlacementError:
            if attempt + 1 == RULES.draws_of_one:
                raise
    raise AssertionError
