"""What scans truly show, by the packaged posterior."""

from __future__ import annotations

from collections.abc import Sequence

from diffrendergan.detection.foreground import ScanParticles
from diffrendergan.detection.particle_table import tabulate
from diffrendergan.inference.posterior import Belief, packaged_posterior
from diffrendergan.inference.seen import SeenScan, see
from diffrendergan.inference.statistics import statistics_of
from diffrendergan.inference.truth import Truth
from diffrendergan.micrographs.types import Micrograph


def believed(scans: Sequence[SeenScan]) -> tuple[Belief, Truth] | None:
    """Return what scans truly show and what was found in them; None where no particle is whole and large enough."""
    posterior = packaged_posterior()
    filled = [scan for scan in scans if len(scan.table)]
    statistics = statistics_of(filled, len(scans) - len(filled)) if filled else None
    return None if posterior is None or statistics is None else (posterior.given(statistics), statistics.found)


def belief_in(scans: Sequence[Micrograph], found: Sequence[ScanParticles]) -> Belief | None:
    """Return what scans in which particles were found truly show; None where outlines are guessed."""
    if not all(each.outlined for each in found):
        return None
    seen = [
        see(tabulate(each.labels, scan.pixels, number, scan.field, True), each.labels, scan.pixels, each.surety,
            each.magnification, scan.field)
        for number, (scan, each) in enumerate(zip(scans, found, strict=True))
    ]  # fmt: skip
    known = believed(seen)
    return None if known is None else known[0]
