"""Three scans of discs, and a threshold in place of a network."""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tifffile
from skimage.measure import label

from diffrendergan.errors import DataError
from diffrendergan.micrographs.grey_range import TrainedGrey
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.runs.reporter import SilentReporter

FAST = QuantifySettings(bootstrap=20, figures=False)

NO_BAR = ReadingRules(data_bar=0)


@dataclass
class Threshold:
    """Stands for a trained network; it remembers what it was given, but holds none of it."""

    structure: Literal["particles", "wires"] = "particles"
    level: float = 0.5
    refuses: str = ""
    error: Exception | None = None
    place: str = "run/model.pt"
    rules: ReadingRules = NO_BAR
    grey: TrainedGrey | None = None
    doubts: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)
    pixels: list[weakref.ref] = field(default_factory=list)

    def segment(self, scan: Micrograph) -> np.ndarray:
        assert all(reference() is None for reference in self.pixels), "pixels of an earlier scan are still held"
        self.pixels.append(weakref.ref(scan.pixels))
        self.seen.append(scan.name)
        if scan.name == self.refuses:
            # A new one each time: an error that is kept holds the pixels.
            error = self.error or DataError(f"{scan.source} is of another magnification.")
            raise type(error)(*error.args)
        return label(scan.pixels > self.level, connectivity=1).astype(np.int32)

    def describe(self) -> dict[str, Any]:
        return {"model": self.place, "level": self.level}

    def files(self, name: str) -> tuple[Path, ...]:
        return ()


def write_scan(path: Path, seed: int, pixel_size_nm: float | None = 2.0) -> None:
    rng = np.random.default_rng(seed)
    scan = rng.integers(20, 40, (120, 160), np.uint8)
    y, x = np.mgrid[:120, :160]
    for row in range(20, 110, 25):
        for column in range(15, 160, 25):
            scan[np.hypot(y - row, x - column) < rng.uniform(5, 9)] = 220
    scale = {}
    if pixel_size_nm is not None:
        scale = {"resolution": (1 / pixel_size_nm,) * 2, "metadata": {"unit": "nm"}}
    tifffile.imwrite(path, scan, imagej=True, **scale)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "scans"
    folder.mkdir()
    for seed, name in enumerate("abc"):
        write_scan(folder / f"{name}.tif", seed)
    return sorted(folder.iterdir())


def run(paths: list[Path], out: Path, segmenter: Any = None, settings: QuantifySettings = FAST) -> Any:
    return quantify_scans(paths, segmenter or Threshold(), settings, out, SilentReporter())


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def summary(out: Path) -> dict[str, Any]:
    return json.loads((out / "summary.json").read_text())
