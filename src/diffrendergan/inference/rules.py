"""The numbers by which posteriors are made and read. Shown in docs/estimation.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InferenceRules:
    """What decides about truths, statistics and posteriors."""

    least_seen: float = 0.2
    """Bodies of which less than this fraction is seen are no sizes: what others leave of them says nothing. Rule of
    thumb: an annotator would outline a strip, not a particle."""

    least_px: float = 8.0
    """Smaller particles are not counted among sizes and numbers [px], as where calibration is held to annotations: what
    others leave of one, noise and specks are of this size."""
    least_whole: int = 5
    """Sets that show fewer whole particles teach nothing of sizes. Rule of thumb."""
    most_whole: int = 2000
    """More whole particles than this tell no more: virtual sets seldom have as many."""
    least_share: float = 1e-3
    """Covered fractions are kept this far from 0 and 1, where log odds end. Rule of thumb."""

    least_tail: float = 0.02
    """Added to the logarithm of p90 over the median, and of the median over p10, so that equal sizes have a place."""
    least_density: float = 0.1
    """Least number of particles per megapixel, where logarithms end."""
    draws: int = 4000
    """Draws from a posterior: a 5th percentile of them is uncertain by less than a hundredth of their spread."""

    beyond: float = 4.0
    """Statistics that are farther out than this, in standard deviations, are as strange. Rule of thumb."""
    usual_share: float = 0.99
    """Share of the virtual sets whose distance from the middle is usual; what is farther is strange, and its intervals
    are widened by as much as it is farther."""
    alien: float = 1.6
    """At this many times the usual distance intervals mean nothing, and none are given. Rule of thumb."""
    shrinkage: float = 0.1
    """Share of the unit matrix in the covariance of the statistics, so that its inverse is steady. Rule of thumb."""


RULES = InferenceRules()
