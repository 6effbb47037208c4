"""Scans that are height maps: their numbers in nanometres, and level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diffrendergan.config.data import HeightsConfig
from diffrendergan.micrographs.levelling import levelled
from diffrendergan.micrographs.types import RawScan

BOW = 2
"""Degree that is taken off heights in nm: scanners bend, and samples never lie quite level."""


def as_heights(raw: RawScan, config: HeightsConfig) -> RawScan:
    """Return a scan with heights in nm, and level, as far as it has any and that is asked for; else as it is."""
    stated = raw.nm_per_number if config.nm_per_number == "auto" else float(config.nm_per_number)
    degree = config.degree if config.degree != "auto" else "none" if stated is None else BOW
    lines = degree != "none" if config.lines == "auto" else config.lines
    if stated is None and degree == "none" and not lines:
        return raw
    values = np.asarray(raw.values, np.float32) * np.float32(1 if stated is None else stated)
    remarks = raw.remarks
    if degree != "none" or lines:
        values = _level(values, 0 if degree == "none" else int(degree), lines, raw)
        shape = "a plane" if degree == 1 else "the mean height" if degree in ("none", 0) else "a bow"
        remarks = (
            *remarks,
            f"it is levelled: {shape}{' and steps between lines' if lines else ''} taken off its ground",
        )
    in_nm = None if stated is None else 1.0
    return replace(raw, values=values, stored=values.dtype.name, nm_per_number=in_nm, remarks=remarks)


def _level(values: np.ndarray, degree: int, lines: bool, raw: RawScan) -> np.ndarray:
    import torch  # not for those who only read scans

    image = torch.from_numpy(np.ascontiguousarray(values, np.float64))[None]
    return np.asarray(levelled(image, degree, lines, raw.field)[0].numpy(), np.float32)
