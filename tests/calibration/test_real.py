"""Which scans `calibrate` measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from tests.fixtures.scans import Notes

from diffrendergan.calibration.real import training_scans
from diffrendergan.config.load import load_project
from diffrendergan.micrographs.scan_set import read_scan_set


def test_they_are_those_of_prepare_without_what_cannot_be_read(tmp_path: Path) -> None:
    notes = Notes()
    (tmp_path / "images").mkdir()
    for index in range(5):
        scan = np.random.default_rng(index).normal(100, 10, (80, 80)).astype(np.uint8)
        Image.fromarray(scan).save(tmp_path / "images" / f"scan_{index}.png")
    (tmp_path / "images" / "broken.png").write_bytes(b"no image")
    (tmp_path / "project.yaml").write_text("data: {images: images, patch_size: 64, data_bar: 0}\n", encoding="utf-8")
    project = load_project(tmp_path / "project.yaml")
    used = training_scans(project, 100, notes)
    assert [scan.name for scan in used] == [scan.name for scan in read_scan_set(project, notes).train]
    assert len(used) == 4
    assert any(line.startswith("broken.png is passed over: ") for line in notes.lines)
