"""What the scans truly show, by the posterior: intervals in place of confidences by rules of thumb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diffrendergan.inference.posterior import Belief, packaged_posterior
from diffrendergan.inference.statistics import statistics_of
from diffrendergan.inference.truth import Truth
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.shape_evidence import rod_factor

STRANGE = "nothing quite like it was among the virtual sets, so that the interval is widened"
ALIEN = "nothing like it was among the virtual sets, so that there is no interval"


def belief_of(scans: Sequence[ScanMeasurement]) -> tuple[Belief, Truth] | None:
    """Return what scans truly show and what was found; None where outlines are guessed, or no particle is whole."""
    seen = [scan.seen for scan in scans if scan.seen is not None]
    posterior = packaged_posterior()
    if posterior is None or len(seen) < len(scans):
        return None
    filled = [scan for scan in seen if len(scan.table)]
    statistics = statistics_of(filled, len(seen) - len(filled)) if filled else None
    return None if statistics is None else (posterior.given(statistics), statistics.found)


def with_belief(found: Estimate, belief: Belief, seen: Truth) -> Estimate:
    """Return an estimate with the intervals of a belief in place of its confidences.

    Numbers are corrected. Sizes are not: on virtual sets with known truth, and on annotated scans, medians of outlines
    are as good as what the posterior makes of them (docs/estimation.md).

    Parameters
    ----------
    found : Estimate
    belief : Belief
    seen : Truth
        What the outlines say.
    """
    if belief.alien:
        return replace(
            found,
            belief=belief,
            size=replace(found.size, evidence=f"{found.size.evidence}; {ALIEN}"),
            number=replace(found.number, evidence=f"{found.number.evidence}; {ALIEN}"),
        )
    intervals = belief.intervals
    more = f"; {STRANGE}" if belief.strange else ""
    # Sizes of rods are those of spheres of equal volume, and the belief is about outlines.
    factor = rod_factor(found.shape.value) if found.family == "rod" else 1.0
    low, middle, high = found.number.value
    number = intervals["density"].times(middle / seen.density)
    counts = tuple(max(1, round(each * number.value / middle)) for each in (low, middle, high))
    return replace(
        found,
        belief=belief,
        size=replace(found.size, evidence=found.size.evidence + more, interval=intervals["median"].times(factor)),
        number=replace(
            found.number,
            value=(counts[0], counts[1], counts[2]),
            evidence=f"{found.number.evidence}; in virtual sets that look like it {number.value / middle:.2f} times "
            f"as many are truly there{more}",
            interval=number,
        ),
    )
