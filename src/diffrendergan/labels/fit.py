"""Whether a label image fits its scan: only a data bar at the bottom may be there in one and not in the other."""

from __future__ import annotations

from diffrendergan.micrographs.databar import LARGEST_FRACTION


def common_rows(first: tuple[int, ...], second: tuple[int, ...]) -> int | None:
    """Return how many rows, from the top, two images (H, W) share; None if they differ by more than a data bar."""
    fewest, most = sorted((first[0], second[0]))
    return fewest if first[1] == second[1] and fewest >= (1 - LARGEST_FRACTION) * most else None
