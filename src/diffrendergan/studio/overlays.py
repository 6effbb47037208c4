"""Outlines over thumbnails."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diffrendergan.labels.reading import read_numbers
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.studio.views import THUMBNAIL_PX

COLOUR = (230, 159, 0)
"""Orange of Okabe and Ito: seen on grey of any brightness."""


def overlay_name(results: Path, name: str) -> str:
    """Return the name of the overlay of a scan in the cache; empty where nothing was found yet."""
    labels = results / "labels" / f"{name}.tif"
    record = results / "scans" / f"{name}.json"
    try:
        return f"overlays/{name}-{labels.stat().st_mtime_ns}.png" if record.is_file() else ""
    except OSError:
        return ""


def make_overlay(results: Path, name: str, target: Path) -> None:
    """Write the outlines of a scan's particles as a picture to lie over its thumbnail.

    Parameters
    ----------
    results : Path
        The folder of `quantify`.
    name : str
        The scan.
    target : Path
        The PNG.

    Raises
    ------
    DataError
        If the label image cannot be read.
    """
    numbers = read_numbers(results / "labels" / f"{name}.tif").numbers
    step = max(1, round(max(numbers.shape) / THUMBNAIL_PX))
    edges = outlined(numbers[::step, ::step])
    picture = np.zeros((*edges.shape, 4), np.uint8)
    picture[edges] = (*COLOUR, 255)
    with atomic_path(target) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def outlined(numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return the pixels of particles that lie beside another number (H, W)."""
    padded = np.pad(numbers, 1, "edge")
    beside = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return (numbers > 0) & np.logical_or.reduce([each != numbers for each in beside])
