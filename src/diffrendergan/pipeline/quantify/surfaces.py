"""Height maps among the results: level, and as the sample is without what the tip adds, where that can be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from diffrendergan.config.data import HeightsConfig
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.rendering.topography.tip import Tip, certain, restored

HEIGHTS, SURFACES, CERTAIN = "heights", "surfaces", "certain"
"""Folders of the level maps, of those that a known tip was taken off, and of where these are the sample."""


def write_surfaces(out: Path, scan: Micrograph, config: HeightsConfig) -> list[Path]:
    """Write the level heights of a scan as TIFF [nm], and the surface without its tip where that is known.

    Parameters
    ----------
    out : pathlib.Path
        Folder of the results.
    scan : Micrograph
        Nothing is written of one that is no height map.
    config : HeightsConfig
        Says the tip.
    """
    if scan.heights_nm is None:
        return []
    files = [out / HEIGHTS / f"{scan.name}.tif"]
    write_imagej_tiff(files[0], scan.heights_nm, scan.pixel_size_nm, "nm")
    size = scan.pixel_size_nm
    if config.tip_radius_nm is not None and size is not None:
        tip = Tip(config.tip_radius_nm / size, config.tip_half_angle_deg)
        image = (scan.heights_nm / size).astype(np.float32)
        surface = restored(image, tip)
        files += [out / folder / f"{scan.name}.tif" for folder in (SURFACES, CERTAIN)]
        write_imagej_tiff(files[1], surface * np.float32(size), size, "nm")
        write_imagej_tiff(files[2], certain(image, surface, tip).astype(np.uint8), size)
    return files
