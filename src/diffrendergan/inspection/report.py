"""What a look at a folder of scans tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from diffrendergan.inspection.kind import KindFound
from diffrendergan.inspection.magnification import AS_IT_IS, Magnification
from diffrendergan.inspection.measurements import ScanMeasurement
from diffrendergan.inspection.proposal import Estimate
from diffrendergan.labels.label_set import LabelSet

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
    """Median diameter of all particles that lie wholly in their scans, of wires their width [px]."""
    diameter_nm: float | None
    pixel_size_nm: float | None
    """Pixel size that all scans share; None where it is unknown or differs."""
    coverage: float
    """Mean over the scans."""
    patch_size: int
    """Edge of the patches that were looked at, in scans resampled by that [px]."""
    whole_particles: int
    """How many whole particles a window can be asked for, so that enough windows show them; at most 3."""
    magnification: Magnification = AS_IT_IS
    """By what the scans should be resampled."""
    kind: KindFound | None = None
    """The kind of image; None where no file states it and nobody was asked."""
    estimate: Estimate | None = None
    """What the scans show; None where no particles were found."""
    measurements: tuple[ScanMeasurement, ...] = field(default=(), repr=False)
    """What it was decided from."""
    pixel_size_given: bool = False
    """Whether a person gave the pixel size, whatever the files say."""
    mixed: str = ""
    """Why the scans are hardly of one sample and one magnification, as a sentence; empty where they may be."""
    masks: LabelSet | None = field(default=None, repr=False)
    """Annotations in a folder `masks` beside that of the scans; None where there are none."""
