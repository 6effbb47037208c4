"""A folder of label images in place of a trained network: corrected by hand, or from another tool."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.annotations import find_mask, read_annotated
from diffrendergan.micrographs.intensity import Stretch
from diffrendergan.micrographs.reading import list_images, read_values
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify_settings import Structure
from diffrendergan.segmentation.instances import drop_small


@dataclass(frozen=True)
class LabelFolder:
    """Label images NAME<suffix>.<any image ending>; two-valued ones are masks whose connected regions are particles."""

    folder: Path
    suffix: str = ""
    min_region_px: int = 0
    """Smaller particles are dropped [px]."""
    structure: Structure = "particles"
    stretch: Stretch | None = None
    data_bar: int | Literal["auto"] = "auto"
    pixel_size_nm: float | Literal["auto"] = "auto"

    def segment(self, scan: Micrograph) -> NDArray[np.int32]:
        """Return the labels of a scan (H, W).

        Raises
        ------
        DataError
            If the scan has no label image, or one of another size.
        """
        path = find_mask(self.folder, scan.name, self.suffix)
        kind: Literal["particles", "instances"] = "instances" if _numbers_particles(path) else "particles"
        cropped, labels = read_annotated(scan, path, kind)
        missing = scan.pixels.shape[0] - cropped.pixels.shape[0]
        # Rows that the label image lacks were cropped with the data bar where it was made.
        return drop_small(np.pad(labels, ((0, missing), (0, 0))), self.min_region_px)

    def describe(self) -> dict[str, Any]:
        """Return folder and contents as values for JSON."""
        digest = hashlib.sha256()
        for path in list_images(self.folder):
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return {
            "labels": str(self.folder),
            "suffix": self.suffix,
            "min_region_px": self.min_region_px,
            "sha256": digest.hexdigest(),
        }


def _numbers_particles(path: Path) -> bool:
    """Tell whether a label image has a number for each particle, rather than one value for all."""
    values = read_values(path)[0]
    return len(np.unique(values[values != 0])) > 1
