"""A small benchmark on virtual micrographs."""

from __future__ import annotations

import pytest
from tests.fixtures.once import made_once
from tests.fixtures.rough_light import rough_light

from diffrendergan.micrographs.datasets import RegistryEntry
from diffrendergan.pipeline.benchmark import published
from diffrendergan.pipeline.benchmark.published import PublishedSet
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.settings import BenchmarkSettings
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

SMALL = (
    "look=paper",
    "fit.steps=2",
    "fit.constellations=8",
    "data.patch_size=64", "data.stride=32", "data.patches=4", "data.background_patches=4", "data.min_full_particles=1",
    "data.search=thresholds",
    "particles.count=6", "particles.faces=160",
    "arrangement.unit=0.5", "arrangement.limit=1.2", "arrangement.agglomerates=2",
    "rendering.transport={pixel_samples: 4, directions: 4, knots: 6}",
    "training={epochs: 1, discriminator_filters: 8, sample_grid: 4}",
    "synthesis={images: 4, min_background: 0.05}",
    "segmentation={channels: [4, 8, 16], steps: 4, batch_size: 2, patch_size: 64}",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def rough():
    """The light of the empty stage from few directions: no score here means anything."""
    with rough_light():
        yield


def write_data(folder):
    microscope = MicroscopeSettings(width=256, height=216, data_bar=40, bare_strip_px=96, bare_probability=1.0)
    write_demo_data(folder, 4, microscope, 0, SilentReporter())


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Four small virtual scans with their particles, to be read only."""
    return made_once(tmp_path_factory, "benchmark-data", write_data)


@pytest.fixture
def bench(data, tmp_path, monkeypatch):
    registry = [
        RegistryEntry("", "", "test" if number == 3 else "train", "images", f"scan_{number:02d}.tif")
        for number in range(4)
    ]
    monkeypatch.setattr(published, "read_registry", lambda name: registry)
    monkeypatch.setattr(published, "find_dataset", lambda name: None)
    sources = choose_sources(["real", "classical"], [])
    overrides = (*SMALL, "evaluation.seeds=[0,1]")
    return BenchmarkSettings(PublishedSet("demo", data), tmp_path / "out", sources, folds=3, overrides=overrides)
