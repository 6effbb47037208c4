"""Diameters in the image and sizes in the scene."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.arrangement.scale import SceneScale, scene_scale
from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError


def test_the_authors_camera() -> None:
    scale = scene_scale(load_project(None, "tio2-sem"), 2.0)
    assert scale.pixels_per_scene_unit == pytest.approx(58.61, abs=0.01)
    assert scale.diameter_px == pytest.approx(2 * 0.25 * 58.61, abs=0.01)
    assert scale.diameter_in("nm") == pytest.approx(58.61, abs=0.01)


def test_what_lies_on_the_stage_is_smaller() -> None:
    project = load_project(None, "sio2-him", ["arrangement.on_stage=true"])
    hovering = scene_scale(load_project(None, "sio2-him"))
    assert scene_scale(project).diameter_px == pytest.approx(hovering.diameter_px * 6 / 9)


def test_wires_are_measured_by_their_thickness() -> None:
    scale = scene_scale(load_project(None, "agnw-sem"))
    assert scale.diameter_px == pytest.approx(2 * 0.19 * 58.61, abs=0.01)


def test_sizes_there_and_back() -> None:
    scale = SceneScale(0.25, 58.6, 1.5)
    diameters = np.array([10.0, 44.0])
    sizes = scale.to_sizes(diameters, "nm")
    np.testing.assert_allclose(sizes * scale.diameter_in("nm"), diameters)
    np.testing.assert_allclose(scale.to_sizes(diameters / 1.5, "px"), sizes)
    np.testing.assert_array_equal(scale.to_sizes(diameters, "unit"), diameters)


def test_the_configured_pixel_size_overrules_the_files() -> None:
    project = load_project(None, "tio2-sem", ["data.pixel_size_nm=3.0"])
    assert scene_scale(project, 2.0).pixel_size_nm == 3.0


def test_nm_without_a_pixel_size_are_an_error() -> None:
    with pytest.raises(ConfigError, match=r"arrangement\.size_in.*data\.pixel_size_nm"):
        SceneScale(0.25, 58.6).to_sizes(np.ones(3), "nm")
