"""The numbers by which label images are held against their scans: `docs/formats.md` shows them."""

from __future__ import annotations

from typing import NamedTuple


class LyingRules(NamedTuple):
    """Numbers of the question whether labels lie on what a scan shows; each says what it decides."""

    looked_px: int = 256
    """Scans are looked at with a longer edge of less than twice this [px]. Rule of thumb."""
    fewest: int = 5
    """Fewer particles lie anywhere by chance. Rule of thumb."""
    shading_share: float = 0.125
    """Differences of brightness over more than this share of the shorter edge are shading, and taken off. Rule
    of thumb."""
    by_chance: float = 0.97
    """Labels that do not fit their scan better than at this fraction of all places do not lie on it. Measured on
    83 annotated scans (above)."""
    telling: float = 0.2
    """Correlation of grey values and particles from which another way to lie is named. Rule of thumb."""
    times: float = 2.0
    """It is named if its correlation is so many times that of the labels as they are. Measured like `by_chance`."""
    alone: float = 1.5
    """Labels are said to be moved if they fit so many times better at one place than at all others. Rule of
    thumb."""
    near_px: int = 1
    """Labels may be off by this much, of the image that is looked at [px]. Rule of thumb: resampling."""


RULES = LyingRules()
