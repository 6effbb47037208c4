"""How sure each particle is: in the tables, as a threshold, and in the folder `review`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from tests.pipeline.quantify.conftest import Threshold, write_scan

from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.review import without_unsure
from diffrendergan.pipeline.quantify.run import QuantifySettings, quantify_scans
from diffrendergan.pipeline.quantify.settings import SureSegmenter
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.agreement import Found


class Sure(Threshold):
    """Is the surer of a particle, the larger its number."""

    def segment_surely(self, scan: Micrograph) -> Found:
        labels = self.segment(scan)
        return Found(labels, ("look twice",), np.arange(labels.max() + 1) / (labels.max() + 1))


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    (tmp_path / "scans").mkdir()
    for seed, name in enumerate("ab"):
        write_scan(tmp_path / "scans" / f"{name}.tif", seed)
    return sorted((tmp_path / "scans").iterdir())


def run(paths: list[Path], out: Path, segmenter: Threshold | None = None, **settings):
    chosen = QuantifySettings(**{"bootstrap": 0, "figures": False, **settings})
    return quantify_scans(paths, segmenter or Sure(), chosen, out, SilentReporter())


def test_confidence_is_in_the_table_where_it_is_known(paths: list[Path], tmp_path: Path) -> None:
    assert isinstance(Sure(), SureSegmenter) and not isinstance(Threshold(), SureSegmenter)
    made = run(paths, tmp_path / "sure")
    table = pq.read_table(tmp_path / "sure" / "particles" / "a.parquet")
    assert table["confidence"].to_pylist() == pytest.approx([label / 25 for label in table["label"].to_pylist()])
    assert made.records[0].doubts == ("look twice",)
    run(paths, tmp_path / "unknown", Threshold())
    assert pq.read_table(tmp_path / "unknown" / "particles.parquet")["confidence"].null_count == 48
    assert not (tmp_path / "unknown" / "review").exists()
    off = run(paths, tmp_path / "off", confidence=False)
    assert off.records[0].doubts == () and not (tmp_path / "off" / "review").exists()


def test_scans_that_a_network_does_not_know_are_doubted(paths: list[Path], tmp_path: Path) -> None:
    class Lost(Sure):
        def segment_surely(self, scan: Micrograph) -> Found:
            labels = self.segment(scan)
            return Found(labels, (), np.full(labels.max() + 1, 0.3 if scan.name == "b" else 0.9))

        def scale_doubts(self, scan: Micrograph) -> tuple[str, ...]:
            return () if scan.name == "a" else ("of what scale?",)

    made = run(paths, tmp_path / "out", Lost())
    assert made.records[0].doubts == () and made.records[1].doubts[0] == "of what scale?"
    assert "b: 100% of the particles are found otherwise" in made.warnings[1]


def test_less_sure_particles_can_be_left_out(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(paths, out)
    made = run(paths, out, min_confidence=0.5)
    assert made.kept == ()  # another threshold measures other particles
    row = made.records[0].row
    assert (row["number"], row["number_unsure"]) == (12, 12)
    assert min(pq.read_table(out / "particles.parquet")["confidence"].to_pylist()) >= 0.5
    assert json.loads((out / "summary.json").read_text())["per_scan"]["a"]["number_unsure"] == 12


def test_no_number_changes_where_particles_are_left_out() -> None:
    labels = np.array([[1, 1, 0], [3, 3, 4]], np.int32)
    kept, dropped = without_unsure(labels, np.array([0, 0.9, 0, 0.2, 0.6]), 0.5)
    assert kept.tolist() == [[1, 1, 0], [0, 0, 4]] and dropped == 1
    assert without_unsure(labels, np.zeros(5), 0.0)[0] is labels


def test_the_least_sure_are_shown_first(paths: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(paths, out, figures=True)
    page = (out / "review" / "review.html").read_text(encoding="utf-8")
    shown = [part.split('"')[0] for part in page.split('<img src="')[1:]]
    assert len(shown) == 48 and set(shown[:2]) == {"a/0001.png", "b/0001.png"} and shown[-1].endswith("/0024.png")
    assert "0.04</b> · a #1" in page and "48 of 48 particles" in page
    assert "diffrendergan correct RUN FOLDER" in page and "--labels" not in page
    for name in shown:
        assert (out / "review" / name).is_file()
    with Image.open(out / "review" / "a" / "0001.png") as crop:
        colours = {tuple(pixel) for pixel in np.asarray(crop).reshape(-1, 3).tolist()}
    assert (255, 107, 0) in colours
    # A scan that is measured anew leaves no crop of particles that are gone.
    write_scan(paths[0], 5)
    (out / "review" / "a" / "0099.png").write_bytes(b"old")
    run(paths, out)
    assert not (out / "review" / "a" / "0099.png").exists()


def test_corrections_of_what_learns_nothing_are_measured(paths: list[Path], tmp_path: Path) -> None:
    run(paths, tmp_path / "out", Sure(place="generalist"), figures=True)
    page = (tmp_path / "out" / "review" / "review.html").read_text(encoding="utf-8")
    assert "diffrendergan quantify SCANS --labels FOLDER" in page and "correct RUN" not in page
