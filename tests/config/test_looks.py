"""Looks are laid over any case."""

from __future__ import annotations

import pytest

from diffrendergan.config.load import load_project
from diffrendergan.config.presets import names_of
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError

CASES = [name for name in names_of("preset") if name != "authors-code"]


@pytest.mark.parametrize("look", names_of("look"))
@pytest.mark.parametrize("preset", names_of("preset"))
def test_every_look_suits_every_preset(preset, look):
    project, plain = load_project(None, preset, [f"look={look}"]), load_project(None, preset)
    assert project.particles == plain.particles and project.arrangement == plain.arrangement
    assert project.data == plain.data


@pytest.mark.parametrize("preset", ["tio2-sem", "tio2-him", "sio2-him", "agnw-sem", "demo"])
def test_the_presets_have_the_fitted_look(preset):
    project = load_project(None, preset)
    assert project.generator.draw == "fitted" and project.segmentation.start == "generalist"
    assert project.rendering.particle.model == "secondary_electrons" and project.imaging.ground.model == "real"


@pytest.mark.parametrize("preset", ["dots-tem", "rods-tem", "soot-tem"])
def test_the_presets_of_transmission_let_a_beam_pass(preset):
    project = load_project(None, preset)
    assert project.generator.draw == "fitted" and project.segmentation.start == "generalist"
    assert project.rendering.transmits and project.rendering.transmission.field == "bright"
    assert project.data.foreground == "dark" and project.imaging.ground.model == "real"
    dark = load_project(None, preset, ["look=stem-dark"])
    assert dark.rendering.transmits and dark.rendering.transmission.field == "dark"
    # Nothing of the beam is left in another look.
    other = load_project(None, preset, ["look=sem"])
    assert not other.rendering.transmits and other.rendering.transmission == Project().rendering.transmission
    # Soot is no crystal.
    assert (project.rendering.particle.bend == 0) == (preset == "soot-tem")


@pytest.mark.parametrize(("preset", "modality"), [("particles-afm", "topography"), ("grains-section", "section")])
def test_heights_and_sections_have_looks_of_their_own(preset, modality):
    project = load_project(None, preset)
    assert project.generator.draw == "fitted" and project.segmentation.start == "generalist"
    assert project.rendering.modality == modality
    other = load_project(None, preset, ["look=sem"])
    assert other.rendering.modality == "light"
    assert getattr(other.rendering, modality) == getattr(Project().rendering, modality)


@pytest.mark.parametrize(
    ("preset", "stage", "noise"),
    [
        ("tio2-sem", 0.4, 0.1),
        ("tio2-him", 0.3, 0.2),
        ("sio2-him", 0.3, 0.2),
        ("agnw-sem", 5.0, 0.2),
        ("demo", 0.4, 0.1),
    ],
)
def test_the_papers_look_has_the_ranges_of_its_case(preset, stage, noise):
    """The paper gives each case ranges of its own."""
    project = load_project(None, preset, ["look=paper"])
    assert project.rendering.stage.base_color.learn == (0.01, stage)
    assert project.imaging.noise_sigma.learn == (0.001, noise)
    assert project.generator.draw == "learned" and project.segmentation.start is None


@pytest.mark.parametrize("preset", CASES)
def test_the_papers_look_undoes_another(preset):
    """Whatever another look has set is as it was: nothing of it is left."""
    both = load_project(None, preset, ["look=sem"])
    again = load_project(None, preset, ["look=paper"])
    assert both.imaging != again.imaging and both.rendering != again.rendering
    if not preset.endswith(("-tem", "-afm", "-section")):
        assert load_project(None, preset).imaging == both.imaging
    plain = Project()
    assert again.imaging.model_copy(update={"noise_sigma": 0}) == plain.imaging.model_copy(update={"noise_sigma": 0})
    assert again.generator == plain.generator
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
