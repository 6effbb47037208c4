"""What is to be said of all scans at the end: results that mean less than they seem to."""

from __future__ import annotations

from collections.abc import Sequence

from diffrendergan.micrographs.scans import told_remarks
from diffrendergan.pipeline.quantify.records import ScanRecord
from diffrendergan.quantification.particles import SPECK_PX

CONSIDERABLE = 0.1
"""Fewer specks than this fraction of the particles are not worth a warning."""


def warnings_of(records: Sequence[ScanRecord]) -> list[str]:
    """Return what to warn of, a sentence each."""
    doubts = told_remarks((record.name, record.doubts) for record in records)
    return [*doubts, *(sentence for sentence in (_specks(records),) if sentence)]


def _specks(records: Sequence[ScanRecord]) -> str:
    """Say how many particles are specks, if they are many."""
    specks, whole = (sum(record.row[name] for record in records) for name in ("number_specks", "number_whole"))
    if not whole or specks < CONSIDERABLE * whole:
        return ""
    return (
        f"{specks:,} of {whole:,} whole particles ({100 * specks / whole:.0f} %) have an area of less than {SPECK_PX} "
        f"px: they pull sizes down, and their shapes mean nothing; drop them with --min-region-px {SPECK_PX}, or check "
        "the model or the label images."
    )
