"""The camera: fields, magnifications, diameters in the image and sizes in the scene."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.scene.geometry import (
    STAGE_TOP,
    SceneScale,
    field_half_width,
    project_geometry,
    scene_geometry,
    scene_scale,
)


def test_the_authors_camera() -> None:
    scale = scene_scale(load_project(None, "tio2-sem"), 2.0)
    assert scale.pixels_per_scene_unit == pytest.approx(58.61, abs=0.01)
    assert scale.diameter_px == pytest.approx(2 * 0.25 * 58.61, abs=0.01)
    assert scale.diameter_in("nm") == pytest.approx(58.61, abs=0.01)


def test_what_lies_on_the_stage_is_smaller() -> None:
    project = load_project(None, "sio2-him", ["arrangement.on_stage=true"])
    hovering = scene_scale(load_project(None, "sio2-him"))
    assert scene_scale(project).diameter_px == pytest.approx(hovering.diameter_px * 6 / 9)


def test_layers_and_wires_that_lie_on_the_stage_are_smaller_too() -> None:
    for preset, placement in (("tio2-sem", "layers"), ("agnw-sem", "wires")):
        settings = [f"arrangement.placement={placement}"]
        hovering = scene_scale(load_project(None, preset, [*settings, "arrangement.on_stage=false"]))
        lying = scene_scale(load_project(None, preset, [*settings, "arrangement.on_stage=true"]))
        assert lying.diameter_px == pytest.approx(hovering.diameter_px * 6 / 9)


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


def test_field_of_the_authors_camera() -> None:
    assert field_half_width(40.0, 6.0) / 0.25 == pytest.approx(8.735, abs=1e-3)
    assert field_half_width(90.0, 3.0) == pytest.approx(3.0)


def test_magnification_falls_with_the_distance() -> None:
    geometry = scene_geometry(RenderingConfig(), 256)
    assert geometry.pixels_per_unit_at() == pytest.approx(58.6, abs=0.05)
    assert geometry.pixels_per_unit_at(STAGE_TOP) == pytest.approx(58.61 * 6 / 9, abs=0.01)
    assert geometry.half_width_at(STAGE_TOP) == pytest.approx(1.5 * geometry.half_width_at())
    assert project_geometry(load_project(None, "tio2-sem")) == geometry
