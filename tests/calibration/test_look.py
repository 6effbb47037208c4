"""Arrangements in a neutral material: matt, or in transmission absorbing."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.calibration.look import Levels, NeutralScene
from diffrendergan.config.load import load_project
from diffrendergan.particles.library import make_library

PHI = np.array([[0.0, 0.0, 0.0, 1.0], [0.9, 0.0, 1.5, 1.0]], np.float32)
SMALL = ["data.patch_size=64", "particles={count: 2, faces: 500, shape: {family: sphere}}", "arrangement.unit=0.5"]


@pytest.mark.parametrize("absorbs", [False, True])
def test_what_lies_over_each_other_is_darker_where_a_beam_passes(absorbs):
    material = ["rendering.particle={model: absorption}"] if absorbs else []
    project = load_project(None, None, [*SMALL, *material])
    scene = NeutralScene(project, make_library(project.particles, 0))
    tracing = scene.trace(PHI, 0)
    alone = scene.trace(PHI * np.array([[1], [0]], np.float32), 0).labels > 0
    both = alone & (tracing.labels == 2)
    one = (tracing.labels == 2) & ~alone
    picture = tracing.picture(Levels(background=0.8, particle=0.3, noise=0.0, blur_px=0.0, rim=0.0))
    assert both.sum() > 20 and one.sum() > 20
    assert picture[tracing.labels == 0] == pytest.approx(0.8)
    assert np.median(picture[tracing.labels > 0]) == pytest.approx(0.3, abs=0.02)
    darker = picture[one].mean() - picture[both].mean()
    assert darker > 0.1 if absorbs else darker < 0.1


def test_another_unit_shows_the_same_darkness():
    """Arrangements are tried with units of their own: a particle is as black, however large it is."""
    project = load_project(None, None, [*SMALL, "rendering.particle={model: absorption}"])
    scene = NeutralScene(project, make_library(project.particles, 0))
    alone = PHI * np.array([[1], [0]], np.float32)
    usual = [scene.trace(alone, 0, unit).light.max() for unit in (0.4, 0.7)]
    assert usual[0] == pytest.approx(usual[1], abs=0.02)
    larger = scene.trace(alone * np.array([1, 1, 1, 1.4], np.float32), 0, 0.4).light.max()
    assert larger > usual[0] + 0.05, "a particle that is larger than usual absorbs more"


@pytest.mark.parametrize("model", ["relief", "phase"])
def test_heights_and_cuts_are_shown_as_they_are(model):
    heights = ["rendering.section.heights=[0.2, 0.2]"]
    project = load_project(None, None, [*SMALL, *heights, f"rendering.particle={{model: {model}}}"])
    scene = NeutralScene(project, make_library(project.particles, 0))
    tracing = scene.trace(np.array([[0.0, 0.0, 0.0, 1.0], [0.0, 2.5, 0.0, 0.5]], np.float32), 0)
    np.testing.assert_array_equal(
        scene.labels(np.array([[0.0, 0, 0, 1], [0, 2.5, 0, 0.5]], np.float32)), tracing.labels
    )
    large, small = (tracing.light[tracing.labels == number].max() for number in (1, 2))
    if model == "relief":
        assert small == pytest.approx(0.5 * large, rel=0.05) and not tracing.tilt.any()
    else:
        assert small == pytest.approx(large) == 1
    assert scene.trace(PHI, 0, 0.3).labels.any()
