"""Materials: what may be learned, and what could not change the image."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.config.base import Learned
from diffrendergan.config.load import dump_project, load_project
from diffrendergan.config.material import MaterialConfig
from diffrendergan.errors import ConfigError

RANGE = "{learn: [0.1, 0.9]}"
METAL, NO_LOBE = "metallic is 1, so there is no dielectric part", "specular is 0, so there is no specular lobe"
GLASS = "spec_trans is 1, so there is no diffuse part"
WITHOUT_EFFECT = [
    ("sheen_tint", {}, "in one channel the tint colour is 1"),
    ("clearcoat_gloss", {"clearcoat": 0}, "clearcoat is 0"),
    ("spec_tint", {"specular": 0}, NO_LOBE),
    ("spec_tint", {"metallic": 1}, METAL),
    ("anisotropic", {"specular": 0}, NO_LOBE),
    ("sheen", {"metallic": 1}, METAL),
    ("flatness", {"metallic": 1}, METAL),
    ("flatness", {"spec_trans": 1}, GLASS),
    ("flatness", {"base_color": 0}, "base_color is 0"),
    ("roughness", {"base_color": 0, "specular": 0}, f"base_color is 0, and {NO_LOBE}"),
    ("roughness", {"metallic": 1, "specular": 0}, f"{METAL}, and {NO_LOBE}"),
    ("base_color", {"metallic": 1, "specular": 0}, f"{METAL}, and {NO_LOBE}"),
]
CASES = pytest.mark.parametrize(("name", "fixed", "reason"), WITHOUT_EFFECT)


def overrides(owner: str, name: str, value: str, fixed: dict[str, float]) -> list[str]:
    """Return a material in which only what the case names can be learned."""
    material = {"base_color": 0.5, "roughness": 0.5, "spec_tint": 0, "sheen": 0, **fixed}
    numbers = ["look=paper", *(f"rendering.{owner}.{key}={number}" for key, number in material.items() if key != name)]
    return [*numbers, f"rendering.{owner}.{name}={value}"]


@CASES
@pytest.mark.parametrize("owner", ["particle", "stage"])
def test_a_learned_parameter_that_cannot_show_is_refused_with_the_reason(
    owner: str, name: str, fixed: dict[str, float], reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(None, "demo", overrides(owner, name, RANGE, fixed))
    message = str(caught.value)
    assert f"`rendering.{owner}`" in message
    assert f"{name} cannot be learned, because it cannot change the image: {reason}; give it a number" in message


@CASES
def test_the_same_parameter_may_have_a_number(name: str, fixed: dict[str, float], reason: str) -> None:
    project = load_project(None, "demo", overrides("particle", name, "0.5", fixed))
    assert getattr(project.rendering.particle, name) == 0.5
    assert project.rendering.particle.learned() == {}


@pytest.mark.parametrize(("name", "fixed"), [case[:2] for case in WITHOUT_EFFECT if case[0] != "sheen_tint"])
def test_it_may_be_learned_if_what_hides_it_is_learned_as_well(name: str, fixed: dict[str, float]) -> None:
    first = next(iter(fixed))
    hidden = overrides("particle", name, RANGE, fixed)
    changed = [text.replace(f".{first}={fixed[first]}", f".{first}={RANGE}") for text in hidden]
    assert set(load_project(None, "demo", changed).rendering.particle.learned()) == {name, first}


@CASES
def test_a_group_of_particles_is_held_to_the_same(name: str, fixed: dict[str, float], reason: str) -> None:
    values = ", ".join(f"{key}: {value}" for key, value in {**fixed, name: RANGE}.items())
    with pytest.raises(ConfigError) as caught:
        load_project(None, "demo", [f"rendering.groups=[{{name: a, meshes: [0], material: {{{values}}}}}]"])
    assert f"{name} cannot be learned" in str(caught.value) and reason in str(caught.value)


@pytest.mark.parametrize(
    "material",
    [
        {"base_color": RANGE, "metallic": "1"},
        {"base_color": RANGE, "specular": "0"},
        {"roughness": RANGE, "specular": "0"},
        {"roughness": RANGE, "base_color": "0"},
        {"spec_tint": RANGE, "metallic": "0.5"},
        {"clearcoat_gloss": RANGE, "clearcoat": "0.1"},
        {"clearcoat": RANGE},
        {"metallic": RANGE, "base_color": "0.3"},
        {"specular": RANGE},
        {"spec_trans": RANGE},
    ],
)
def test_what_shows_may_be_learned(material: dict[str, str], tmp_path: Path) -> None:
    fixed = {key: f"{value:g}" for key, value in {"base_color": 0.5, "roughness": 0.5, "spec_tint": 0.0}.items()}
    values = {**fixed, "sheen": "0", **material}
    texts = ["look=paper", *(f"rendering.particle.{key}={value}" for key, value in values.items())]
    project = load_project(None, "demo", texts)
    learned = [key for key, value in material.items() if value == RANGE]
    assert list(project.rendering.particle.learned()) == learned
    path = tmp_path / "p.yaml"
    path.write_text(dump_project(project))
    assert load_project(path) == project


@pytest.mark.parametrize("name", ["specular", "metallic", "flatness", "clearcoat_gloss", "anisotropic", "spec_trans"])
@pytest.mark.parametrize("value", ["1.5", "-0.1", "{learn: [0.5, 1.5]}", "{learn: [-0.5, 0.5]}"])
def test_shares_lie_between_0_and_1(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_project(None, "demo", [f"rendering.stage.{name}={value}"])
    assert f"`rendering.stage.{name}`" in str(caught.value)
    assert "between 0 and 1" in str(caught.value)


@pytest.mark.parametrize("name", ["base_color", "roughness", "spec_tint", "sheen", "clearcoat"])
def test_other_parameters_are_not_negative_but_may_be_large(name: str) -> None:
    assert getattr(load_project(None, "demo", [f"rendering.stage.{name}=4.5"]).rendering.stage, name) == 4.5
    with pytest.raises(ConfigError, match="cannot be negative"):
        load_project(None, "demo", [f"rendering.stage.{name}=-0.1"])


def test_learned_parameters_come_in_the_order_of_the_fields() -> None:
    unit = Learned(learn=(0.0, 1.0))
    material = MaterialConfig(metallic=unit, sheen=unit, base_color=unit, clearcoat=unit)
    assert list(material.learned()) == ["base_color", "sheen", "metallic", "clearcoat"]
