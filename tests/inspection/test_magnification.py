"""The scale that `init` proposes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.fixtures.scans import draw_discs, grid_of_discs, to_8_bit

from diffrendergan.config.load import load_project
from diffrendergan.inspection.folder import initial_config, inspect_folder
from diffrendergan.inspection.magnification import fitting_scale
from diffrendergan.scene.geometry import scene_scale


@pytest.mark.parametrize("median", [9, 30, 95])
def test_particles_that_fit_are_left_alone(median):
    assert fitting_scale([median] * 20, 700, 256).scale == 1


@pytest.mark.parametrize(("median", "scale"), [(120, 0.55), (200, 0.35), (6, 2.0), (4, 3.0), (2, 3.0)])
def test_what_does_not_fit_is_resampled(median, scale):
    made = fitting_scale([median] * 20, 1200, 256)
    assert made.scale == scale and f"{median * scale:.0f}" in made.reason


def test_no_scan_gets_smaller_than_a_patch():
    assert fitting_scale([200] * 20, 512, 256).scale == 0.5
    made = fitting_scale([150] * 20, 270, 256)
    assert made.scale == 1 and "too small" in made.reason


def test_the_small_ones_of_two_sizes_are_not_lost():
    made = fitting_scale([200] * 20 + [6.5] * 80, 2000, 256)
    assert made.scale == 1 and "smallest particles" in made.reason
    made = fitting_scale([95] * 20 + [6.5] * 80, 2000, 256)
    assert made.scale == 1 and "too large for a patch" in made.reason


def folder_of(tmp_path: Path, radius: float, pitch: int, resolution: float | None) -> Path:
    (tmp_path / "images").mkdir()
    for number in range(2):
        scan = draw_discs((620, 620), grid_of_discs((620, 620), pitch, radius, 3, number), number)
        said = {} if resolution is None else {"resolution": (resolution, resolution), "resolutionunit": "CENTIMETER"}
        tifffile.imwrite(tmp_path / f"images/{number}.tif", to_8_bit(scan), **said)
    return tmp_path / "images"


@pytest.mark.parametrize("resolution", [None, 2e6])
def test_the_proposed_file_means_the_same_particles(tmp_path, resolution):
    images = folder_of(tmp_path, 65, 155, resolution)
    found = inspect_folder(images)
    text = initial_config(found, images)
    (tmp_path / "project.yaml").write_text(text)
    project = load_project(tmp_path / "project.yaml")
    assert project.data.scale == found.magnification.scale == 0.5
    assert "too large for patches of 256 px" in text and project.data.patch_size == 256
    # Diameters of 130 px of 5 nm: in the scans, in nm, and drawn into patches.
    scale = scene_scale(project, None if resolution is None else 10.0)
    size = project.arrangement.size
    usual = np.exp(size.mu) if size.distribution == "lognormal" else size.mean
    assert usual == pytest.approx(65 if resolution is None else 650, rel=0.05)
    assert scale.diameter_px == pytest.approx(65, rel=0.05)
    assert scale.to_sizes(np.array([usual]), project.arrangement.size_in) == pytest.approx(1, rel=0.03)
    # Patches of 512 px of the scans show about eleven of them, in part or in full.
    assert project.arrangement.number is not None and 6 <= project.arrangement.number[1] <= 17
