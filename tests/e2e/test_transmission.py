"""Dark particles in transmission, from scans to the report, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from diffrendergan.fitting.law import load_law
from diffrendergan.image_files.writing import write_png

PROJECT = """\
preset: dots-tem
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
particles: {count: 8, faces: 400, shape: sphere}
arrangement: {unit: 0.5, limit: 1.6, agglomerates: 4, number: [4, 8], three_dimensional: true}
fit: {steps: 4, constellations: 8, patches: 8}
training: {epochs: 1, discriminator_filters: 8, sample_grid: 4}
synthesis: {images: 6, min_background: 0.05, amodal: true}
segmentation: {start: null, channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}
"""


def write_scan(folder: Path, number: int) -> None:
    """Balls that absorb a beam, on a grainy film, some of them over each other."""
    rng = np.random.default_rng(number)
    rows, columns = np.indices((192, 256))
    way, labels = np.zeros(rows.shape), np.zeros(rows.shape, np.uint16)
    for label in range(1, 15):
        radius, row, column = rng.normal(10, 1), rng.uniform(0, 192), rng.uniform(0, 180)
        chord = 2 * np.sqrt(np.maximum(radius**2 - (rows - row) ** 2 - (columns - column) ** 2, 0))
        way += chord * np.exp(rng.normal(0, 0.2))
        labels[chord > 0] = label
    beam = 0.75 + 0.02 * ndimage.gaussian_filter(rng.normal(size=rows.shape), 1.0) / 0.28
    image = ndimage.gaussian_filter(beam * np.exp(-0.06 * way), 0.8) + rng.normal(0, 0.02, rows.shape)
    Image.fromarray((image.clip(0, 1) * 255).astype(np.uint8)).save(folder / "images" / f"scan_{number:02}.png")
    write_png(folder / "masks" / f"scan_{number:02}.png", labels)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, cli) -> Path:
    """A toy project that ran from scans to report, to be read only."""
    folder = tmp_path_factory.mktemp("transmission")
    for name in ("images", "masks"):
        (folder / "data" / name).mkdir(parents=True)
    for number in range(3):
        write_scan(folder / "data", number)
    (folder / "project.yaml").write_text(PROJECT)
    result = cli("run", "project.yaml", cwd=folder)
    assert result.returncode == 0, result.stderr + result.stdout
    return folder


def test_the_beam_is_fitted(folder):
    names = {spec.name for spec in load_law(folder / "run" / "fit" / "fit.json").specs}
    assert {"particle.mu", "particle.spread", "particle.bend", "transmission.defocus_px"} <= names
    assert not any(name.startswith("stage") for name in names)
    assert (folder / "run" / "fit" / "transport" / "chords" / "00007.safetensors").exists()


def test_synthetic_particles_are_dark_and_darker_over_each_other(folder):
    place = folder / "run" / "synthesize"
    lines = [json.loads(line) for line in (place / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    for line in lines:
        image, instances = (np.array(Image.open(place / line[name])) for name in ("image", "instances"))
        assert image[instances > 0].mean() * 1.1 < image[instances == 0].mean()
    # Whole outlines are there, also of what lies under another.
    assert any(one["occluded_fraction"] > 0.02 for line in lines for one in line["visible"])


def test_the_network_is_scored_and_the_report_written(folder):
    scores = json.loads((folder / "run" / "evaluate" / "scores.json").read_text())
    assert scores
    assert (folder / "run" / "report.html").stat().st_size > 10_000


def test_places_are_calibrated(folder, cli):
    options = ("--arrangements", "60", "--patches", "4", "-o", "calibrated.yaml")
    result = cli("calibrate", "project.yaml", *options, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "dots-tem" in (folder / "calibrated.yaml").read_text()


@pytest.mark.slow
def test_a_gan_runs_from_the_fit(folder, cli):
    options = (
        "generator.draw=learned",
        "training.recipe=balanced",
        "synthesis.images=2",
        "selection.epoch=1",
        "run=gan",
    )
    result = cli("synthesize", "project.yaml", *(word for one in options for word in ("--set", one)), cwd=folder)
    assert result.returncode == 0, result.stderr
    assert len((folder / "gan" / "synthesize" / "manifest.jsonl").read_text().splitlines()) == 2
