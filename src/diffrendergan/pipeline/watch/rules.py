"""The numbers by which arriving scans are watched. Shown in docs/watch.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WatchRules:
    """What decides about the chart of an instrument."""

    windows: int = 9
    """Squares of a scan in which noise and spectrum are measured, three by three. Chosen: a third of a second."""
    window_px: int = 256
    """Their edge at most [px]: that of the patches that real and synthetic images are compared by."""
    false_alarm: float = 0.0027
    """A scan of an unchanged instrument lies outside the limits of a figure with this probability: three standard
    deviations, W. A. Shewhart's limits of 1931."""
    smoothing: float = 0.2
    """Weight of the last scan in the running mean: finds changes of one standard deviation after some ten scans
    (J. M. Lucas, M. S. Saccucci, Technometrics 32, 1 (1990))."""
    in_a_row: int = 2
    """So many scans outside in a row are a drift: one may be a scan that went wrong."""
    least_scans: int = 4
    """Fewer scans to compare with give no limits. Rule of thumb: from three, limits are 20 standard deviations wide."""
    first_scans: int = 10
    """The first so many scans are compared with, where nothing is known of the training scans. Rule of thumb."""
    least_grey: float = 0.01
    """Least standard deviation between scans of a grey value: what a person sees is a hundredth. Rule of thumb."""
    least_log: float = 0.05
    """The same of logarithms and shares: changes below 5 % do no harm. Rule of thumb."""
    most_pairs: int = 6
    """Of more samples than this, each is compared with the first or the reference, and not with all others: 15 pairs
    can be read."""


WATCH_RULES = WatchRules()
