"""Particle outlines as regions of interest for Fiji and ImageJ."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import roifile
from numpy.typing import NDArray

from diffrendergan.labels.outlines import outlines
from diffrendergan.runs.atomic import atomic_path

FIXED_TIME = (1980, 1, 1, 0, 0, 0)
"""Equal outlines give equal files."""


def write_rois(path: Path, labels: NDArray[np.integer]) -> None:
    """Write one polygon a particle, named by its label, as a ZIP that the ROI manager opens.

    The corners of the polygons are corners of pixels, as those that ImageJ's wand draws, so that the region holds
    exactly the pixels of the particle. Of a label of several parts the largest is outlined; holes are not.

    Parameters
    ----------
    path : Path
        File to write, ending in `.zip`; it is whole or absent.
    labels : ndarray of int, shape (H, W)
        0 background, particles above.

    Raises
    ------
    RunFolderError
        If the file cannot be written.
    """
    digits = max(4, len(str(int(labels.max(initial=0)))))
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for label, corners in outlines(labels):
            name = f"{label:0{digits}d}"
            region = roifile.ImagejRoi.frompoints(corners, name=name)
            region.roitype = roifile.ROI_TYPE.TRACED
            # Corners bound the region themselves; roifile takes them for pixels and adds one.
            region.right, region.bottom = region.right - 1, region.bottom - 1
            entry = zipfile.ZipInfo(f"{name}.roi", FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, region.tobytes())
