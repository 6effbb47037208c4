"""What a decoder hands on of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.metadata import ScanMetadata


@dataclass(frozen=True)
class NumberRange:
    """Which numbers an image holds, to tell 12 bits in a 16-bit file from an exposure that fills a part of 16 bits."""

    smallest: float
    largest: float
    step: int | None
    """The largest power of two that divides all numbers: 16 where 12 bits were shifted up; None for floating point."""
    bits_used: int | None
    """Bits that the numbers need once they are divided by `step`, without a sign; None for floating point."""


@dataclass(frozen=True, eq=False)
class StoredImage:
    """One image of a file: the stored numbers, and beside them what the file says of how they are shown.

    Label images mean the numbers; scans mean what is shown. Numbers are never scaled here: who needs grey values in
    [0, 1] has `full_range`, what the file may hold, `stated_bits`, what it says it holds, and `number_range()`, what it
    does hold. Of signed and floating numbers only the last is known.
    """

    path: Path
    values: NDArray[Any]
    """As stored, (H, W) or (H, W, C), turned as it is to be shown: indices of a palette, bool for 1 bit; inverted
    displays are left aside."""
    bits: int
    """Bits of a sample."""
    metadata: ScanMetadata
    palette: NDArray[np.uint8] | None = None
    """Colours of the indices, (entries, 3); None without a palette."""
    inverted: bool = False
    """The smallest number is shown white."""
    alpha: bool = False
    """The last channel is declared to be transparency."""
    colour: bool = False
    """The first three channels are declared to be colours; other channels are those of several detectors."""
    orientation: int = 1
    """How the image was turned for show, as tag 274 of TIFF; 1 is as stored. `values` are turned already."""
    stated_bits: int | None = None
    """Bits that the largest possible number needs, where the file says it."""
    remarks: tuple[str, ...] = field(default=())
    """What was made of the file where there was a choice, a sentence each, without the file's name."""

    @property
    def full_range(self) -> tuple[float, float] | None:
        """Smallest and largest number that a sample can hold; None for floating point, which has no full scale."""
        if self.values.dtype == np.bool_:
            return 0.0, 1.0
        if np.issubdtype(self.values.dtype, np.unsignedinteger):
            return 0.0, float(2**self.bits - 1)
        if np.issubdtype(self.values.dtype, np.signedinteger):
            return -float(2 ** (self.bits - 1)), float(2 ** (self.bits - 1) - 1)
        return None

    def number_range(self) -> NumberRange:
        """Return which numbers the image holds; NaN is left out, and an image of it alone has the range NaN."""
        values = self.values
        if not np.issubdtype(values.dtype, np.integer):
            known = values[~np.isnan(values)] if np.issubdtype(values.dtype, np.floating) else values
            if not known.size:
                return NumberRange(np.nan, np.nan, None, None)
            return NumberRange(float(known.min()), float(known.max()), None, None)
        low, high = int(values.min()), int(values.max())
        together = abs(int(np.bitwise_or.reduce(values, axis=None)))
        step = together & -together or 1
        return NumberRange(low, high, step, (max(high, -low - 1, 0) // step).bit_length())

    def one_detector(self) -> StoredImage:
        """Return the image of the first detector where the channels are neither colours nor transparency, and say so.

        Images of one channel, and such whose channels are all equal, stay as they are.
        """
        if self.values.ndim != 3 or self.colour or self.palette is not None:
            return self
        detectors = self.values.shape[2] - self.alpha
        if detectors < 2 or (self.values[..., :1] == self.values[..., 1:detectors]).all():
            return self
        said = f"It holds the images of {detectors} detectors; the first is taken ({CHOOSE_CHANNEL})."
        return replace(self, values=self.values[..., 0], alpha=False, remarks=(*self.remarks, said))


CHOOSE_SERIES = "data.series or --series chooses another"
CHOOSE_CHANNEL = "data.channel or --channel chooses another"


def upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and mirror stored pixels (H, W, ...) as tag 274 of TIFF and EXIF tells that they are to be shown."""
    turns: dict[int, NDArray[Any]] = {
        2: values[:, ::-1],
        3: values[::-1, ::-1],
        4: values[::-1],
        5: values.swapaxes(0, 1),
        6: values[::-1].swapaxes(0, 1),
        7: values[::-1, ::-1].swapaxes(0, 1),
        8: values[:, ::-1].swapaxes(0, 1),
    }
    return np.ascontiguousarray(turns.get(orientation, values))


TURNED = {
    2: "mirrored left to right",
    3: "turned by 180°",
    4: "mirrored top to bottom",
    5: "mirrored along its diagonal",
    6: "turned by 90° clockwise",
    7: "mirrored along its other diagonal",
    8: "turned by 90° anticlockwise",
}
