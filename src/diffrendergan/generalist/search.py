"""The search for particles by the generalist: for `init` and `prepare`, before any network of the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from diffrendergan.config.project import Project
from diffrendergan.detection.foreground import ScanParticles, Search, contrasts_of, darker_than_ground, find_particles
from diffrendergan.detection.mask import MARGIN_PX
from diffrendergan.detection.scale import ParticleScale
from diffrendergan.errors import DataError
from diffrendergan.generalist.scales import Looked
from diffrendergan.generalist.segmenter import RAGGED, SURE, Generalist
from diffrendergan.micrographs.solid import dilated
from diffrendergan.micrographs.types import BoolImage, LabelImage, Micrograph
from diffrendergan.runs.reporter import Reporter, SilentReporter
from diffrendergan.segmentation.hulls import ragged_share
from diffrendergan.sizes.distribution import weighted_median
from diffrendergan.sizes.units import equivalent_diameters

LEAST_SURE = 0.7
"""Share of the scans with particles of which the generalist must be sure; else thresholds search. Of `emps-spheres-sem`
it is sure of half to two thirds, and sizes by it are wrong; of `emps-dots-tem` of more, and they are right."""
BY_THRESHOLDS = (
    "the generalist is sure of {sure} of {count} scans alone, so that particles are searched by thresholds: what is "
    "found of sizes and numbers is unsure; look at it, and correct it in the project file."
)

NOTHING_SEEN = (
    "the generalist sees no particle in any scan, so that particles are searched by thresholds: what is found may be "
    "ground. Look at it; particles under some 8 px are not seen, so that scans of a higher magnification may help."
)
MOST_OF_AN_EDGE = 0.5
"""Where the generalist sees nothing, what thresholds find is the ground if it is mostly larger than this part of the
scans' shorter edge: it sees particles of that size in a smaller picture of the scan. Rule of thumb."""
GROUND_ALONE = (
    "neither the generalist nor thresholds tell particles from the ground in any scan (thresholds find regions of "
    "{found:.0f} px in scans of {edge} px); check that the scans show particles. Particles under some 8 px are not "
    "seen: record them at a higher magnification, or enlarge the scans. Else find them by another program, and give "
    "its masks to `quantify --labels`."
)
NOT_CONVEX = (
    "in {ragged} of {count} scans more than {share:.0%} of what the generalist outlines is not convex: either "
    "particles are of such a shape, or several were taken for one and one for several, and sizes and numbers are "
    "wrong; look at the picture, and correct them in the project file."
)


@dataclass(frozen=True)
class GeneralistSearch:
    """Searches particles by the packaged network, and by thresholds where it is unsure (a `detection` `Search`)."""

    segmenter: Generalist = field(default_factory=Generalist)
    empty_places: bool = True
    """Whether places must be found where neither it nor thresholds see anything; else the search of thresholds is left
    out, and what is no particle of the generalist's counts as empty."""

    def __call__(
        self, scans: Sequence[Micrograph], dark: bool, reporter: Reporter | None = None
    ) -> tuple[list[ScanParticles], ParticleScale]:
        """Find the particles of all scans.

        What thresholds take for a particle stays suspicious even where the generalist sees none: places are empty
        where neither sees anything.

        Parameters
        ----------
        scans : sequence of Micrograph
            Scans of one magnification.
        dark : bool
            Whether thresholds search dark particles, where the generalist is sure of no scan; else it says so.
        reporter : Reporter, optional
            Shows progress, and is told where thresholds searched.

        Returns
        -------
        list of ScanParticles
            One per scan, in the same order.
        ParticleScale
            The scale they share.

        Raises
        ------
        DataError
            If neither finds anything but ground.
        """
        reporter = reporter or SilentReporter()
        seen = [
            self.segmenter.segment_at(scan)
            for scan in reporter.track(scans, "Finding particles by the generalist", len(scans))
        ]
        filled = [look for labels, look in seen if labels.any()]
        sure = sum(look.surety >= SURE for look in filled)
        if not filled:
            reporter.note(NOTHING_SEEN)
            return _no_ground(scans, *find_particles(scans, dark, reporter))
        if sure < LEAST_SURE * len(filled):
            reporter.note(BY_THRESHOLDS.format(sure=sure, count=len(filled)))
            return find_particles(scans, _darker(scans, seen, dark), reporter)
        labels = [each for each, _ in seen]
        ragged = sum(ragged_share(each) > RAGGED for each in labels)
        if 2 * ragged > len(filled):
            reporter.note(NOT_CONVEX.format(ragged=ragged, count=len(filled), share=RAGGED))
        suspected = [np.zeros(each.shape, bool) for each in labels]
        if self.empty_places:
            suspected = _suspected(scans, bool(darker_than_ground(scans, labels)))
        found = [
            ScanParticles.of(each, suspicion | dilated(each > 0, MARGIN_PX), scan.field, True, look.surety, look.scale)
            for scan, (each, look), suspicion in zip(scans, seen, suspected, strict=True)
        ]
        return found, scale_of(scans, labels)


def _no_ground(
    scans: Sequence[Micrograph], found: list[ScanParticles], scale: ParticleScale
) -> tuple[list[ScanParticles], ParticleScale]:
    """Return what thresholds found where the generalist saw nothing, or refuse it.

    Raises
    ------
    DataError
        If it is as large as no particle that the generalist would overlook.
    """
    labels, edge = [each.labels for each in found], min(min(scan.pixels.shape) for scan in scans)
    usual = scale_of(scans, labels).diameter_px if any(each.any() for each in labels) else 0.0
    if usual > MOST_OF_AN_EDGE * edge:
        raise DataError(GROUND_ALONE.format(found=usual, edge=edge))
    return found, scale


def _darker(scans: Sequence[Micrograph], seen: Sequence[tuple[LabelImage, Looked]], dark: bool) -> bool:
    """Tell whether particles are darker than the ground, by the scans of which the generalist is sure.

    Grey levels alone confuse gaps between crowded particles with sparse dark ones; outlines do not.
    """
    told = [(scan, labels) for scan, (labels, look) in zip(scans, seen, strict=True) if look.surety >= SURE]
    darker = darker_than_ground([scan for scan, _ in told], [labels for _, labels in told])
    return dark if darker is None else darker


def _suspected(scans: Sequence[Micrograph], dark: bool) -> list[BoolImage]:
    """Return what thresholds take for particles, or nothing where they refuse the scans."""
    try:
        found, scale = find_particles(scans, dark)
    except DataError:
        return [np.zeros(scan.pixels.shape, bool) for scan in scans]
    if scale.crowded:
        # They confuse particles and ground here: what they suspect says nothing.
        return [np.zeros(scan.pixels.shape, bool) for scan in scans]
    return [each.suspicion for each in found]


def scale_of(scans: Sequence[Micrograph], labels: Sequence[LabelImage]) -> ParticleScale:
    """Return what the particles of labelled scans (H, W each) look like."""
    areas = np.concatenate([np.bincount(each.ravel())[1:] for each in labels]).astype(float)
    diameter = weighted_median(equivalent_diameters(areas[areas > 0]), areas[areas > 0])
    return ParticleScale(float(diameter), float(np.median(np.abs(contrasts_of(scans, labels) or [0.0]))))


def search_of(project: Project) -> Search:
    """Return the search for particles that a project asks for; wires cross, and have a search of their own."""
    if project.data.search == "thresholds" or project.particles.shape.family == "wire":
        return find_particles
    return GeneralistSearch(Generalist(device=project.compute.device))
