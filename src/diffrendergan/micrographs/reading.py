"""The numbers of grey scans as their files hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import decode
from diffrendergan.image_files.names import scan_name
from diffrendergan.image_files.pages import Choice
from diffrendergan.image_files.stored import StoredImage
from diffrendergan.micrographs.gaps import without_gaps
from diffrendergan.micrographs.intensity import FULL_SCALE
from diffrendergan.micrographs.types import RawScan

COLOUR_SPREAD = 10
"""Channels that differ by at most this [of 255] are grey: JPEG rounding and faint tints of journal figures."""
COLOURED_FRACTION = 0.002
GREY_RAMP_ENTRIES = 200
"""A palette that is a grey ramp but for fewer than 56 overlay colours (Zeiss) holds grey values as they are."""


def read_raw(path: Path, series: Choice = None, channel: Choice = None) -> RawScan:
    """Read the numbers of a grey scan as they are in the file, data bar included.

    Parameters
    ----------
    path : Path
        The file.
    series, channel : int, str or None
        Which of several images, and which of several detectors, as in `decode`.

    Raises
    ------
    DataError
        If the file is unreadable, empty, coloured, 1-bit, constant, a stack, or holds no number at all.
    """
    stored = decode(path, series, channel).one_detector()
    metadata, values = stored.metadata, shown(stored)
    if values.dtype == np.bool_:
        raise DataError(f"{path} is a 1-bit image; give the grey scan it was made from.")
    grey = to_grey(values, path)
    if not np.isfinite(grey).any():
        raise DataError(f"{path} holds no number (NaN or infinite) in any pixel; export it again.")
    repaired = without_gaps(grey)
    grey, inside = repaired.values, repaired.values if repaired.field is None else repaired.values[repaired.field]
    low, high = inside.min(), inside.max()
    if low == high:
        raise DataError(f"{path} has the same value in every pixel; remove it.")
    if ((inside == low) | (inside == high)).all():
        raise DataError(f"{path} has only two values, so it is a 1-bit image or a mask; give the grey scan instead.")
    bit_depth, stored_as = 8 * grey.dtype.itemsize, grey.dtype.newbyteorder("=").name
    if grey.dtype not in FULL_SCALE:
        grey = grey.astype(np.float32)
    return RawScan(
        scan_name(path), grey, bit_depth, metadata.pixel_size_nm, path, metadata.data_bar_rows,
        field=repaired.field, remarks=(*stored.remarks, *repaired.remarks), stored=stored_as,
        kind=metadata.kind, nm_per_number=metadata.nm_per_number,
    )  # fmt: skip


def shown(stored: StoredImage) -> NDArray[Any]:
    """Return the values that a stored image shows: colours of a palette, inverted displays turned to bright is high."""
    if stored.palette is not None:
        return _apply_palette(stored.values, stored.palette)
    values = stored.values
    if not np.issubdtype(values.dtype, np.unsignedinteger):
        return values
    largest = 2**stored.bits - 1
    if stored.inverted:
        values = largest - values
    return np.round(values * (255 / largest)).astype(np.uint8) if stored.bits < 8 else np.asarray(values)


def to_grey(values: NDArray[Any], path: Path) -> NDArray[Any]:
    """Reduce a grey image that is stored with colour channels to shape (H, W).

    Raises
    ------
    DataError
        If the image is coloured, or has another number of dimensions.
    """
    if values.ndim == 3 and values.shape[2] in (2, 4):  # transparency carries no measurement
        values = values[..., :-1]
    if values.ndim == 3 and values.shape[2] == 1:
        return values[..., 0]
    if values.ndim == 2:
        return values
    if values.ndim != 3 or values.shape[2] != 3:
        raise DataError(f"{path} has the shape {values.shape}; give single grey images.")
    spread = values.max(axis=2).astype(np.float64) - values.min(axis=2)
    full_scale = FULL_SCALE.get(values.dtype, 1.0)
    if float((spread > COLOUR_SPREAD / 255 * full_scale).mean()) > COLOURED_FRACTION:
        raise DataError(f"{path} is a colour image; convert it to grey (8 or 16 bit) first.")
    return np.round(values.mean(axis=2)).astype(values.dtype) if values.dtype in FULL_SCALE else values.mean(axis=2)


def _apply_palette(values: NDArray[Any], palette: NDArray[np.uint8]) -> NDArray[Any]:
    """Turn palette indices into grey values.

    Zeiss files are grey ramps with some entries taken for coloured overlays: there, the index is the grey value.
    """
    if len(palette) == 256:
        ramp = np.abs(palette.astype(int) - np.arange(256)[:, None]).max(axis=1) <= 1
        if ramp.sum() >= GREY_RAMP_ENTRIES:
            return values
    return np.asarray(palette[values])
