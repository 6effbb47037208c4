"""What a micrograph is, in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.metadata import StatedKind
from diffrendergan.micrographs.stretch import Stretch

FloatImage = NDArray[np.float32]
LabelImage = NDArray[np.int32]
BoolImage = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Micrograph:
    """A grey scan without its data bar; the pixel size travels with the pixels."""

    name: str
    """File name without its ending."""
    pixels: FloatImage
    """Grey values in [0, 1], shape (H, W)."""
    pixel_size_nm: float | None
    """Edge of a pixel [nm]; None where the file does not say it."""
    source: Path
    """The file it was read from."""
    bit_depth: int
    """Bits per pixel of the file."""
    data_bar_rows: int = 0
    """Rows that were cropped at the bottom [px]."""
    field: BoolImage | None = None
    """What of the image was recorded, shape (H, W); None for all of it. Beyond it, `pixels` are mirrored."""
    remarks: tuple[str, ...] = ()
    """What was made of the file where there was something to make, a sentence each."""
    stretch: Stretch | None = None
    """How the numbers of the file were scaled; None where it was by their full scale."""
    kind: StatedKind | None = None
    """The kind of image, where the file states it."""
    heights_nm: FloatImage | None = None
    """Heights over the ground, shape (H, W) [nm]; None where the numbers are none. `pixels` are the same, as greys."""


@dataclass(frozen=True, eq=False)
class RawScan:
    """A scan as it lies in its file, values not yet scaled."""

    name: str
    values: NDArray[np.generic]
    """Shape (H, W); uint8, uint16, or float32 for everything else."""
    bit_depth: int
    pixel_size_nm: float | None
    source: Path
    metadata_bar_rows: int | None
    """Rows of the data bar as the microscope's metadata say it [px]; None where they do not."""
    cropped_rows: int = 0
    """Rows that were already cropped at the bottom [px]."""
    field: BoolImage | None = None
    """What of the image was recorded, shape (H, W); None for all of it."""
    remarks: tuple[str, ...] = ()
    """As in `Micrograph`."""
    stored: str = ""
    """Number type in the file; empty where it is that of `values`."""
    kind: StatedKind | None = None
    """As in `Micrograph`."""
    nm_per_number: float | None = None
    """Nanometres that one of the numbers is worth, where they are heights."""

    @property
    def recorded(self) -> NDArray[np.generic]:
        """The values within the field: (H, W), or (n,) where it is not all of the image."""
        return self.values if self.field is None else self.values[self.field]
