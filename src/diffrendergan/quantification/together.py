"""What makes figures of several scans together mean less than they seem to, as the scans themselves show."""

from __future__ import annotations

from collections.abc import Sequence

from diffrendergan.config.words import some
from diffrendergan.quantification.places import same_fields
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.sizes.units import Unit
from diffrendergan.sizes.unlike import unlike

SCALES_APART = 100.0
"""Pixel sizes further apart than by this factor are taken for a slip in a unit. Rule of thumb: one sample at ×2,000 and
at ×100,000 has a factor of 50, and the wrong unit one of 1,000."""
ATOM_NM = 0.3
"""Particles whose median diameter is below this have a wrong scale [nm]: two atoms of gold lie .29 nm apart."""


def doubts_together(records: Sequence[ScanRecord]) -> list[str]:
    """Say what is wrong with a set of scans, a sentence each: copies, scales that contradict, sizes far apart."""
    units: tuple[Unit, ...] = ("nm", "px")
    unlike = (_unlike(records, unit) for unit in units)
    return [
        sentence
        for sentence in (_copies(records), _same_field(records), _apart(records), _too_small(records), *unlike)
        if sentence
    ]


def _copies(records: Sequence[ScanRecord]) -> str:
    names: dict[str, list[str]] = {}
    for record in records:
        if record.seen:
            names.setdefault(record.seen, []).append(record.name)
    copies = [" = ".join(group) for group in names.values() if len(group) > 1]
    if not copies:
        return ""
    return (
        f"Scans with the same pixels under several names: {some(copies)}; their particles count once for each name, "
        "so that numbers are too high and intervals too narrow: remove the copies."
    )


def _same_field(records: Sequence[ScanRecord]) -> str:
    pairs = [
        f"{records[first].name} and {records[second].name}"
        for first, second in same_fields([record.places for record in records])
        if not records[first].seen or records[first].seen != records[second].seen
    ]
    if not pairs:
        return ""
    return (
        f"Scans with particles at the same places: {some(pairs)}; if they show one field (two detectors, or a copy of "
        "another contrast), its particles count twice, so that numbers are too high and intervals too narrow: measure "
        "one of them."
    )


def _apart(records: Sequence[ScanRecord]) -> str:
    known = sorted((record.row["pixel_size_nm"], record.name) for record in records if record.row["pixel_size_nm"])
    if not known or known[-1][0] <= SCALES_APART * known[0][0]:
        return ""
    (low, least), (high, most) = known[0], known[-1]
    return (
        f"Pixel sizes lie {high / low:,.0f} times apart, from {low:.4g} nm ({least}) to {high:.4g} nm ({most}): one "
        "may be in a wrong unit, and sizes together mean nothing then; put right what the file says, or measure such "
        "scans by themselves with their own pixel size."
    )


def _too_small(records: Sequence[ScanRecord]) -> str:
    small = [
        (record.name, record.row["d50_nm"])
        for record in records
        if record.unit == "nm" and record.row["d50_nm"] is not None and record.row["d50_nm"] < ATOM_NM
    ]
    if not small:
        return ""
    return (
        f"The median diameter in {some([name for name, _ in small])} is less than that of an atom "
        f"({min(size for _, size in small):.2g} nm): the pixel size is wrong."
    )


def _unlike(records: Sequence[ScanRecord], unit: Unit) -> str:
    sizes = (
        (record.name, record.row[f"d50_{unit}"] or 0.0, record.row["number_whole"])
        for record in records
        if record.unit == unit
    )
    return unlike(sizes, unit, "sizes together mean nothing; measure it by itself")
