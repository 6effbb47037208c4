"""`quantify --twin` with a threshold in place of a network: files, what is kept, and what has no twins."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from scipy import ndimage
from skimage.measure import label

from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.twins import making, placing, study
from diffrendergan.twins.rules import RULES

SETTINGS = QuantifySettings(bootstrap=20, figures=False, twin=True)

NO_BAR = ReadingRules(data_bar=0)


@dataclass
class Threshold:
    """Stands for a network, and counts what it looks at."""

    structure: Literal["particles", "wires"] = "particles"
    rules: ReadingRules = NO_BAR
    grey: None = None
    doubts: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)

    def segment(self, scan: Micrograph) -> np.ndarray:
        self.seen.append(scan.name)
        return label(ndimage.gaussian_filter(scan.pixels, 1) > 0.45, connectivity=1).astype(np.int32)

    def describe(self) -> dict[str, Any]:
        return {"model": "threshold"}

    def files(self, name: str) -> tuple[Path, ...]:
        return ()


def write_scan(path: Path, pixel_size_nm: float | None = 2.0, discs: int = 25) -> None:
    rng = np.random.default_rng(discs)
    scan = rng.normal(50, 6, (140, 140))
    y, x = np.mgrid[:140, :140]
    for row, column in [*np.ndindex(5, 5)][:discs]:
        scan[np.hypot(y - 14 - 27 * row, x - 14 - 27 * column) < rng.uniform(5, 9)] += 150
    scale: dict[str, Any] = {}
    if pixel_size_nm is not None:
        scale = {"resolution": (1 / pixel_size_nm,) * 2, "metadata": {"unit": "nm"}}
    tifffile.imwrite(path, scan.clip(0, 255).astype(np.uint8), imagej=True, **scale)


@pytest.fixture
def few_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two twins only, and try few ways to lie together."""
    monkeypatch.setattr(placing, "WAYS", placing.WAYS[:2])
    monkeypatch.setattr(study, "estimate", partial(study.estimate, rules=replace(RULES, draws=10)))
    made = making.make_twins
    monkeypatch.setattr(
        study,
        "make_twins",
        lambda sample, segment, seed, reporter, numbers: made(sample, segment, seed, reporter, (1, 1)),
    )


def measured(tmp_path: Path, tool: Threshold, settings: QuantifySettings = SETTINGS):
    paths = sorted((tmp_path / "scans").glob("*.tif"))
    return quantify_scans(paths, tool, settings, tmp_path / "out", SilentReporter())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "scans").mkdir()
    write_scan(tmp_path / "scans" / "a.tif")
    return tmp_path


@pytest.mark.usefixtures("few_twins")
def test_figures_are_corrected_written_and_kept(folder: Path) -> None:
    made = measured(folder, tool := Threshold())
    result, out = made.twins["nm"], folder / "out"
    assert result.why_not == "" and result.twins == 2 and result.sources == ("a",)
    table = pq.read_table(out / "twin" / "twin.parquet").to_pylist()
    assert [row["figure"] for row in table][:2] == ["number", "density_corrected_per_um2"]
    assert all(row["low"] <= row["corrected"] <= row["high"] for row in table)
    bins = pq.read_table(out / "twin" / "twin-bins.parquet").to_pylist()
    assert sum(row["found"] for row in bins) == pytest.approx(1)
    assert len(pq.read_table(out / "twin" / "twin-fates.parquet")) == len(result.fates)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["twins"]["nm"]["figures"][0]["name"] == "number"
    looked = len(tool.seen)
    again = measured(folder, tool)
    assert again.twins["nm"] == result and len(tool.seen) == looked
    measured(folder, tool, replace(SETTINGS, seed=1))
    assert len(tool.seen) > looked


@pytest.mark.usefixtures("few_twins")
def test_the_figure_and_the_sheet_show_them(folder: Path) -> None:
    made = measured(folder, Threshold(), replace(SETTINGS, figures=True))
    page = (made.out / "datasheet.html").read_text(encoding="utf-8")
    assert "corrected [95 %]" in page and "images like the scans" in page
    assert (made.out / "figures" / "twin.png").is_file()
    measured(folder, Threshold(), replace(SETTINGS, twin=False))
    assert not (made.out / "figures" / "twin.png").exists() and not (made.out / "twin" / "twin.json").exists()


def test_label_images_cannot_look_at_twins(folder: Path) -> None:
    class Labels(Threshold):
        def describe(self) -> dict[str, Any]:
            return {"labels": "folder"}

    assert "only a network can" in measured(folder, Labels()).twins["nm"].why_not


def test_what_has_no_twins_is_said_in_a_sentence(folder: Path) -> None:
    wires = measured(folder, Threshold(structure="wires"))
    assert "wires have no twins" in wires.twins["nm"].why_not
    write_scan(folder / "scans" / "b.tif", 4.0)
    assert "pixels of 2 to 4 nm" in measured(folder, Threshold()).twins["nm"].why_not
    (folder / "scans" / "a.tif").unlink()
    write_scan(folder / "scans" / "b.tif", 4.0, discs=12)
    result = measured(folder, Threshold()).twins["nm"]
    assert "too few" in result.why_not and result.figures == ()
    assert len(pq.read_table(folder / "out" / "twin" / "twin.parquet")) == 0
