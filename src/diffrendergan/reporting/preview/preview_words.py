"""Words for what differs between arrangements and real patches, and the fields of the configuration behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.parameters import GROUPED
from diffrendergan.config.project import Project

Values = NDArray[np.float64]
Told = Callable[[float], str]

SIMILAR = 0.1
"""Typical values that differ by less than this fraction are called alike: distributions then differ in their spread."""


@dataclass(frozen=True)
class Difference:
    """Something in which arrangements are unlike real patches.

    Attributes
    ----------
    statistic : str
        A field of `PatchStatistics`.
    distance : float
        See `compare.distances`.
    words : str
        What differs, without a full stop.
    fields : tuple of str
        Fields of the configuration to look at, the likeliest first.
    """

    statistic: str
    distance: float
    words: str
    fields: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.words}; look at {' and '.join(self.fields)}"


@dataclass(frozen=True)
class _Phrase:
    """How one statistic is told."""

    more: str
    less: str
    quantity: str
    """Plural, for what spreads."""
    kind: str = "length"
    """`length`, `fraction` or `number`."""
    of_patches: bool = False
    """Whether it has a value per patch, of which the mean is told, rather than the median of all values."""

    def typical(self, values: Values) -> float:
        """Return the value that stands for all."""
        return float(values.mean() if self.of_patches else np.median(values))

    def alike(self, real: Values, drawn: Values) -> bool:
        """Return whether the typical values are about the same."""
        if not len(real) or not len(drawn):
            return False
        return abs(self.typical(drawn) - self.typical(real)) < SIMILAR * abs(self.typical(real))


_PHRASES: Mapping[str, _Phrase] = {
    "covered": _Phrase(
        "more of the area is covered", "less of the area is covered", "covered fractions", "fraction", True
    ),
    "counts": _Phrase(
        "there are more particles per patch", "there are fewer particles per patch", "numbers of particles", "number",
        True,
    ),
    "diameters": _Phrase("particles are larger", "particles are smaller", "diameters"),
    "thicknesses": _Phrase("covered areas are thicker", "covered areas are thinner", "thicknesses of covered areas"),
    "elongations": _Phrase("particles are longer", "particles are rounder", "elongations", "number"),
    "solidities": _Phrase("outlines are more convex", "outlines are more cut in", "solidities", "number"),
    "nearest": _Phrase("neighbours are farther apart", "neighbours are closer together", "distances of neighbours"),
    "pairs": _Phrase("particles are farther apart", "particles are closer together", "distances of particles"),
}  # fmt: skip


def explain(name: str, distance: float, real: Values, drawn: Values, project: Project, told_length: Told) -> Difference:
    """Return one difference in words.

    Parameters
    ----------
    name : str
        A statistic, one of `compare.WEIGHTS`.
    distance : float
        See `compare.distances`.
    real, drawn : float64 arrays
        Its values; those of lengths in px.
    project : Project
    told_length : callable
        Gives the text of a length in px.
    """
    if name == "spectrum":
        return Difference(name, distance, "covered areas form another pattern", fields_of(name, project))
    phrase = _PHRASES[name]
    fields = fields_of(name, project, phrase.alike(real, drawn))
    return Difference(name, distance, _compared(phrase, real, drawn, told_length), fields)


def fields_of(name: str, project: Project, alike: bool = False) -> tuple[str, ...]:
    """Return the fields of the configuration that a statistic follows from, the likeliest first.

    Parameters
    ----------
    name : str
        A statistic, one of `compare.WEIGHTS`.
    project : Project
        Fields that mean nothing to it are left out.
    alike : bool
        Whether the typical values are right and only the spread is not.
    """
    arrangement = project.arrangement
    if name in ("covered", "counts"):
        return ("particles.count",) if arrangement.number is None else ("arrangement.number", "particles.count")
    if name in ("diameters", "thicknesses"):
        if project.particles.shape.family == "wire":
            return ("particles.shape",) if alike else ("arrangement.unit", "particles.shape")
        by_unit = arrangement.size_in == "unit" and not alike
        return ("arrangement.unit", "arrangement.size") if by_unit else ("arrangement.size",)
    if name in ("elongations", "solidities"):
        return ("particles.shape", "particles.deform")
    grouped = ("arrangement.agglomerates",) if arrangement.placement in GROUPED else ()
    if name == "spectrum":
        return ("arrangement.placement", *grouped)
    # Wires cross the whole field, whatever its limit.
    return fields_of("counts", project) if arrangement.placement == "wires" else ("arrangement.limit", *grouped)


def _compared(phrase: _Phrase, real: Values, drawn: Values, told_length: Told) -> str:
    if not len(real) or not len(drawn):
        return f"{'arrangements' if len(real) else 'real patches'} show no {phrase.quantity} at all"
    if phrase.alike(real, drawn):
        return f"{phrase.quantity} spread {'more' if drawn.std() > real.std() else 'less'}"
    one, other = phrase.typical(drawn), phrase.typical(real)
    told = _TELLERS.get(phrase.kind, told_length)
    return f"{phrase.more if one > other else phrase.less} ({told(one)} against {told(other)} in real patches)"


_TELLERS: Mapping[str, Told] = {"fraction": lambda v: f"{100 * v:.3g} %", "number": lambda v: f"{v:.3g}"}
