"""Slices of tomograms, from scans to the report, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.simulator.tomograph import TomographSettings, simulate_slice

PROJECT = """\
preset: grains-section
run: run
data:
  images: data/images
  masks: data/masks
  mask_kind: instances
  patch_size: 64
  stride: 32
  patches: 8
  background_patches: 4
  min_full_particles: 1
  search: thresholds
  test_scans: [slice_01]
particles: {count: 30, faces: 100, shape: sphere}
arrangement: {unit: 0.5, number: [22, 30]}
generator: {draw: uniform}
synthesis: {images: 3, min_background: 0.05}
segmentation: {start: null, channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cli) -> Path:
    """A toy project that ran from scans to its report, to be read only."""
    folder = tmp_path_factory.mktemp("section")
    for name in ("images", "masks"):
        (folder / "data" / name).mkdir(parents=True)
    settings = TomographSettings(size=144, diameter_px=16.0, filling=0.4)
    for number in range(3):
        found = simulate_slice(settings, 0, number)
        write_imagej_tiff(folder / "data/images" / f"slice_{number:02}.tif", found.pixels, settings.pixel_size_nm)
        write_png(folder / "data/masks" / f"slice_{number:02}.png", found.labels.astype(np.uint16))
    (folder / "project.yaml").write_text(PROJECT)
    result = cli("run", "project.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr + result.stdout
    return folder


def test_synthetic_grains_are_bright_discs(folder):
    place = folder / "run" / "synthesize"
    lines = [json.loads(line) for line in (place / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 3
    for line in lines:
        assert {"particle.grey", "section.matrix", "imaging.rings.sigma"} <= set(line["theta"])
        image, instances = (np.array(Image.open(place / line[name])) for name in ("image", "instances"))
        assert image[instances > 0].mean() > 1.1 * image[instances == 0].mean()
        assert all(one["occluded_fraction"] < 0.1 for one in line["visible"]), "nothing hides anything in a section"


def test_it_runs_to_the_report(folder):
    assert json.loads((folder / "run" / "evaluate" / "scores.json").read_text())
    assert (folder / "run" / "report.html").stat().st_size > 20_000
