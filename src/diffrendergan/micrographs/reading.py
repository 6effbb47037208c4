"""The numbers of grey scans as their files hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import DataError
from diffrendergan.image_files.decoding import ENDINGS, decode
from diffrendergan.image_files.stored import StoredImage
from diffrendergan.micrographs.intensity import FULL_SCALE
from diffrendergan.micrographs.types import RawScan

COLOUR_SPREAD = 10
"""Channels that differ by at most this [of 255] are grey: JPEG rounding and faint tints of journal figures."""
COLOURED_FRACTION = 0.002
GREY_RAMP_ENTRIES = 200
"""A palette that is a grey ramp but for fewer than 56 overlay colours (Zeiss) holds grey values as they are."""


def list_images(folder: Path) -> list[Path]:
    """List the image files of a folder, sorted by name.

    Raises
    ------
    DataError
        If the folder is missing or holds no image, or if two images have the same name but for the ending.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(
            f"the image folder {folder} does not exist; name a folder of micrographs (in a project, set data.images)."
        )
    files = (path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and not path.name.startswith("."))
    paths = sorted(path for path in files if path.is_file())
    if not paths:
        inside = next(
            (part for part in sorted(folder.iterdir()) if part.is_dir() and part.name.lower() == "images"), None
        )
        meant = f" Did you mean {inside}?" if inside else ""
        raise DataError(f"the folder {folder} holds no image; it takes files ending in {', '.join(ENDINGS)}.{meant}")
    seen: dict[str, Path] = {}
    for path in paths:
        if path.stem in seen:
            raise DataError(
                f"{seen[path.stem].name} and {path.name} in {folder} have the same name but for the ending; rename one."
            )
        seen[path.stem] = path
    return paths


def read_raw(path: Path) -> RawScan:
    """Read the numbers of a grey scan as they are in the file, data bar included.

    Raises
    ------
    DataError
        If the file is unreadable, empty, coloured, 1-bit, constant, a stack, or has NaN or infinite values.
    """
    stored = decode(path)
    metadata, values = stored.metadata, shown(stored)
    if values.dtype == np.bool_:
        raise DataError(f"{path} is a 1-bit image; give the grey scan it was made from.")
    grey = to_grey(values, path)
    if not np.issubdtype(grey.dtype, np.integer) and not np.isfinite(grey).all():
        raise DataError(f"{path} contains NaN or infinite values; repair or remove it.")
    low, high = grey.min(), grey.max()
    if low == high:
        raise DataError(f"{path} has the same value in every pixel; remove it.")
    if ((grey == low) | (grey == high)).all():
        raise DataError(f"{path} has only two values, so it is a 1-bit image or a mask; give the grey scan instead.")
    bit_depth = 8 * grey.dtype.itemsize
    if grey.dtype not in FULL_SCALE:
        grey = grey.astype(np.float32)
    return RawScan(
        path.stem, grey, bit_depth, metadata.pixel_size_nm, path, metadata.data_bar_rows, remarks=stored.remarks
    )


def shown(stored: StoredImage) -> NDArray[Any]:
    """Return the values that a stored image shows: colours of a palette, inverted displays turned to bright is high."""
    if stored.palette is not None:
        return _apply_palette(stored.values, stored.palette)
    if stored.inverted and np.issubdtype(stored.values.dtype, np.unsignedinteger):
        return np.asarray(np.iinfo(stored.values.dtype).max - stored.values)
    return stored.values


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
