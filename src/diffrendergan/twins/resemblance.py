"""Whether twins are like the scans they were made of: only then does what they teach hold there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.runs.words import percent
from diffrendergan.sizes.distribution import effective_number, weighted_quantiles
from diffrendergan.twins.linking import ALONE, Linked, Sized
from diffrendergan.twins.response import log_odds
from diffrendergan.twins.rules import RULES

Values = NDArray[np.float64]
NUMBER, MEDIAN, SPREAD, COVERED = "particles per area", "median diameter", "spread of sizes", "covered fraction"
APART = "particles told apart"
"""What is compared."""


@dataclass(frozen=True)
class Likeness:
    """One thing in which the network sees twins and scans alike, or not.

    Attributes
    ----------
    name : str
    scans, twins : float
        What is found in either.
    apart : float
        How far they are apart ...
    limit : float
        ... and how far they may be, given how many particles tell it.
    """

    name: str
    scans: float
    twins: float
    apart: float
    limit: float

    @property
    def alike(self) -> bool:
        """Whether they are no further apart than they may be."""
        return self.apart <= self.limit


def told_apart(twins: Linked) -> Likeness:
    """Tell whether the network finds enough of the particles of twins as one for its errors to be corrected."""
    weight = twins.true.weight
    alone = float(weight @ (twins.fate == ALONE)) / max(float(weight.sum()), 1e-12)
    return Likeness(APART, 1.0, alone, 1 - alone, 1 - RULES.least_alone)


def likeness(
    scans: Sized, scans_px: float, twins: Sized, twins_px: float, coverage: tuple[float, float]
) -> tuple[Likeness, ...]:
    """Compare what the network finds in scans and in the last twins.

    Parameters
    ----------
    scans, twins : Sized
    scans_px, twins_px : float
        Pixels of all of them.
    coverage : (float, float)
        Covered fraction as found in scans and in twins.
    """
    number = [float(each.weight.sum()) / pixels for each, pixels in ((scans, scans_px), (twins, twins_px))]
    told = [max(effective_number(each.weight), 1.0) for each in (scans, twins)]
    error = float(np.hypot(*(1 / np.sqrt(many) for many in told)))
    median, spread = zip(*(_middle(each) for each in (scans, twins)), strict=True)
    # Numbers of clusters vary by more than those of single particles, hence thrice the error.
    odds = [log_odds(share) for share in coverage]
    return (
        Likeness(NUMBER, number[0], number[1], _ratio(number), RULES.like_number + 3 * error),
        Likeness(MEDIAN, median[0], median[1], _ratio(median),
                 RULES.like_size + 2 * error * max(*spread, 0.05)),
        Likeness(SPREAD, spread[0], spread[1], abs(spread[0] - spread[1]),
                 RULES.like_spread + 1.5 * error * max(spread)),
        Likeness(COVERED, *coverage, abs(odds[0] - odds[1]), RULES.like_coverage + 3 * error),
    )  # fmt: skip


def _ratio(values: Sequence[float]) -> float:
    low, high = sorted(values)
    return float(np.log(high / low)) if low > 0 else float("inf")


def _middle(each: Sized) -> tuple[float, float]:
    """Return the median diameter [px], and the spread of the logarithm by the quartiles."""
    if not (each.weight > 0).any():
        return 0.0, 0.0
    low, middle, high = weighted_quantiles(each.log_size, each.weight, (0.25, 0.5, 0.75))
    return float(np.exp(middle)), (high - low) / 1.349


def told(found: Sequence[Likeness]) -> str:
    """Say why twins are not like their scans; empty where they are."""
    unlike = [each for each in found if not each.alike]
    if not unlike:
        return ""
    worst = max(unlike, key=lambda each: each.apart - each.limit)
    if worst.name == APART:
        share = percent(worst.twins)
        return f"The network finds only {share} of the particles in the twins as one; so nothing is corrected."
    if worst.name == COVERED:
        seen = f"finds {percent(worst.twins)} of the area covered in them, and {percent(worst.scans)} in the scans"
    elif worst.name == SPREAD:
        seen = f"finds a spread of ln d of {worst.twins:.2f} in them, and of {worst.scans:.2f} in the scans"
    else:
        ratio = worst.twins / worst.scans if worst.scans > 0 else float("inf")
        seen = f"finds {ratio:.2g} times the {worst.name} of the scans in them"
    return f"The twins are not like these scans: the network {seen}; so nothing is corrected."
