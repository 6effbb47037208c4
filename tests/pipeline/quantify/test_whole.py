"""Whole particles through `quantify`: tables, sizes, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from tests.fixtures.overlapping import discs

from diffrendergan.labels.layer_files import read_layers
from diffrendergan.labels.layers import Layers
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.agreement import Found

SHAPE = (120, 160)
SIZE_NM = 2.0
PLACES = [(row + shift, column, 11) for row in (14, 52, 90) for column in (30, 80, 130) for shift in (0, 14)]


class Seeing:
    """Sees through: discs over each other, two by two."""

    structure, grey, rules = "particles", None, ReadingRules(data_bar=0)
    doubts = ()

    def segment(self, scan: Micrograph) -> np.ndarray:
        return self.segment_whole(scan)[0]

    def segment_whole(self, scan: Micrograph) -> tuple[np.ndarray, Layers | None]:
        return discs(SHAPE, PLACES)

    def describe(self) -> dict[str, Any]:
        return {"model": "run/model.pt"}

    def files(self, name: str) -> tuple[Path, ...]:
        return ()


class Sure(Seeing):
    def segment_surely(self, scan: Micrograph) -> Found:
        labels, layers = discs(SHAPE, PLACES)
        confidence = np.ones(len(PLACES) + 1)
        confidence[1] = 0.1
        return Found(labels, (), confidence, layers)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    labels, _ = discs(SHAPE, PLACES)
    scan = (30 + 150 * (labels > 0) + np.random.default_rng(0).integers(0, 9, SHAPE)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", scan, imagej=True, resolution=(1 / SIZE_NM,) * 2, metadata={"unit": "nm"})
    return tmp_path / "a.tif"


def test_visible_and_whole_sizes_of_each_particle(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    settings = QuantifySettings(bootstrap=20, figures=False, sheet=True)
    summary = quantify_scans([path], Seeing(), settings, out, SilentReporter())
    assert not summary.failed
    table = pq.read_table(out / "particles.parquet").to_pydict()
    labels, layers = discs(SHAPE, PLACES)
    assert table["area_nm2"] == pytest.approx((np.bincount(labels.ravel())[1:] * SIZE_NM**2).tolist())
    assert table["whole_area_nm2"] == pytest.approx((layers.areas * SIZE_NM**2).tolist())
    assert table["whole_diameter_nm"] == pytest.approx([44] * 18, rel=0.01)
    assert np.array(table["hidden_fraction"][1::2]) == pytest.approx(0)
    assert np.array(table["hidden_fraction"][::2]) == pytest.approx(1 - labels_share(labels, layers), abs=1e-6)
    (row,) = pq.read_table(out / "scans.parquet").to_pylist()
    assert row["whole_d50_nm"] == pytest.approx(44, rel=0.01)
    assert row["d50_nm"] < 43
    assert row["d10_nm"] < 41 < row["whole_d10_nm"]
    assert row["number_covered"] == 9
    told = json.loads((out / "summary.json").read_text())
    whole = told["together"]["nm"]["whole"]["number_weighted"]
    assert whole["d50_nm"] == pytest.approx(44, rel=0.01)
    assert told["per_scan"]["a"]["whole"]["number_weighted"]["d50_nm"] == whole["d50_nm"]
    np.testing.assert_array_equal(read_layers(out / "whole" / "a.json").stack(), layers.stack())
    assert {"whole/a.json", "whole/a_rois.zip"} <= set(summary.records[0].files)
    assert "9 particles covered in part" in (out / "datasheet.html").read_text()
    kept = quantify_scans([path], Seeing(), QuantifySettings(bootstrap=20, figures=False), out, SilentReporter())
    assert kept.kept == ("a",)


def labels_share(labels: np.ndarray, layers: Layers) -> np.ndarray:
    return (np.bincount(labels.ravel())[1:] / layers.areas)[::2]


def test_what_is_not_sure_is_left_out_of_the_whole_as_well(path: Path, tmp_path: Path) -> None:
    settings = QuantifySettings(bootstrap=0, figures=False, min_confidence=0.5)
    quantify_scans([path], Sure(), settings, tmp_path / "out", SilentReporter())
    assert read_layers(tmp_path / "out" / "whole" / "a.json").numbers.tolist() == list(range(2, 19))
    assert pq.read_table(tmp_path / "out" / "particles.parquet").num_rows == 17


def test_where_nothing_is_known_of_the_whole_tables_are_what_they_were(path: Path, tmp_path: Path) -> None:
    class Flat(Seeing):
        def segment_whole(self, scan: Micrograph) -> tuple[np.ndarray, Layers | None]:
            return discs(SHAPE, PLACES)[0], None

    quantify_scans([path], Flat(), QuantifySettings(bootstrap=0, figures=False), tmp_path / "out", SilentReporter())
    names = pq.read_table(tmp_path / "out" / "particles.parquet").column_names
    assert not [name for name in names if name.startswith(("whole", "hidden"))]
    assert not (tmp_path / "out" / "whole").exists()
    assert "whole" not in json.loads((tmp_path / "out" / "summary.json").read_text())["together"]["nm"]
