"""What a decoder hands on of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.image_files.metadata import ScanMetadata


@dataclass(frozen=True, eq=False)
class StoredImage:
    """One image of a file: the stored numbers, and beside them what the file says of how they are shown.

    Label images mean the numbers; scans mean what is shown. Numbers are never scaled here: what they
    mean as grey values is decided where all scans of a folder are known.
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
    remarks: tuple[str, ...] = field(default=())
    """What was made of the file where there was a choice, a sentence each, without the file's name."""

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
