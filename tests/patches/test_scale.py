"""`prepare` at a `data.scale` other than 1."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import draw_discs, grid_of_discs, to_8_bit

from diffrendergan.config.project import Project
from diffrendergan.errors import DataError
from diffrendergan.labels.annotations import load_annotation
from diffrendergan.micrographs.resampling import resampled
from diffrendergan.patches.prepare import load_prepared, load_scan, run_prepare
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.scene.geometry import scene_scale
from diffrendergan.segmentation.sources import real_data


def project(tmp_path: Path, **data) -> Project:
    values = {"images": "images", "masks": "masks", "patch_size": 96, "stride": 32, "patches": 6}
    values |= {"background_patches": 4, "pixel_size_nm": 3.0, "scale": 0.5, "max_similarity": 1.0}
    values |= {"images": str(tmp_path / "images"), "masks": str(tmp_path / "masks"), **data}
    return Project.model_validate({"run": str(tmp_path / "run"), "data": values})


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Four annotated scans of discs of 32 px, whose right half is empty."""
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    rows, columns = np.mgrid[:384, :768]
    for number in range(4):
        discs = grid_of_discs((384, 420), 72, 16, 12, number)
        labels = np.zeros((384, 768), np.uint16)
        for index, (x, y, radius) in enumerate(discs, 1):
            labels[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = index
        tifffile.imwrite(tmp_path / f"images/{number}.tif", to_8_bit(draw_discs((384, 768), discs, number)))
        tifffile.imwrite(tmp_path / f"masks/{number}.tif", labels)
    return tmp_path


def test_patches_are_those_of_resampled_scans_and_nm_hold(large):
    settings, run = project(large), large / "run"
    run_prepare(settings, run, SilentReporter())
    prepared = load_prepared(run)
    assert prepared.patches.shape == (6, 96, 96) and prepared.background.shape == (4, 96, 96)
    assert prepared.pixel_size_nm == 6.0
    assert scene_scale(settings, prepared.pixel_size_nm).pixel_size_nm == 6.0
    index = json.loads((run / "prepare/prepare.json").read_text())
    assert index["particle_diameter_px"] == pytest.approx(16, rel=0.15)
    entry = index["patches"][0]
    taught, own = (load_scan(settings, entry["scan"], run, taught) for taught in (True, False))
    assert own.pixels.shape == (384, 768) and own.pixel_size_nm == 3.0
    assert taught.pixels.shape == (192, 384) and taught.pixel_size_nm == 6.0
    assert np.array_equal(taught.pixels, resampled(own, 0.5).pixels)
    cut = taught.pixels[entry["y"] : entry["y"] + 96, entry["x"] : entry["x"] + 96]
    assert np.abs(cut - prepared.patches[0]).max() <= 0.5 / 255 + 1e-6
    assert prepared.background.max() < 0.4  # ground at 0.2, particles at 0.7


def test_annotations_keep_their_particles(large):
    settings, run = project(large), large / "run"
    run_prepare(settings, run, SilentReporter())
    data = real_data(settings, run, load_prepared(run))
    assert data.pixel_size_nm == 6.0
    for image in (*data.annotated, *data.validation):
        own = load_scan(settings, image.name, run)
        labels = load_annotation(settings, own)
        assert labels is not None and image.pixels.shape == image.instances.shape == (192, 384)
        assert set(np.unique(image.instances)) == set(np.unique(labels))
        areas = np.bincount(image.instances.ravel())[1:] * 4 / np.bincount(labels.ravel())[1:]
        assert areas == pytest.approx(1, abs=0.1)


def test_a_patch_must_fit_the_resampled_scan(large):
    with pytest.raises(DataError, match=r"at a data\.scale of 0\.2"):
        run_prepare(project(large, scale=0.2), large / "run", SilentReporter())


def test_a_changed_scan_is_refused(large):
    settings, run = project(large), large / "run"
    run_prepare(settings, run, SilentReporter())
    name = load_prepared(run).train_scans[0]
    tifffile.imwrite(large / f"images/{name}.tif", to_8_bit(draw_discs((300, 768), [(90, 90, 16)])))
    with pytest.raises(DataError, match="has changed since"):
        load_scan(settings, name, run)
