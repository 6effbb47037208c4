"""Pixels per unit: the resolution tags of TIFF, of PNG, JPEG and BMP, and ImageJ's calibration, which uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffrendergan.image_files.metadata.scale import StatedScale
from diffrendergan.image_files.metadata.words import length_nm, unit_in_nm

LARGEST_TRUSTED_NM = 1000.0
"""Pixels larger than this [nm], stated per inch or centimetre, are printing resolutions (72, 96, 300 dpi)."""
NM_PER_TIFF_UNIT = {2: 2.54e7, 3: 1e7}
INCH_NM = 2.54e7
PRINTED_UNITS_NM = 1e6
"""Units at least as long as a millimetre are those of printed pages."""


def resolution_scale(pixels_x: float, pixels_y: float, unit_nm: float, source: str) -> StatedScale | None:
    """Turn pixels per unit into a scale; None if that is none of a microscope.

    Image software writes 72, 96 or 300 dpi into files that know nothing of their scale.
    """
    if pixels_x <= 0 or pixels_y <= 0:
        return None
    width, height = unit_nm / pixels_x, unit_nm / pixels_y
    printed = unit_nm >= PRINTED_UNITS_NM and max(width, height) > LARGEST_TRUSTED_NM
    return None if printed else StatedScale(source, width, height)


def dpi_scale(dpi: Any) -> StatedScale | None:
    """Return the scale that the resolution of a PNG, JPEG or BMP states, in pixels per inch as Pillow gives it."""
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    return resolution_scale(float(dpi[0]), float(dpi[1]), INCH_NM, "the resolution entries")


def tag_scale(page: Any) -> StatedScale | None:
    """Return the scale that the resolution tags of a TIFF page state."""
    unit = page.tags.get("ResolutionUnit")
    unit_nm = NM_PER_TIFF_UNIT.get(int(unit.value)) if unit is not None else None
    pixels = _pixels_per_unit(page)
    return resolution_scale(*pixels, unit_nm, "the resolution tags") if unit_nm and pixels else None


def imagej_scale(tags: Mapping[str, Any] | None, page: Any) -> StatedScale | None:
    """Return ImageJ's calibration: pixels per its own unit; the height may have a unit of its own."""
    unit = str((tags or {}).get("unit", ""))
    pixels, unit_nm = _pixels_per_unit(page), unit_in_nm(unit)
    if not tags or not unit or not pixels or unit_nm is None:
        return None
    scale = resolution_scale(*pixels, unit_nm, "the numbers of ImageJ's calibration")
    y_unit = str(tags.get("yunit", "")) or unit
    if scale is None or y_unit == unit:
        return scale
    return StatedScale(scale.source, scale.x_nm, length_nm(1 / pixels[1], y_unit))


def _pixels_per_unit(page: Any) -> tuple[float, float] | None:
    """Return pixels per unit along x and y."""
    values = []
    for name in ("XResolution", "YResolution"):
        tag = page.tags.get(name)
        if tag is None or len(tag.value) != 2 or tag.value[1] == 0:
            return None
        values.append(tag.value[0] / tag.value[1])
    return values[0], values[1]
