"""What the scans truly show, by the posterior: intervals in place of confidences by rules of thumb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diffrendergan.inference.posterior import Belief
from diffrendergan.inference.scans import believed
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
    return believed(seen) if len(seen) == len(scans) else None


def with_belief(found: Estimate, belief: Belief, seen: Truth) -> Estimate:
    """Return an estimate with the values and intervals of a belief, in place of what was found and its confidences.

    On virtual sets with known truth, and on annotated scans, they are nearer to the truth (docs/estimation.md).

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
        size=replace(
            found.size,
            value=resized(found.size.value, belief, seen),
            evidence=f"{found.size.evidence}; in virtual sets that look like it the true median is "
            f"{intervals['median'].value:.1f} px{more}",
            interval=intervals["median"].times(factor),
        ),
        number=replace(
            found.number,
            value=(counts[0], counts[1], counts[2]),
            evidence=f"{found.number.evidence}; in virtual sets that look like it {number.value / middle:.2f} times "
            f"as many are truly there{more}",
            interval=number,
        ),
    )


def resized(value: UsualSize, belief: Belief, seen: Truth) -> UsualSize:
    """Return a distribution of sizes with the median, and the ratio of the tails, that a belief says.

    Other than lognormal distributions keep their relative spread.
    """
    intervals = belief.intervals
    sized = value.scaled(intervals["median"].value / seen.median)
    if value.distribution != "lognormal" or not value.judged:
        return sized
    told, usual = np.log(intervals["p90"].value / intervals["p10"].value), np.log(seen.p90 / seen.p10)
    sigma = value.parameters["sigma"] * told / max(usual, RULES.least_tails)
    return replace(sized, parameters={**sized.parameters, "sigma": float(max(sigma, RULES.least_tails))})
