"""Scans as the page shows them: a thumbnail, and tiles of all magnifications, kept in files.

Made in the worker's process; the page only hands out files, so that its memory does not grow with the scans.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.errors import RunFolderError
from diffrendergan.image_files.writing import QUICK, write_png
from diffrendergan.runs.atomic import read_json, write_json

TILE_PX = 512
THUMBNAIL_PX = 320
VIEW = "view.json"
SHOWN = (0.2, 99.8)
"""Percentiles of the grey values that are shown as black and white."""
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """What is known of a scan that is shown."""

    name: str
    key: str
    """Changes with the file."""
    width: int
    height: int
    levels: int
    """Magnifications: 1, 1/2, 1/4 and so on."""
    pixel_size_nm: float | None
    bit_depth: int
    data_bar_rows: int
    remarks: tuple[str, ...]
    failure: str = ""
    """Why it cannot be read."""


def view_key(path: Path) -> str:
    """Return what changes with a file."""
    about = path.stat()
    return hashlib.sha256(f"{path.absolute()} {about.st_size} {about.st_mtime_ns}".encode()).hexdigest()[:16]


def known_view(path: Path, cache: Path) -> View | None:
    """Return the view of a scan if it was made before."""
    try:
        values = read_json(cache / view_key(path) / VIEW)
        return View(**{**values, "remarks": tuple(values["remarks"])})
    except (OSError, RunFolderError, TypeError, KeyError):
        return None


def make_view(path: Path, name: str, cache: Path) -> View:
    """Read a scan and write its thumbnail and tiles.

    Parameters
    ----------
    path : Path
        The scan.
    name : str
        Its name.
    cache : Path
        Folder of all views.

    Returns
    -------
    View
        With `failure`, if it cannot be read.
    """
    if (known := known_view(path, cache)) is not None:
        return known
    from diffrendergan.api import read_scan
    from diffrendergan.errors import UserError

    key = view_key(path)
    try:
        scan = read_scan(path)
    except UserError as error:
        return _kept(View(name, key, 0, 0, 0, None, 0, 0, (), str(error)), cache)
    height, width = scan.pixels.shape
    levels = _write_tiles(_as_shown(scan.pixels), cache / key)
    known = View(name, key, width, height, levels, scan.pixel_size_nm, scan.bit_depth, scan.data_bar_rows, scan.remarks)
    return _kept(known, cache)


def _kept(view: View, cache: Path) -> View:
    """Write down the view, last of all that belongs to it."""
    values: dict[str, Any] = asdict(view)
    write_json(cache / view.key / VIEW, values)
    return view


def _as_shown(pixels: NDArray[np.float32]) -> Grey:
    low, high = np.percentile(pixels[::4, ::4] if pixels.size > 2**20 else pixels, SHOWN)
    shown = (pixels - low) * np.float32(255 / max(high - low, 1e-6))
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def _write_tiles(shown: Grey, folder: Path) -> int:
    """Write tiles of all magnifications and the thumbnail; return the number of magnifications."""
    level = 0
    while True:
        for top in range(0, shown.shape[0], TILE_PX):
            for left in range(0, shown.shape[1], TILE_PX):
                tile = np.ascontiguousarray(shown[top : top + TILE_PX, left : left + TILE_PX])
                write_png(folder / f"{level}_{left // TILE_PX}_{top // TILE_PX}.png", tile, QUICK)
        if max(shown.shape) <= TILE_PX:
            break
        shown = halved(shown)
        level += 1
    while max(shown.shape) > 2 * THUMBNAIL_PX:
        shown = halved(shown)
    write_png(folder / "thumbnail.png", shown)
    return level + 1


def halved(shown: Grey) -> Grey:
    """Return an image of half the size: the mean of each four pixels; an odd last row or column counts twice."""
    padded = np.pad(shown, ((0, shown.shape[0] % 2), (0, shown.shape[1] % 2)), "edge").astype(np.uint16)
    summed = padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]
    return ((summed + 2) // 4).astype(np.uint8)
