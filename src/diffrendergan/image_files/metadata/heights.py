"""What files state of the unit of their numbers: heights have one of length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diffrendergan.image_files.metadata.kind import StatedKind
from diffrendergan.image_files.metadata.words import positive, unit_in_nm

STRAIGHT_LINE = 0
"""ImageJ's number of the function c0 + c1 · number; there are others, which no height map has."""


def imagej_heights(tags: Mapping[str, Any] | None) -> float | None:
    """Return the nanometres that a number is worth by ImageJ's calibration of values; None if it is no length.

    Parameters
    ----------
    tags : mapping or None
        `tifffile.TiffFile.imagej_metadata`: `vunit`, and for whole numbers `cf`, `c0`, `c1`.
    """
    unit = unit_in_nm(str((tags or {}).get("vunit", "")))
    if tags is None or unit is None or tags.get("cf", STRAIGHT_LINE) != STRAIGHT_LINE:
        return None
    slope = positive(tags.get("c1", 1.0))
    return None if slope is None else slope * unit


def height_kind(nm_per_number: float | None) -> StatedKind | None:
    """Return the kind of image whose numbers are lengths."""
    return None if nm_per_number is None else StatedKind("height", "ImageJ's value unit is a length")
