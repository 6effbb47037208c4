"""The numbers by which tiles are put together. Shown in docs/montages.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MontageRules:
    """What decides about the places of tiles."""

    search_share: float = 0.5
    """Tiles are looked for within this share of the width of their overlap: beyond it, less than half of the overlap
    would be left to tell by. Rule of thumb."""
    least_overlap_px: int = 16
    """Narrower overlaps tell no place [px]. Rule of thumb: a spectrum of less has hardly any frequencies."""
    least_likeness: float = 0.3
    """Correlation of grey values in the overlap from which on both tiles show the same. Rule of thumb: overlaps of
    noise alone stay below 0.1 at 16 by 256 px."""
    least_gain: float = 0.02
    """By so much the correlation must grow for a tile to be moved. Rule of thumb."""
    outlier_px: float = 3.0
    """Overlaps that contradict the places of all by more than this are left out, and the places found again [px]."""
    stay: float = 1e-4
    """Weight of a stated place, where that of an overlap is its correlation: it decides only for tiles whose overlaps
    show nothing. Rule of thumb."""
    flip_pairs: int = 12
    """Overlaps by which the direction of the stage's axes is found, half of tiles beside each other, half of tiles
    above each other. Chosen: a second or two."""
    most_px: float = 1e9
    """Places beyond this are slips [px]: a montage of 10,000 tiles of 8,000 px is a thousand times smaller."""
    kept_tiles: int = 8
    """Tiles in memory at once: of a row of tiles, those that the next one shares pixels with."""


MONTAGE_RULES = MontageRules()
