"""What the scans truly show, by the posterior: values corrected for what the generalist gets wrong, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diffrendergan.inference.posterior import Belief, packaged_posterior
from diffrendergan.inference.statistics import statistics_of
from diffrendergan.inference.truth import Truth
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.inspection.rules import RULES
from diffrendergan.inspection.shape_evidence import rod_factor
from diffrendergan.sizes.usual import UsualSize

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
    """Return an estimate with the values and intervals of a belief, in place of what was found and its confidences.

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
    value = found.size.value
    words = f"{found.size.evidence}; virtual sets that look like it truly have {intervals['median'].value:.1f} px{more}"
    # Sizes of rods are those of spheres of equal volume, and the belief is about outlines.
    factor = rod_factor(found.shape.value) if found.family == "rod" else 1.0
    median = intervals["median"].times(factor)
    low, middle, high = found.number.value
    number = intervals["density"].times(middle / seen.density)
    rate = number.value / middle
    counts = (max(1, round(low * rate)), max(1, round(middle * rate)), max(1, round(high * rate)))
    return replace(
        found,
        belief=belief,
        size=replace(found.size, value=resized(value, belief, seen), evidence=words, interval=median),
        number=replace(
            found.number, value=counts, interval=number, evidence=f"{found.number.evidence}; corrected like the sizes"
        ),
    )


def resized(value: UsualSize, belief: Belief, seen: Truth) -> UsualSize:
    """Return a distribution of sizes with the median, and the ratio of its tails, that a belief says."""
    intervals = belief.intervals
    sized = value.scaled(intervals["median"].value / seen.median)
    if value.distribution != "lognormal" or not value.judged:
        return sized
    tails, usual = (np.log(upper / lower) for upper, lower in
                    ((intervals["p90"].value, intervals["p10"].value), (seen.p90, seen.p10)))  # fmt: skip
    sigma = value.parameters["sigma"] * tails / max(usual, RULES.least_tails)
    return replace(sized, parameters={**sized.parameters, "sigma": float(max(sigma, RULES.least_tails))})
