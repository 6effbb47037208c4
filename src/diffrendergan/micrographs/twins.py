"""Scans that are stored twice: the same pixels under several names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from diffrendergan.config.words import some
from diffrendergan.errors import DataError
from diffrendergan.image_files.pages import Choice
from diffrendergan.micrographs.reading import read_raw
from diffrendergan.micrographs.types import Micrograph, RawScan
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.reporter import Reporter

Twins = tuple[tuple[str, ...], ...]


def content_key(scan: RawScan) -> str:
    """Return what scans of equal pixels share, whatever the format of the file, its depth and its range.

    A copy of 8 bits in 16, multiplied by 256 or 257, or with another black level, has the key of its original.
    """
    values = scan.values
    if np.issubdtype(values.dtype, np.integer):
        whole = values.astype(np.int64) - int(values.min())
        step = int(np.gcd.reduce(np.unique(whole)))
        values = (whole // max(step, 1)).astype(np.uint16)
    return f"{values.shape} {values.dtype} {sha256_of(values)}"


def seen_key(scan: Micrograph) -> str:
    """Return what scans share whose pixels are the same once they are read, to a 65,535th of the grey range.

    Copies in another format have one, and those of 8 bits in full 16 bits; those with another range may not.
    """
    return sha256_of(np.rint(65535 * scan.pixels).astype(np.uint16)) + f" {scan.pixels.shape}"


def twins_among(paths: Sequence[Path], reporter: Reporter, series: Choice = None, channel: Choice = None) -> Twins:
    """Return the names of scans that show the same pixels, in groups of two and more, sorted.

    One scan is in memory at a time; what cannot be read has no twin.
    """
    found: dict[str, list[str]] = {}
    for path in reporter.track(paths, "Looking for copies of scans", total=len(paths)):
        try:
            raw = read_raw(path, series, channel)
        except DataError:  # said where the scan is used
            continue
        found.setdefault(content_key(raw), []).append(raw.name)
    return tuple(sorted(tuple(sorted(names)) for names in found.values() if len(names) > 1))


def say_twins(twins: Twins, reporter: Reporter) -> None:
    """Say in one line which scans are stored twice."""
    if twins:
        named = some(" = ".join(group) for group in twins)
        reporter.note(
            f"Scans with the same pixels under several names: {named}; they stay on one side of the split. Remove the "
            "copies: they count twice."
        )
