"""Arrays in, arrays out: what needs no trained run."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import tifffile
from skimage.measure import label
from tests.segmentation.test_trained import write_run

import diffrendergan as dg
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.labels.reading import read_numbers
from diffrendergan.metrics.segmentation import score_scan
from diffrendergan.pipeline.quantify.run import quantify_scans
from diffrendergan.pipeline.quantify.settings import QuantifySettings
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.segmentation.trained import TrainedSegmenter, load_trained

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


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["uint8", "uint16", "int32", "float32"])
def test_files_are_read_by_the_rules_of_a_run_as_quantify_reads_them(tmp_path, kind, monkeypatch):
    """Its data bar, the second of two series, its pixel size, and the range of its training scans.

    In place of a network, which would find nothing untrained, what is brighter than a half is particle.
    """
    monkeypatch.setattr(
        TrainedSegmenter, "segment", lambda self, scan: label(scan.pixels > 0.5, connectivity=1).astype(np.int32)
    )
    run = write_run(tmp_path / "run")
    config = run / "config.yaml"
    text = config.read_text(encoding="utf-8")
    for before, after in (("data_bar: auto", "data_bar: 12"), ("series: null", "series: 2")):
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, encoding="utf-8")
    grey = np.random.default_rng(1).normal(0.4, 0.2, (92, 80)).clip(0, 1)
    grey[80:] = 0.7
    stored = {
        "uint8": grey * 255, "uint16": grey * 65535, "int32": grey * 3000 - 500, "float32": grey * 7 - 2
    }[kind].astype(kind)  # fmt: skip
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(stored[::-1].repeat(2, axis=0))
        writer.write(stored)
    trained = load_trained(run)
    done = quantify_scans(
        [path], trained, QuantifySettings(bootstrap=0, figures=False), tmp_path / "out", SilentReporter()
    )
    assert not done.failed
    expected = read_numbers(tmp_path / "out" / "labels" / "a.tif").numbers
    segmenter = dg.Segmenter(trained)
    assert expected.shape == (80, 80) and expected.max() > 20
    assert np.array_equal(segmenter.segment(path), expected)
    scan = dg.read_scan(path, run=run)
    assert scan.pixel_size_nm == done.records[0].row["pixel_size_nm"]
    assert np.array_equal(segmenter.segment(scan), expected)
    assert np.array_equal(segmenter.segment(stored[:80]), expected)
    if kind in ("uint8", "uint16"):
        assert np.array_equal(segmenter.segment(dg.read_scan(path, data_bar=12, series=2)), expected)
    other = dg.read_scan(path, series=1, data_bar=0, run=run)
    assert other.pixels.shape == (184, 80)


def test_how_sure_particles_are(tmp_path):
    segmenter = dg.Segmenter.load(write_run(tmp_path / "run"), min_region_px=0)
    image = np.random.default_rng(2).integers(0, 255, (60, 80), np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels, sure = segmenter.segment_surely(image)
        assert (labels == segmenter.segment(image)).all()
    assert len(sure) == labels.max() + 1
    table = dg.measure_particles(LABELS, confidence=[0, 0.25, 0.75])
    assert table["confidence"].to_pylist() == [0.25, 0.75]
    assert dg.measure_particles(LABELS)["confidence"].null_count == 2
    with pytest.raises(DataError, match="one number for each label"):
        dg.measure_particles(LABELS, confidence=[0.5])


def test_masks_are_no_label_images():
    """0 and 255 of all particles would be one particle."""
    labels = np.kron(np.arange(1, 10).reshape(3, 3), np.pad(np.ones((8, 8), int), 2)).astype(np.uint8)
    mask = np.where(labels > 0, 255, 0).astype(np.uint8)
    assert dg.measure_particles(labels).num_rows == 9 and dg.score(labels, labels).ap50 == 1
    with pytest.raises(DataError, match="0 and 255 alone, in many separate regions"):
        dg.measure_particles(mask)
    with pytest.raises(DataError, match="as a mask does"):
        dg.score(mask, labels)
