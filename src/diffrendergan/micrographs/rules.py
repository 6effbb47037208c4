"""How the scans of a project, a run or a folder of label images are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from diffrendergan.config.data import AS_FILES_STATE, HeightsConfig
from diffrendergan.image_files.pages import Choice
from diffrendergan.micrographs.stretch import Stretch


@dataclass(frozen=True)
class ReadingRules:
    """What is known of scans before they are read; "auto" and None leave it to their files."""

    data_bar: int | Literal["auto"] = "auto"
    """Rows to crop at the bottom [px]; "auto" takes them from the metadata or finds them."""
    pixel_size_nm: float | Literal["auto"] = "auto"
    """Edge of a pixel [nm]; "auto" reads it from the metadata and leaves it unknown otherwise."""
    stretch: Stretch | None = None
    """Common stretch of scans of more than 8 bits; None takes the full scale of their numbers."""
    series: Choice = None
    """Which of several images in a file, counted from 1, or its name; None takes the largest."""
    channel: Choice = None
    """Which of several detectors in a file, in the same way; None takes the first."""
    heights: HeightsConfig = AS_FILES_STATE
    """What numbers of height maps are worth, and how these are levelled."""
