"""Metadata of FEI and Thermo Fisher: tags 34680 and 34682 in sections, tag 34683 and Phenom's description in XML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from diffrendergan.image_files.metadata.scale import StatedScale
from diffrendergan.image_files.metadata.words import length_nm, positive

SOURCE = "the FEI metadata"
SECTIONS = ("Scan", "EScan", "IScan")
LEAST_SCANNED = 0.5
"""A data bar takes less than this fraction of the rows."""


def fei_scale(tags: Mapping[str, Any] | None) -> StatedScale | None:
    """Return what `tifffile.TiffFile.fei_metadata` says of the scale; its lengths are in metres."""
    if not tags:
        return None
    beam = tags.get("Beam")
    # Instruments of two beams describe both; `Scan=IScan` in [Beam] names the one that made the image.
    used = str(beam.get("Scan", "")) if isinstance(beam, Mapping) else ""
    columns, rows = _scanned(tags)
    for name in ("Scan", used, *SECTIONS):
        section = tags.get(name)
        if isinstance(section, Mapping) and (width := length_nm(section.get("PixelWidth"), "m")) is not None:
            height = length_nm(section.get("PixelHeight"), "m")
            return StatedScale(SOURCE, width, height, columns, rows)
    return None


def fei_bar_rows(tags: Mapping[str, Any] | None, columns: int, rows: int) -> int | None:
    """Return the rows below the scanned ones in an image of this size [px]; None where the metadata do not say it."""
    across, down = _scanned(tags or {})
    if down is None or (across is not None and across != columns) or not LEAST_SCANNED * rows < down <= rows:
        return None
    return rows - down


def fei_xml_scale(text: str) -> StatedScale | None:
    """Return what XML of Thermo Fisher (PixelSize) or Phenom (pixelWidth, pixelHeight) says of the scale."""
    if "PixelSize" not in text and "pixelWidth" not in text:
        return None
    try:
        root = ElementTree.fromstring(text.strip("\0 \r\n\t"))
    except ElementTree.ParseError:
        return None
    if root.tag.endswith("OME"):
        return None
    size, pixels = root.find(".//PixelSize"), root.find(".//ImageSize")
    width, height = (
        (root.find(".//pixelWidth"), root.find(".//pixelHeight")) if size is None else (size.find("X"), size.find("Y"))
    )
    if (x_nm := _length(width)) is None:
        return None
    columns, rows = (None, None) if pixels is None else (_number(pixels.find("X")), _number(pixels.find("Y")))
    return StatedScale("the Thermo Fisher metadata", x_nm, _length(height), columns, rows)


def _scanned(tags: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return columns and rows of the scanned field, without data bar [px]."""
    image = tags.get("Image")
    if not isinstance(image, Mapping):
        return None, None
    columns, rows = (positive(image.get(f"Resolution{axis}")) for axis in "XY")
    return None if columns is None else int(columns), None if rows is None else int(rows)


def _length(element: ElementTree.Element | None) -> float | None:
    return None if element is None else length_nm(element.text, element.get("unit", "m"))


def _number(element: ElementTree.Element | None) -> int | None:
    number = None if element is None else positive(element.text)
    return None if number is None else int(number)
