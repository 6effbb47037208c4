"""Which configuration each row has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diffrendergan.config.material import MaterialConfig, SecondaryElectronsConfig
from diffrendergan.pipeline.benchmark.bench import Bench
from diffrendergan.pipeline.benchmark.rows import choose_sources
from diffrendergan.pipeline.benchmark.settings import splits_of
from diffrendergan.runs.reporter import SilentReporter


def rows_of(bench):
    made = Bench(bench, splits_of(bench)[0], SilentReporter())
    sources = choose_sources(["learned", "fitted", "adversary", "no-background", "randomised"], [])
    return made.project, {source.name: made.project_for(source) for source in sources}


@pytest.fixture
def usual(bench):
    """The benchmark with the look that the preset names."""
    kept = [text for text in bench.overrides if not text.startswith(("look=", "segmentation="))]
    return replace(bench, overrides=tuple(kept))


def test_the_published_method_keeps_its_look_beside_the_presets_own(usual):
    project, rows = rows_of(usual)
    learned, fitted = rows["learned"], rows["fitted"]
    assert isinstance(learned.rendering.particle, MaterialConfig) and learned.imaging.ground.model == "flat"
    assert isinstance(fitted.rendering.particle, SecondaryElectronsConfig) and fitted.imaging.ground.model == "real"
    assert (learned.generator.draw, learned.training.recipe) == ("learned", "paper")
    assert (fitted.generator.draw, rows["adversary"].training.recipe) == ("fitted", "balanced")
    assert rows["no-background"] == learned
    # Another folder, so that neither undoes the other's; the same particles, scans and network.
    assert learned.run != project.run and learned.run.parent == project.run.parent
    for part in ("data", "particles", "arrangement", "segmentation", "evaluation"):
        assert getattr(learned, part) == getattr(fitted, part) == getattr(project, part)


def test_a_benchmark_of_the_papers_look_is_as_it_was(bench):
    project, rows = rows_of(bench)
    assert rows["learned"] == project and project.run.name == "run"
    assert rows["learned"].rendering == rows["fitted"].rendering == rows["randomised"].rendering
