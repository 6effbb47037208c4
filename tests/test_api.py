"""Arrays in, arrays out: what needs no trained run."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import diffrendergan as dg
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.metrics.segmentation import score_scan

LABELS = np.zeros((60, 80), np.uint16)
LABELS[10:20, 10:20] = 1
LABELS[30:50, 40:60] = 2


def test_the_names_are_documented_and_come_late():
    for name in dg.__all__:
        if not name.startswith("_"):
            assert len((getattr(dg, name).__doc__ or "").split()) >= 3, name
    code = "import sys, diffrendergan; print('numpy' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
    with pytest.raises(AttributeError, match="no attribute 'segment'"):
        _ = dg.segment


def test_particles_in_nanometres_or_pixels():
    table = dg.measure_particles(LABELS, pixel_size_nm=2.0, scan="a")
    assert table["area_nm2"].to_pylist() == [400.0, 1600.0]
    assert table["scan"].to_pylist() == ["a", "a"]
    assert table["intensity_mean"].null_count == 2
    grey = np.where(LABELS == 2, 0.5, 0.25)
    in_pixels = dg.measure_particles(LABELS, image=grey)
    assert in_pixels["diameter_px"].to_pylist() == pytest.approx([2 * np.sqrt(100 / np.pi), 2 * np.sqrt(400 / np.pi)])
    assert in_pixels["intensity_mean"].to_pylist() == pytest.approx([0.25, 0.5])


def test_scores_are_those_of_the_metrics():
    moved = np.roll(LABELS, 2, axis=1)
    assert dg.score(moved, LABELS, 3.0) == score_scan(LABELS, moved, 3.0)
    assert dg.score(LABELS, LABELS).ap50 == 1.0


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (LABELS > 0, "number its particles"),
        (LABELS / 2, "whole numbers"),
        (LABELS[None], "whole numbers"),
        (LABELS.astype(np.int16) - 1, "negative"),
        (LABELS.astype(np.int64) << 40, "2147483647"),
    ],
)
def test_what_is_no_label_image_is_refused(labels, said):
    with pytest.raises(DataError, match=said):
        dg.measure_particles(labels)


def test_shapes_must_fit():
    with pytest.raises(DataError, match="shape"):
        dg.score(LABELS, LABELS[:-1])
    with pytest.raises(DataError, match="shape"):
        dg.measure_particles(LABELS, image=np.zeros((3, 3)))


def test_a_project_file_is_not_overwritten(tmp_path):
    (tmp_path / "project.yaml").write_text("name: mine\n")
    with pytest.raises(ConfigError, match="exists already"):
        dg.Project.from_scans(tmp_path, tmp_path / "project.yaml")
    opened = dg.Project.open(tmp_path / "project.yaml", {"training.epochs": 7})
    assert (opened.configuration.name, opened.configuration.training.epochs) == ("mine", 7)
