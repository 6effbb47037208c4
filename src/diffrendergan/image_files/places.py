"""Where the stage of a microscope was for an image, as its file says."""

from __future__ import annotations

import math
from pathlib import Path

import tifffile

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import TIFF_ENDINGS
from diffrendergan.image_files.metadata import ome_images
from diffrendergan.image_files.metadata.words import unit_in_nm

NM_PER_UM = 1e3


def stated_place(path: Path) -> tuple[float, float]:
    """Return x and y of the stage [nm], from the OME metadata of a TIFF file.

    Without a unit, or in that of the stage ("reference frame"), micrometres are meant, as programs write them.

    Raises
    ------
    DataError
        If the file does not say it, holds several images, or is broken.
    """
    if path.suffix.lower() not in TIFF_ENDINGS:
        raise DataError(f"{path} is no OME-TIFF, so it says no place; give a list of positions instead.")
    try:
        with tifffile.TiffFile(path) as tif:
            xml = tif.ome_metadata
    except Exception as error:  # broken files fail in many ways
        raise DataError(f"{path} cannot be read as a TIFF file ({error}); copy it again or remove it.") from error
    images = [image for image in ome_images(xml) if image.pages]
    if len(images) > 1:
        raise DataError(f"{path} holds {len(images)} images; export one file for each tile.")
    place = images[0].place if images else None
    if place is None:
        raise DataError(
            f"{path} says no place of the stage (PositionX, PositionY); give a list of positions with --montage FILE."
        )
    x, y = (_nm(value, unit, path) for value, unit in place)
    return x, y


def _nm(value: str | None, unit: str, path: Path) -> float:
    factor = NM_PER_UM if unit in ("", "reference frame") else unit_in_nm(unit)
    try:
        number = float(value or "")
    except ValueError:
        number = math.nan
    if factor is None or not math.isfinite(number):
        raise DataError(f"{path} says {value!r} {unit} for a place of the stage, which is no length.")
    return number * factor
