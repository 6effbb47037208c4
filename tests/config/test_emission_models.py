"""Materials of several models in the configuration: which is meant, what replaces what, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from diffrendergan.config.base import Learned
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.config.material import MaterialConfig, SecondaryElectronsConfig
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError

PAPER = "look=paper"
ELECTRONS = "rendering.particle={model: secondary_electrons, tilt_exponent: {learn: [0.5, 2]}}"


def test_the_usual_model_need_not_be_named_and_is_not_written():
    project = load_project(None, "tio2-sem", [PAPER, "rendering.particle.roughness=0.4"])
    assert isinstance(project.rendering.particle, MaterialConfig)
    assert project.rendering.particle.roughness == 0.4
    assert "model" not in project.model_dump(mode="json")["rendering"]["particle"]
    named = load_project(None, "tio2-sem", [PAPER, "rendering.particle={model: principled, roughness: 0.4}"])
    assert named == project


def test_another_model_replaces_the_material_below(tmp_path):
    project = load_project(None, "tio2-sem", [PAPER, ELECTRONS])
    material = project.rendering.particle
    assert material == SecondaryElectronsConfig(tilt_exponent=Learned(learn=(0.5, 2.0)))
    assert isinstance(project.rendering.stage, MaterialConfig)
    (tmp_path / "project.yaml").write_text(dump_project(project))
    assert load_project(tmp_path / "project.yaml").rendering == project.rendering
    assert parse_yaml(dump_project(project), "")["rendering"]["particle"]["model"] == "secondary_electrons"
    again = load_project(None, "tio2-sem", [PAPER, ELECTRONS, "rendering.particle.base=0.3"])
    assert again.rendering.particle == material.model_copy(update={"base": 0.3})


def test_groups_have_models_of_their_own():
    groups = "rendering.groups=[{name: a, meshes: [0], material: {base_color: 0.2}}, {name: b, meshes: [1], material: {model: secondary_electrons}}]"  # noqa: E501
    first, second = load_project(None, "tio2-sem", [groups]).rendering.groups
    assert isinstance(first.material, MaterialConfig) and first.material.base_color == 0.2
    assert isinstance(second.material, SecondaryElectronsConfig)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("rendering.particle={model: electrons}", "`rendering.particle.model` is 'electrons'"),
        (
            "rendering.particle={model: secondary_electrons, roughness: 1}",
            "`rendering.particle.roughness` belongs to",
        ),
        ("rendering.particle.base=1", "`rendering.particle.base` belongs to `model: secondary_electrons`"),
        ("rendering.particle={model: secondary_electrons, base: -1}", "`rendering.particle.base` is -1: it cannot be"),
        ("rendering.particle={model: secondary_electrons, tilt_exponent: 4}", "lies between 0 and 3, got 4"),
        (
            "rendering.groups=[{name: a, meshes: [0], material: {model: secondary_electrons, sheen: 1}}]",
            "`rendering.groups.0.material.sheen` belongs to `model: principled`",
        ),
    ],
)
def test_what_is_wrong_is_named(override, message):
    with pytest.raises(ConfigError) as error:
        load_project(None, "tio2-sem", [PAPER, override])
    assert message in str(error.value)


def test_an_exponent_without_yield_cannot_be_learned():
    with pytest.raises(ValidationError, match="electron_yield is 0"):
        SecondaryElectronsConfig(electron_yield=0.0, tilt_exponent=Learned(learn=(0, 1)))


def test_materials_given_as_models_or_as_values_are_the_same():
    values = {"rendering": {"particle": {"model": "secondary_electrons", "base": 0.2}}}
    project = Project.model_validate(values)
    assert project.rendering.particle == SecondaryElectronsConfig(base=0.2)
