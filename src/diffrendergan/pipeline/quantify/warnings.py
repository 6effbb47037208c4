"""What is to be said of all scans at the end: results that mean less than they seem to."""

from __future__ import annotations

from collections.abc import Sequence

from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.quantification.results import ScanRecord
from diffrendergan.quantification.together import doubts_together
from diffrendergan.sizes.rules import RULES

CONSIDERABLE = 0.1
"""Fewer specks than this fraction of the particles are not worth a warning."""


def warnings_of(records: Sequence[ScanRecord], min_region_option: str | None = "--min-region-px") -> list[str]:
    """Return what to warn of, a sentence each; the option, if there is one, drops smaller particles."""
    doubts = told_remarks((record.name, record.doubts) for record in records)
    specks = _specks(records, min_region_option)
    return [*doubts, *doubts_together(records), *([specks] if specks else [])]


def _specks(records: Sequence[ScanRecord], option: str | None) -> str:
    """Say how many particles are specks, if they are many."""
    specks, whole = (sum(record.row[name] for record in records) for name in ("number_specks", "number_whole"))
    if not whole or specks < CONSIDERABLE * whole:
        return ""
    least = RULES.speck_px
    remedy = (
        "check the label images"
        if option is None
        else (f"drop them with {option} {least}, or check the model or the label images")
    )
    return (
        f"{specks:,} of {whole:,} whole particles ({100 * specks / whole:.0f} %) have an area of less than {least} px: "
        f"they pull sizes down, and their shapes mean nothing; {remedy}."
    )
