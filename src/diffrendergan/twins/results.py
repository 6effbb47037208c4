"""What twins taught of the scans of one magnification, in their unit: kept as JSON, shown as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.quantification.results import SUMMARY
from diffrendergan.runs.atomic import read_json
from diffrendergan.sizes.units import Scale, Unit
from diffrendergan.twins.intervals import Estimate
from diffrendergan.twins.linking import FATES, joined
from diffrendergan.twins.resemblance import MEDIAN, NUMBER, told
from diffrendergan.twins.rules import RULES
from diffrendergan.twins.study import Study
from diffrendergan.twins.unfolding import FIGURES, Described


@dataclass(frozen=True)
class Corrected:
    """A figure as found and as it is believed to be; None where nothing is corrected.

    Attributes
    ----------
    name : str
        As a column of `scans.csv`, with its unit.
    found : float
    corrected : float or None
    bias : float or None
        By how much what was found is too high: a fraction of the corrected figure, of shares and coverage a difference.
    low, high : float or None
        95 % interval of the sample: with what other places of it would show, and what the network gets wrong.
    here_low, here_high : float or None
        95 % interval of what these very scans show: only what the network gets wrong.
    """

    name: str
    found: float | None
    corrected: float | None
    bias: float | None
    low: float | None
    high: float | None
    here_low: float | None
    here_high: float | None


@dataclass(frozen=True)
class Bin:
    """Share of the particles between two diameters."""

    above: float
    below: float
    share: Corrected


@dataclass(frozen=True)
class Fates:
    """What becomes of particles of a diameter: shares, and by which factor the size of single ones changes."""

    diameter: float
    missed: float
    alone: float
    merged: float
    split: float
    size_factor: float


@dataclass(frozen=True)
class Alike:
    """One thing in which scans and their twins are compared."""

    name: str
    scans: float
    twins: float
    alike: bool


@dataclass(frozen=True)
class TwinResult:
    """All of it.

    Attributes
    ----------
    unit : {"nm", "px"}
        Of lengths.
    twins : int
        How many there were.
    sources : tuple of str
        Scans whose look they have.
    why_not : str
        Why nothing is corrected, a sentence; empty where something is.
    figures : tuple of Corrected
    bins : tuple of Bin
    fates : tuple of Fates
    false_share : float
        Share of the found particles where there is none.
    alike : tuple of Alike
    """

    unit: Unit
    twins: int = 0
    sources: tuple[str, ...] = ()
    why_not: str = ""
    figures: tuple[Corrected, ...] = ()
    bins: tuple[Bin, ...] = ()
    fates: tuple[Fates, ...] = ()
    false_share: float = 0.0
    alike: tuple[Alike, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TwinResult:
        """Return what `to_json` gave.

        Raises
        ------
        TypeError, KeyError
            If it is of another form.
        """
        return cls(
            unit=values["unit"],
            twins=values["twins"],
            sources=tuple(values["sources"]),
            why_not=values["why_not"],
            figures=tuple(Corrected(**each) for each in values["figures"]),
            bins=tuple(Bin(each["above"], each["below"], Corrected(**each["share"])) for each in values["bins"]),
            fates=tuple(Fates(**each) for each in values["fates"]),
            false_share=values["false_share"],
            alike=tuple(Alike(**each) for each in values["alike"]),
        )


def read_twins(out: Path) -> dict[Unit, TwinResult]:
    """Return what twins taught of the scans of results, by unit; empty where there are none.

    Parameters
    ----------
    out : Path
        A folder of `quantify`.

    Raises
    ------
    RunFolderError
        If the summary is broken.
    TypeError, KeyError
        If it is of another form.
    """
    known = read_json(out / SUMMARY).get("twins", {})
    return {unit: TwinResult.from_json(values) for unit, values in known.items()}


def result_of(study: Study, scale: Scale) -> TwinResult:
    """Return what a study taught, in a scale's unit."""
    why_not = told(study.likeness)
    linked = joined([twin.linked for twin in study.twins])
    found = float(linked.found.weight.sum())
    return TwinResult(
        unit=scale.unit,
        twins=len(study.twins),
        sources=tuple(scan.name for scan in study.sample.scans),
        why_not=why_not,
        figures=_figures(study, scale, bool(why_not)),
        bins=_bins(study.estimate, scale, bool(why_not)),
        fates=_fates(study.estimate, scale),
        false_share=float((linked.found.weight * linked.false).sum()) / found if found else 0.0,
        alike=tuple(Alike(each.name, *_shown(each.name, each.scans, each.twins, scale), each.alike) for each in
                    study.likeness),
    )  # fmt: skip


def _shown(name: str, scans: float, twins: float, scale: Scale) -> tuple[float, float]:
    factor = {NUMBER: scale.factor("per_area"), MEDIAN: scale.factor("length")}.get(name, 1.0)
    return scans * factor, twins * factor


def _figures(study: Study, scale: Scale, unlike: bool) -> tuple[Corrected, ...]:
    length, density = scale.ending("length"), scale.ending("per_area")
    names = {"density": (f"density_corrected{density}", scale.factor("per_area")), "coverage": ("coverage", 1.0)}
    names |= {name: (name + length, scale.factor("length")) for name in ("mean", "d10", "d50", "d90")}
    rows = [_corrected("number", study.estimate, "figures", 0, float(study.pixels), unlike)]
    for place, figure in enumerate(FIGURES):
        name, factor = names[figure]
        rows.append(_corrected(name, study.estimate, "figures", place, factor, unlike))
    return tuple(rows)


def _bins(estimate: Estimate, scale: Scale, unlike: bool) -> tuple[Bin, ...]:
    edges = np.exp(estimate.bins) * scale.factor("length")
    return tuple(
        Bin(float(edges[place]), float(edges[place + 1]), _corrected("share", estimate, "shares", place, 1.0, unlike))
        for place in range(len(edges) - 1)
    )


def _corrected(name: str, estimate: Estimate, part: str, place: int, factor: float, unlike: bool) -> Corrected:
    def value(side: Described) -> float | None:
        number = float(getattr(side, part)[place]) * factor
        return number if math.isfinite(number) else None

    found = value(estimate.raw)
    if unlike:
        return Corrected(name, found, *(None,) * 6)
    true = value(estimate.corrected)
    bias = None
    if found is not None and true is not None:
        bias = found - true if name in ("coverage", "share") else found / true - 1 if true else None
    sides = (estimate.low, estimate.high, estimate.here_low, estimate.here_high)
    return Corrected(name, found, true, bias, *(value(side) for side in sides))


def _fates(estimate: Estimate, scale: Scale) -> tuple[Fates, ...]:
    sizes = np.linspace(estimate.bins[0], estimate.bins[-1], RULES.told_sizes)
    chances = estimate.response.fates(sizes)
    change = np.exp(estimate.response.alone.mean(sizes))
    rows = []
    for place, size in enumerate(np.exp(sizes) * scale.factor("length")):
        by_name = {name: float(chances[number, place]) for number, name in enumerate(FATES)}
        rows.append(Fates(diameter=float(size), size_factor=float(change[place]), **by_name))
    return tuple(rows)
