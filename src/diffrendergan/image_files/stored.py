"""What a decoder hands on of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.metadata import ScanMetadata


@dataclass(frozen=True, eq=False)
class StoredImage:
    """One image of a file: the stored numbers, and beside them what the file says of how they are shown.

    Label images mean the numbers; scans mean what is shown (`shown`).
    """

    path: Path
    values: NDArray[Any]
    """As stored, (H, W) or (H, W, C): indices of a palette, bool for 1 bit; inverted displays are left aside."""
    bits: int
    """Bits of a sample."""
    metadata: ScanMetadata
    palette: NDArray[np.uint8] | None = None
    """Colours of the indices, (entries, 3); None without a palette."""
    inverted: bool = False
    """The smallest number is shown white."""
    alpha: bool = False
    """The last channel is declared to be transparency."""
    orientation: int = 1
    """How the image is to be turned for show, as tag 274 of TIFF; 1 is as stored."""
    remarks: tuple[str, ...] = field(default=())
    """What was taken of the file where there was a choice, a sentence each."""
