"""The numbers by which posteriors are made and read. Shown in docs/estimation.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InferenceRules:
    """What decides about truths, statistics and posteriors."""

    least_seen: float = 0.2
    """Bodies of which less than this fraction is seen are no sizes: what others leave of them says nothing. Rule of
    thumb: an annotator would outline a strip, not a particle."""

    most_whole: int = 2000
    """More whole particles than this tell no more: virtual sets seldom have as many."""
    least_share: float = 1e-3
    """Covered fractions are kept this far from 0 and 1, where log odds end. Rule of thumb."""


RULES = InferenceRules()
