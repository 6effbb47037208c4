"""What a look at a folder of scans tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Foreground = Literal["bright", "dark"]


@dataclass(frozen=True)
class ScanReport:
    """One scan; sizes are rough, measured without any labels."""

    name: str
    height: int
    """Rows without the data bar [px]."""
    width: int
    bit_depth: int
    pixel_size_nm: float | None
    data_bar_rows: int
    coverage: float
    """Fraction of the scan that is particle."""
    particles: int
    diameter_px: float | None
    """Median equivalent diameter of the particles [px]; None where there are none."""
    diameter_nm: float | None
    particles_per_patch: float
    """Mean number of particles per patch area, over the whole scan."""
    foreground: Foreground
    """What this scan alone suggests."""


@dataclass(frozen=True)
class Inspection:
    """A folder of scans."""

    folder: Path
    scans: tuple[ScanReport, ...]
    foreground: Foreground
    """Whether particles are brighter or darker than the background."""
    foreground_clear: bool
    """False where the scans do not tell for certain."""
    diameter_px: float | None
    """Median equivalent diameter of all particles that lie wholly in their scans [px]."""
    diameter_nm: float | None
    pixel_size_nm: float | None
    """Pixel size that all scans share; None where it is unknown or differs."""
    coverage: float
    """Mean over the scans."""
    roundness: float | None
    """Median area of a particle over that of a disc of its longest extension: 1 is a disc."""
    elongation: float | None
    """Area-weighted median ratio of length to width of connected regions."""
    width_px: float | None
    """Usual width of the particles [px]: twice the largest distance to the background, median."""
    displayed: tuple[float, float] | None
    """Median and 90th percentile of the particles displayed, whole or in part, by patches that could train."""
    patch_size: int
    """Edge of the patches that were looked at [px]."""
