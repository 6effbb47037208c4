"""The numbers by which scans of the same field are known: `docs/quantification.md` shows them."""

from __future__ import annotations

from typing import NamedTuple


class PlaceRules(NamedTuple):
    """Numbers of the comparison of where particles lie; each says what it decides and where it comes from."""

    columns: int = 32
    """Fields along the width of a scan, whose rows follow from them. Rule of thumb: 700 numbers a scan."""
    least_particles: int = 10
    """Fewer may lie at the same places in several scans, as one particle in the middle of each. Rule of thumb."""
    alike: float = 0.6
    """Correlation from which two scans show the same particles. Measured: of 1,304 pairs of scans of TiO2 and of
    the two sets of EMPS, by their annotations, none exceeds 0.44."""
    regular: float = 0.4
    """Correlation of a scan with itself, moved, from which its particles lie on a grid: then other scans are alike,
    too. Rule of thumb."""
    most_scans: int = 500
    """Of more the first ones are compared: pairs grow with the square. Rule of thumb: 125,000 pairs."""


RULES = PlaceRules()
