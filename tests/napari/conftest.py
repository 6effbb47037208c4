"""Results of two small scans, one without the particle of number 3."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import add_bar, draw_discs, to_8_bit

from diffrendergan.pipeline.quantify.drawn import Drawn
from diffrendergan.pipeline.quantify.run import quantify_scans
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.runs.reporter import SilentReporter

SHAPE = 96, 120
SIZES_NM = {"a": 2.0, "b": 0.8}
DISCS = [(20, 20, 8), (60, 20, 9), (100, 24, 7), (24, 60, 10), (70, 66, 12), (4, 90, 8)]


def numbers(skip: int = 0) -> np.ndarray:
    """Return the discs as particles 1, 2, …, without one of them."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    labels = np.zeros(SHAPE, np.int32)
    for number, (x, y, radius) in enumerate(DISCS, start=1):
        labels[np.hypot(columns - x, rows - y) <= radius] = number
    labels[labels == skip] = 0
    return labels


def write_scans(folder: Path) -> Path:
    """Write the scans, each with a data bar of 16 rows."""
    folder.mkdir(parents=True)
    for seed, (name, size) in enumerate(SIZES_NM.items()):
        scan = add_bar(to_8_bit(draw_discs(SHAPE, DISCS, seed)), 16, 0, 255)
        scale = {"resolution": (1 / size, 1 / size), "metadata": {"unit": "nm", "axes": "YX"}}
        tifffile.imwrite(folder / f"{name}.tif", scan, imagej=True, **scale)
    return folder


def quantified(scans: Path, segmenter: ScanSegmenter, out: Path) -> Path:
    """Measure particles of the scans, as `quantify SCANS --data-bar 16 --no-figures` does."""
    settings = QuantifySettings(figures=False, images=scans, data_bar=16)
    quantify_scans([scans / f"{name}.tif" for name in SIZES_NM], segmenter, settings, out, SilentReporter())
    return out


@pytest.fixture(scope="session")
def kept_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("napari")
    # It keeps the numbers, as `quantify` does where the least sure particles of a network are left out.
    found = Drawn({"a": numbers(3), "b": numbers()})
    return quantified(write_scans(folder / "scans"), found, folder / "measured")
