"""Pixel size and data bar as the microscope wrote them down.

Nothing here guesses: where a file does not say its scale, the scale stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import tifffile

NM_PER_UNIT = {
    "m": 1e9, "cm": 1e7, "mm": 1e6, "um": 1e3, "µm": 1e3, "μm": 1e3, "micron": 1e3, "microns": 1e3,
    "nm": 1.0, "å": 0.1, "pm": 1e-3, "fm": 1e-6,
}  # fmt: skip
LARGEST_TRUSTED_NM = 1000.0
"""Resolution tags that give larger pixels than this [nm] are printing resolutions (72, 96, 300 dpi)."""
SQUARE_TOLERANCE = 0.01


@dataclass(frozen=True)
class ScanMetadata:
    """What the metadata say; None is unknown."""

    pixel_size_nm: float | None = None
    data_bar_rows: int | None = None


def read_tiff_metadata(tif: tifffile.TiffFile, page: Any, path: Path) -> ScanMetadata:
    """Read the metadata of a TIFF: Zeiss, FEI, ImageJ, OME, a JEOL/Hitachi text file beside it, resolution tags.

    Parameters
    ----------
    tif : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        The page that holds the scan.
    path : Path
        Its path, to find a text file of the same name.
    """
    bar_rows = None
    size = _zeiss(tif.sem_metadata)
    if size is None and tif.fei_metadata:
        size, bar_rows = _fei(tif.fei_metadata, int(page.imagelength))
    if size is None and tif.imagej_metadata:
        size = _imagej(tif.imagej_metadata, page)
    if size is None and tif.ome_metadata:
        size = _ome(tif.ome_metadata)
    if size is None:
        size = read_sidecar(path)
    if size is None and not tif.is_imagej:
        size = _resolution_tags(page)
    return ScanMetadata(size, bar_rows)


def read_sidecar(path: Path) -> float | None:
    """Read the pixel size [nm] from the text file NAME.txt that JEOL and Hitachi microscopes write."""
    sidecar = path.with_suffix(".txt")
    if not sidecar.is_file():
        return None
    text = sidecar.read_bytes()[:100_000].decode("latin-1")
    hitachi = re.search(r"^PixelSize\s*=\s*([\d.eE+-]+)", text, re.MULTILINE)
    if hitachi:
        return _positive(hitachi.group(1))
    bar = re.search(r"^\$+SM_MICRON_BAR\s+([\d.]+)", text, re.MULTILINE)
    marker = re.search(r"^\$+SM_MICRON_MARKER\s+([\d.]+)\s*([a-zµμ]+)", text, re.MULTILINE)
    if bar and marker:
        length = _in_nm(marker.group(1), marker.group(2))
        pixels = _positive(bar.group(1))
        if length is not None and pixels is not None:
            return length / pixels
    return None


def resolution_to_nm(pixels_x: float, pixels_y: float, unit_nm: float) -> float | None:
    """Turn pixels per unit into nanometres per pixel; None if that is not a microscope's scale.

    Image software writes 72, 96 or 300 dpi into files that know nothing of their scale.
    """
    if pixels_x <= 0 or pixels_y <= 0:
        return None
    size = unit_nm / pixels_x
    square = abs(pixels_x - pixels_y) <= SQUARE_TOLERANCE * pixels_x
    return size if square and size <= LARGEST_TRUSTED_NM else None


def _zeiss(tags: Mapping[str, Any] | None) -> float | None:
    """Read Zeiss SEM tags: 'ap_image_pixel_size' is (label, value, unit); '' holds metres with more digits."""
    if not tags:
        return None
    shown = None
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        entry = tags.get(key)
        if shown is None and isinstance(entry, tuple) and len(entry) >= 3:
            shown = _in_nm(entry[1], str(entry[2]))
    block = tags.get("", ())
    exact = _in_nm(block[3], "m") if isinstance(block, tuple) and len(block) > 3 else None
    if shown is None:
        return exact
    # The header number belongs to the live image; only where both agree is it the same scale, with more digits.
    return exact if exact is not None and abs(exact - shown) <= 1e-3 * shown else shown


def _fei(tags: Mapping[str, Any], height: int) -> tuple[float | None, int | None]:
    size = None
    for section in ("Scan", "EScan", "IScan"):
        values = tags.get(section)
        if size is None and isinstance(values, Mapping):
            width_nm = _in_nm(values.get("PixelWidth"), "m")
            height_nm = _in_nm(values.get("PixelHeight"), "m")
            square = width_nm and height_nm and abs(width_nm - height_nm) <= SQUARE_TOLERANCE * width_nm
            size = width_nm if square else None
    image = tags.get("Image")
    scanned_rows = image.get("ResolutionY") if isinstance(image, Mapping) else None
    if isinstance(scanned_rows, int | float) and 0.5 * height < scanned_rows <= height:
        return size, height - int(scanned_rows)
    return size, None


def _imagej(tags: Mapping[str, Any], page: Any) -> float | None:
    unit = NM_PER_UNIT.get(str(tags.get("unit", "")).replace("\\u00B5", "µ").strip().lower())
    resolution = _resolution(page)
    return resolution_to_nm(*resolution, unit) if unit and resolution else None


def _ome(xml: str) -> float | None:
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        if element.tag.endswith("Pixels") and element.get("PhysicalSizeX"):
            return _in_nm(element.get("PhysicalSizeX"), element.get("PhysicalSizeXUnit", "µm"))
    return None


def _resolution_tags(page: Any) -> float | None:
    unit = page.tags.get("ResolutionUnit")
    unit_nm = {2: 2.54e7, 3: 1e7}.get(int(unit.value)) if unit is not None else None
    resolution = _resolution(page)
    return resolution_to_nm(*resolution, unit_nm) if unit_nm and resolution else None


def _resolution(page: Any) -> tuple[float, float] | None:
    """Return pixels per unit along x and y."""
    values = []
    for name in ("XResolution", "YResolution"):
        tag = page.tags.get(name)
        if tag is None or len(tag.value) != 2 or tag.value[1] == 0:
            return None
        values.append(tag.value[0] / tag.value[1])
    return values[0], values[1]


def _in_nm(value: Any, unit: str) -> float | None:
    factor = NM_PER_UNIT.get(unit.strip().lower())
    number = _positive(value)
    return None if factor is None or number is None else number * factor


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < float("inf") else None
