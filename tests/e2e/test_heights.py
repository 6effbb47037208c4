"""Height maps, from files in nanometres to the report, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from diffrendergan.fitting.law import load_law
from diffrendergan.image_files.writing import write_png
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.micrographs.scans import read_scan
from diffrendergan.simulator.probe import ProbeSettings, simulate_heights
from diffrendergan.simulator.settings import MicroscopeSettings

PROJECT = """\
preset: particles-afm
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
  test_scans: [scan_01]
  heights: {tip_radius_nm: 10}
particles: {count: 8, faces: 400, shape: sphere}
arrangement: {unit: 0.6, limit: 2.2, agglomerates: 4, number: [2, 6]}
fit: {steps: 2, constellations: 8, patches: 8}
synthesis: {images: 3, min_background: 0.05}
segmentation: {start: null, channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}
"""
SAMPLE = MicroscopeSettings(
    width=160, height=160, data_bar=0, pixel_size_nm=3.0, oversampling=1, margin_px=16, diameter_nm=55.0,
    agglomerate_size=2, stack_limit=1.3, coverage=(0.15, 0.25), roughness_nm=0.5, grains_per_mpx=0, scratches=(0, 0),
    bare_strip_px=50,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cli) -> Path:
    """A toy project that ran from scans to its report, to be read only."""
    folder = tmp_path_factory.mktemp("heights")
    for name in ("images", "masks"):
        (folder / "data" / name).mkdir(parents=True)
    for number in range(3):
        scan = simulate_heights(SAMPLE, ProbeSettings(), 0, number)
        write_imagej_tiff(folder / "data/images" / f"scan_{number:02}.tif", scan.heights_nm, scan.pixel_size_nm, "nm")
        write_png(folder / "data/masks" / f"scan_{number:02}.png", scan.labels.astype(np.uint16))
    (folder / "project.yaml").write_text(PROJECT)
    result = cli("run", "project.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr + result.stdout
    return folder


def test_heights_are_fitted(folder):
    names = {spec.name for spec in load_law(folder / "run" / "fit" / "fit.json").specs}
    assert {"particle.height", "particle.spread"} <= names and not any(name.startswith("stage") for name in names)
    assert (folder / "run" / "fit" / "transport" / "felt" / "00007.safetensors").exists()


def test_synthetic_particles_are_high(folder):
    place = folder / "run" / "synthesize"
    lines = [json.loads(line) for line in (place / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 3
    for line in lines:
        image, instances = (np.array(Image.open(place / line[name])) for name in ("image", "instances"))
        assert image[instances > 0].mean() > 1.5 * image[instances == 0].mean()


def test_particles_have_heights_in_nanometres(folder):
    tables = folder / "run" / "quantify" / "annotations"
    table = pq.read_table(tables / "particles" / "scan_01.parquet")
    heights = table["height_nm"].to_numpy()
    assert 35 < np.median(heights) < 75
    whole = ~table["touches_border"].to_numpy()
    # Without what the tip adds, particles are about as wide as high.
    wide, free = (np.median(table[name].to_numpy()[whole]) for name in ("diameter_nm", "tip_free_diameter_nm"))
    assert free < wide and free == pytest.approx(np.median(heights[whole]), rel=0.35)
    felt, bare = (read_heights(tables / name / "scan_01.tif") for name in ("heights", "surfaces"))
    assert (bare <= felt + 1e-3).all() and bare.mean() < felt.mean()


def read_heights(path):
    from diffrendergan.config.data import HeightsConfig
    from diffrendergan.micrographs.rules import ReadingRules
    from diffrendergan.micrographs.stretch import Stretch

    return read_scan(path, ReadingRules(stretch=Stretch(0, 100), heights=HeightsConfig(degree="none"))).heights_nm


def test_the_network_is_scored(folder):
    assert json.loads((folder / "run" / "evaluate" / "scores.json").read_text())
    assert (folder / "run" / "report.html").stat().st_size > 20_000


def test_init_sees_height_maps(folder, cli):
    result = cli("init", "data/images", "-o", "found.yaml", "--no-picture", cwd=folder)
    assert result.returncode == 0, result.stderr
    text = (folder / "found.yaml").read_text()
    assert "look: afm" in text and "preset particles-afm" in text and "three_dimensional: false" in text
