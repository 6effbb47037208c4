"""Looks are laid over any case."""

from __future__ import annotations

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.presets import names_of
from diffrendergan.errors import ConfigError

CASES = [name for name in names_of("preset") if name != "authors-code"]


@pytest.mark.parametrize("look", names_of("look"))
@pytest.mark.parametrize("preset", names_of("preset"))
def test_every_look_suits_every_preset(preset, look):
    project, plain = load_project(None, preset, [f"look={look}"]), load_project(None, preset)
    assert project.particles == plain.particles and project.arrangement == plain.arrangement
    assert project.data == plain.data


def test_the_papers_look_is_that_of_its_preset():
    assert load_project(None, "tio2-sem", ["look=paper"]) == load_project(None, "tio2-sem")


@pytest.mark.parametrize("preset", CASES)
def test_the_papers_look_undoes_another(preset):
    """Whatever another look has set is as it was: nothing of it is left."""
    both = load_project(None, preset, ["look=sem"])
    again = load_project(None, preset, ["look=paper"])
    assert both.imaging != again.imaging and both.rendering != again.rendering
    plain = load_project(None, "tio2-sem")
    assert again.imaging == plain.imaging and again.generator == plain.generator
    assert again.rendering.particle == plain.rendering.particle


def test_a_files_own_values_win_over_its_look_and_a_look_that_is_set_over_the_file(tmp_path):
    path = tmp_path / "project.yaml"
    path.write_text("preset: tio2-sem\nlook: sem\nimaging: {blur_sigma_px: 0.7}\nsegmentation: {steps: 77}\n")
    project = load_project(path)
    assert project.generator.draw == "fitted" and project.imaging.blur_sigma_px == 0.7
    assert project.segmentation.steps == 77
    laid = load_project(path, overrides=["look=paper", "segmentation.steps=9"])
    assert laid.generator.draw == "learned" and laid.imaging.blur_sigma_px == 0.0
    assert laid.segmentation.steps == 9


def test_a_look_that_does_not_exist_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"`look` is 'sme', which does not exist; it takes one of .*did you mean sem"):
        load_project(None, "tio2-sem", ["look=sme"])
