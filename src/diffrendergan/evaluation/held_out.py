"""Scans that no network was trained on, and how what is found in them is scored and shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.project import Project
from diffrendergan.evaluation.baseline import THRESHOLDS, classical
from diffrendergan.evaluation.pictures import overlay
from diffrendergan.evaluation.scoring import Method, Row
from diffrendergan.labels.annotations import load_annotation
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.micrographs.field import recorded
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.patches.prepare import load_scan
from diffrendergan.runs.digest import sha256_of

How = TypeVar("How", bound=str)


@dataclass(frozen=True)
class HeldOutScan:
    """A held-out scan with its annotation, if there is one."""

    micrograph: Micrograph
    true: NDArray[np.int32] | None
    """int32 (h, W), h at most the height of the scan."""

    @property
    def name(self) -> str:
        """Name of the scan."""
        return self.micrograph.name


def load_held_out(project: Project, folder: Path, name: str) -> HeldOutScan:
    """Read a scan of a run folder with its annotation.

    Raises
    ------
    DataError
        If scan or annotation cannot be used.
    """
    scan = load_scan(project, name, folder)
    return HeldOutScan(scan, load_annotation(project, scan))


def truth_of(scan: HeldOutScan) -> list[str | float | None]:
    """Return what scores depend on of a scan: a digest of pixels and of annotation, and the pixel size [nm]."""
    annotation = None if scan.true is None else sha256_of(scan.true)
    return [sha256_of(scan.micrograph.pixels), annotation, scan.micrograph.pixel_size_nm]


def score_labels(
    method: Method, seed: int | None, scan: HeldOutScan, labels: Mapping[How, NDArray[np.int32]]
) -> list[Row]:
    """Return the scores of a scan's particles (H, W) by each decoding; none without annotation."""
    if scan.true is None:
        return []
    height, size_nm = len(scan.true), scan.micrograph.pixel_size_nm
    return [
        Row(method, seed, decoding, scan.name, score_scan(scan.true, predicted[:height], size_nm))
        for decoding, predicted in labels.items()
    ]


def classical_rows(project: Project, scans: Iterable[HeldOutScan]) -> Iterator[Row]:
    """Yield the scores of the classical thresholds on the annotated scans."""
    least = project.evaluation.min_region_px
    for scan in scans:
        for method in THRESHOLDS if scan.true is not None else ():
            seen = scan.micrograph
            labels = classical(method, seen.pixels, project.data.foreground, least, seen.field)
            yield from score_labels(method, None, scan, labels)


def scan_overlay(scan: HeldOutScan, predicted: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return the scan, as far as it is annotated, with the predicted particles (H, W) on it, as (h, W, 3)."""
    height = len(predicted) if scan.true is None else len(scan.true)
    return overlay(recorded(scan.micrograph)[:height], predicted[:height], scan.true)
