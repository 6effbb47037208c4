"""Patches that were drawn from a known project, with another look than neutral pictures have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from diffrendergan.arrangement.phi import make_placer
from diffrendergan.calibration.look import Levels, NeutralScene, Tracing
from diffrendergan.calibration.real import RealPatches, measure_real
from diffrendergan.calibration.trial import Stand, coarse_library
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.runs.reporter import SilentReporter

SMALL = (
    "data.patch_size=128",
    "particles.count=14",
    "particles.faces=300",
    "arrangement.unit=0.35",
    "arrangement.agglomerates=4",
    "arrangement.number=[8, 14]",
)


def small_project(*overrides: str) -> Project:
    return load_project(None, "tio2-sem", [*SMALL, *overrides])


@pytest.fixture(scope="session", name="small_project")
def small_project_fixture() -> Callable[..., Project]:
    """Return a small project with overrides."""
    return small_project


@pytest.fixture(scope="session")
def truth() -> Project:
    """The project whose arrangements play the real patches."""
    return small_project("seed=77")


@pytest.fixture(scope="session")
def drawn(truth: Project) -> list[Tracing]:
    """What the real patches show."""
    meshes = coarse_library(truth, 14)
    scene, placer = NeutralScene(truth, meshes), make_placer(truth, meshes)
    return [scene.trace(placer.draw(np.random.default_rng(index)), index) for index in range(40)]


@pytest.fixture(scope="session")
def real(drawn: list[Tracing]) -> RealPatches:
    levels = Levels(background=0.3, particle=0.7, noise=0.03, blur_px=1.0, rim=1.5)
    return measure_real([tracing.picture(levels) for tracing in drawn], False, 2.0, SilentReporter())


@pytest.fixture(scope="session")
def stand(real: RealPatches) -> Stand:
    return Stand(small_project(), real, 20)


@pytest.fixture(scope="session")
def levels(stand: Stand, real: RealPatches) -> Levels:
    return replace(real.levels, rim=stand.rim_as_real(stand.trace(small_project(), range(8)), real.levels))
