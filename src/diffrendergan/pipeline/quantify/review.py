"""`review`: the particles that a network is least sure of, for a person to look at first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from diffrendergan.image_files.writing import write_png
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.quantification.particles import Particles
from diffrendergan.quantification.results import ScanRecord, read_columns
from diffrendergan.reporting.figures.drawing import stretched
from diffrendergan.reporting.sheet.review_page import Shown, review_page
from diffrendergan.runs.atomic import write_text

REVIEW = "review"
PAGE = "review.html"
CROPS = 24
"""So many particles of each scan are cut out, the least sure ones."""
MOST_SHOWN = 200
"""So many of all scans are on the page."""
SURROUNDINGS = 0.6
"""A crop shows this much around a particle on each side, as a fraction of its longer extent."""
LEAST_PX = 40
"""Crops show at least so much [px]."""
EDGE_PX = 200
"""Crops are enlarged by a whole factor up to about this edge [px]."""
OUTLINE, OTHERS = (1.0, 0.42, 0.0), (0.34, 0.71, 0.91)
"""Of the particle, and of its neighbours (RGB)."""


def without_unsure(
    labels: NDArray[np.int32], confidence: NDArray[np.float64], least: float
) -> tuple[NDArray[np.int32], int]:
    """Return labels (H, W) without the particles that are less sure, and how many those were; no number changes."""
    present = np.unique(labels[labels > 0])
    dropped = present[confidence[present] < least]
    if not len(dropped):
        return labels, 0
    kept = np.arange(len(confidence), dtype=np.int32)
    kept[dropped] = 0
    return kept[labels], len(dropped)


def write_crops(
    out: Path,
    scan: Micrograph,
    labels: NDArray[np.int32],
    particles: Particles,
    confidence: NDArray[np.float64],
) -> list[Path]:
    """Write crops of the particles of a scan that are least sure, as `review/NAME/LABEL.png`; returns their paths."""
    order = np.argsort(confidence[particles.label], kind="stable")[:CROPS]
    paths = []
    for index in order:
        path = crop_path(out, scan.name, int(particles.label[index]))
        write_png(path, _crop(scan.pixels, labels, particles, int(index)))
        paths.append(path)
    return paths


def crop_path(out: Path, name: str, label: int) -> Path:
    """Return where the crop of a particle lies, if it is among the least sure."""
    return out / REVIEW / name / f"{label:04d}.png"


def _crop(
    pixels: NDArray[np.float32], labels: NDArray[np.int32], particles: Particles, index: int
) -> NDArray[np.uint8]:
    """Return a particle with what is around it, enlarged, its outline and those of others drawn."""
    left, top, width, height = (
        int(getattr(particles, f"box_{side}")[index]) for side in ("left", "top", "width", "height")
    )
    edge = max(LEAST_PX, math.ceil(max(width, height) * (1 + 2 * SURROUNDINGS)))
    place = tuple(
        slice(max(0, middle - edge // 2), max(0, middle - edge // 2) + edge)
        for middle in (top + height // 2, left + width // 2)
    )
    factor = max(1, round(EDGE_PX / edge))
    grey, numbers = stretched(pixels[place]), labels[place]
    for axis in (0, 1):
        grey, numbers = np.repeat(grey, factor, axis), np.repeat(numbers, factor, axis)
    picture = np.repeat(grey[..., None], 3, axis=2)
    own = numbers == particles.label[index]
    picture[find_boundaries(numbers, connectivity=1, mode="inner") & ~own] = OTHERS
    picture[find_boundaries(own, connectivity=2, mode="inner")] = OUTLINE
    return np.rint(255 * picture).astype(np.uint8)


def write_review(out: Path, records: Sequence[ScanRecord], learns: bool) -> Path | None:
    """Write the page of the least sure particles of all scans, the least sure first; None where none is known.

    Parameters
    ----------
    out : Path
        The results.
    records : sequence of ScanRecord
    learns : bool
        Whether `correct` can teach the network that found them: the packaged generalist learns nothing.

    Raises
    ------
    DataError
        If a table of particles is broken.
    RunFolderError
        If the page cannot be written.
    """
    shown = sorted((one for record in records for one in _shown(out, record)), key=lambda one: one.confidence)
    if not shown:
        return None
    total: Any = sum(record.row["number"] for record in records)
    path = out / REVIEW / PAGE
    write_text(path, review_page(shown[:MOST_SHOWN], total, learns))
    return path


def _shown(out: Path, record: ScanRecord) -> list[Shown]:
    """Return those particles of a scan that were cut out."""
    if not (out / REVIEW / record.name).is_dir():
        return []
    columns = ("label", "confidence", f"diameter_{record.unit}", f"x_{record.unit}", f"y_{record.unit}")
    rows = zip(*read_columns(out, record, columns), strict=True)
    return [
        Shown(f"{record.name}/{label:04d}.png", record.name, int(label), float(sure), float(diameter), record.unit,
              float(x), float(y))
        for label, sure, diameter, x, y in rows
        if crop_path(out, record.name, int(label)).is_file()
    ]  # fmt: skip
