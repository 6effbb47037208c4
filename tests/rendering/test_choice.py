"""Which renderer a configuration gets, and which material each particle has."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.base import Learned
from diffrendergan.config.compute import ComputeConfig
from diffrendergan.config.data import DataConfig
from diffrendergan.config.load import load_project
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.project import Project
from diffrendergan.config.scene import (
    RESERVED_NAMES,
    MaterialGroup,
    RenderingConfig,
    TransportConfig,
)
from diffrendergan.config.shapes import ParticleConfig, SphereShape
from diffrendergan.errors import ConfigError
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.backend import variant_device
from diffrendergan.rendering.choice import chosen_renderer, particle_materials, reasons_against_transport
from diffrendergan.rendering.factory import make_renderer, make_snapshots
from diffrendergan.rendering.mitsuba_renderer import MitsubaRenderer
from diffrendergan.rendering.snapshots import MitsubaSnapshots, TransportSnapshots
from diffrendergan.rendering.transport_renderer import TransportRenderer
from diffrendergan.rendering.weights import separate_materials
from diffrendergan.runs.reporter import SilentReporter

HALF = Learned(learn=(0.2, 0.7))


def group(name, *meshes, **material):
    return MaterialGroup(name=name, meshes=meshes, material=MaterialConfig(**material))


NOT_SEPARATING = {
    "anisotropic": ({"particle": MaterialConfig(anisotropic=0.5)}, "`rendering.particle`: anisotropic is not 0"),
    "learned anisotropic": (
        {"particle": MaterialConfig(anisotropic=Learned(learn=(0.0, 0.5)))},
        "`rendering.particle`: anisotropic is not 0",
    ),
    "spec_trans": ({"stage": MaterialConfig(spec_trans=0.1)}, "`rendering.stage`: spec_trans is not 0"),
    "learned specular": ({"particle": MaterialConfig(specular=HALF)}, "`rendering.particle`: specular is learned"),
    "a group": ({"groups": (group("glass", 0, spec_trans=0.9),)}, "`rendering.groups (glass)`: spec_trans is not 0"),
    "learned ring": ({"ring_radiance": HALF}, "`rendering.ring_radiance` is learned"),
    "learned slab": ({"slab_radiance": HALF}, "`rendering.slab_radiance` is learned"),
    "metal under the authors' slab": (
        {"slab_normals": "authors", "particle": MaterialConfig(metallic=0.5)},
        "`rendering.particle`: metallic or clearcoat together with `slab_normals: authors`",
    ),
    "coat under the authors' slab": (
        {"slab_normals": "authors", "stage": MaterialConfig(clearcoat=HALF)},
        "`rendering.stage`: metallic or clearcoat together with `slab_normals: authors`",
    ),
}
SEPARATING = {
    "defaults": {},
    "all at once": {
        "particle": MaterialConfig(
            **dict.fromkeys(("base_color", "roughness", "spec_tint", "sheen", "metallic", "flatness"), HALF),
            clearcoat=HALF,
            clearcoat_gloss=HALF,
            specular=0.3,
        ),
        "groups": (group("dull", 1, specular=0.0, roughness=HALF),),
    },
    "fixed lights": {"ring_radiance": 3.0, "slab_radiance": 0.0},
    "authors' slab": {"slab_normals": "authors"},
}


@pytest.mark.parametrize("name", NOT_SEPARATING)
def test_what_does_not_separate_is_told_and_takes_mitsuba(name):
    values, reason = NOT_SEPARATING[name]
    config = RenderingConfig(**values)
    assert reasons_against_transport(config) == [reason]
    assert chosen_renderer(config) == "mitsuba"
    with pytest.raises(ConfigError) as caught:
        chosen_renderer(RenderingConfig(**values, renderer="transport"))
    assert "`rendering.renderer` is transport, but " + reason in str(caught.value)


@pytest.mark.parametrize("name", SEPARATING)
def test_what_separates_takes_transport_unless_mitsuba_is_asked_for(name):
    config = RenderingConfig(**SEPARATING[name])
    assert reasons_against_transport(config) == []
    assert chosen_renderer(config) == "transport"
    assert chosen_renderer(config.model_copy(update={"renderer": "transport"})) == "transport"
    assert chosen_renderer(config.model_copy(update={"renderer": "mitsuba"})) == "mitsuba"


@pytest.mark.parametrize("name", SEPARATING)
def test_what_separates_is_separated(name):
    separation = separate_materials(RenderingConfig(**SEPARATING[name]), 3)
    assert len(separation.basis_counts) == len(separation.particles) + 1


def test_all_reasons_are_told():
    config = RenderingConfig(
        particle=MaterialConfig(anisotropic=0.5, spec_trans=0.5, specular=HALF), ring_radiance=HALF
    )
    assert len(reasons_against_transport(config)) == 4


class Notes(SilentReporter):
    """Remembers what was said."""

    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def make_project(**rendering):
    return Project(
        data=DataConfig(patch_size=32),
        particles=ParticleConfig(shape=SphereShape(), count=2, faces=200),
        arrangement=ArrangementConfig(unit=0.5),
        rendering=RenderingConfig(
            **{"stage": MaterialConfig(base_color=0.2), "spp": 4, **rendering},
            transport=TransportConfig(pixel_samples=4, directions=4, knots=4),
        ),
    )


PHIS = np.array([[[0.0, 0.0, 0.0, 1.0], [2.0, 0.0, 0.0, 1.0]]], np.float32)


@pytest.fixture(scope="module")
def meshes():
    return make_library(make_project().particles, 0)


def test_auto_takes_mitsuba_where_it_must_and_says_why(meshes, mitsuba, tmp_path):
    project, reporter = make_project(particle=MaterialConfig(spec_trans=0.5, base_color=HALF)), Notes()
    renderer = make_renderer(project, meshes, PHIS, tmp_path / "cache", reporter)
    assert isinstance(renderer, MitsubaRenderer)
    assert not (tmp_path / "cache").exists()
    (note,) = reporter.notes
    assert "Mitsuba" in note and "slower" in note and "`rendering.particle`: spec_trans is not 0" in note
    snapshots = make_snapshots(project, meshes, again := Notes())
    assert isinstance(snapshots, MitsubaSnapshots)
    assert again.notes == reporter.notes
    assert renderer.parameters == snapshots.parameters
    # Asked for, it is no news.
    make_renderer(make_project(renderer="mitsuba"), meshes, PHIS, tmp_path / "cache", again)
    assert again.notes == reporter.notes


def test_auto_takes_transport_where_it_can(meshes, mitsuba, tmp_path):
    project, reporter = make_project(particle=MaterialConfig(base_color=HALF)), Notes()
    renderer = make_renderer(project, meshes, PHIS, tmp_path / "cache", reporter)
    assert isinstance(renderer, TransportRenderer)
    assert not any("Mitsuba" in note for note in reporter.notes)
    assert isinstance(make_snapshots(project, meshes, reporter), TransportSnapshots)
    theta = torch.tensor([[0.5]], device=variant_device(mitsuba))
    assert renderer.render([0], theta).shape == (1, 32, 32)


def test_both_renderers_have_the_same_parameters_of_groups(meshes, mitsuba, tmp_path):
    """θ means the same to either: `rendering.renderer` may change without changing the generator."""
    groups = (group("shiny", 1, roughness=HALF, metallic=HALF),)
    rendering = {"particle": MaterialConfig(base_color=HALF), "groups": groups}
    rendering["stage"] = MaterialConfig(base_color=HALF)
    found = [
        make_renderer(make_project(renderer=name, **rendering), meshes, PHIS, tmp_path, SilentReporter()).parameters
        for name in ("transport", "mitsuba")
    ]
    names = ["particle.base_color", "shiny.roughness", "shiny.metallic", "stage.base_color"]
    assert [spec.name for spec in found[0]] == names
    assert found[0] == found[1]


def test_transport_is_refused_at_once_where_it_cannot_be(meshes, tmp_path):
    project = make_project(renderer="transport", particle=MaterialConfig(anisotropic=0.5))
    with pytest.raises(ConfigError, match=r"`rendering.particle`: anisotropic"):
        make_renderer(project, meshes, PHIS, tmp_path, SilentReporter())
    with pytest.raises(ConfigError, match=r"`rendering.particle`: anisotropic"):
        make_snapshots(project, meshes, SilentReporter())


def test_meshes_have_the_material_of_their_group_and_the_rest_that_of_particles():
    a, b = group("a", 3, 0, base_color=0.1), group("b", 2, base_color=0.2)
    materials, number = particle_materials(RenderingConfig(groups=(a, b)), 5)
    assert list(materials) == ["particle", "a", "b"]
    assert number.tolist() == [1, 0, 2, 1, 0]
    assert materials["a"] == a.material


def test_if_groups_name_all_meshes_there_is_no_other_material():
    materials, number = particle_materials(RenderingConfig(groups=(group("a", 1), group("b", 0, 2))), 3)
    assert list(materials) == ["a", "b"]
    assert number.tolist() == [1, 0, 1]


def test_a_group_that_names_a_mesh_beyond_the_library_is_refused():
    config = RenderingConfig(groups=(group("a", 1, 3),))
    particle_materials(config, 4)
    with pytest.raises(ConfigError, match="group a names the mesh 3, but the library has 3 meshes"):
        particle_materials(config, 3)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("[{name: a, meshes: [0, 1], material: {}}, {name: b, meshes: [1], material: {}}]", "mesh 1 stands in more"),
        ("[{name: a, meshes: [2, 2], material: {}}]", "mesh 2 stands in more than one place"),
        ("[{name: a, meshes: [0], material: {}}, {name: a, meshes: [1], material: {}}]", "a name of its own"),
        ("[{name: a.b, meshes: [0], material: {}}]", "`rendering.groups"),
        ("[{name: A, meshes: [0], material: {}}]", "`rendering.groups"),
        ("[{name: a, meshes: [], material: {}}]", "`rendering.groups"),
        ("[{name: a, meshes: [-1], material: {}}]", "`rendering.groups"),
        *(
            (f"[{{name: {name}, meshes: [0], material: {{}}}}]", f"other than {', '.join(RESERVED_NAMES)}")
            for name in RESERVED_NAMES
        ),
    ],
)
def test_groups_that_clash_are_refused(groups, expected):
    with pytest.raises(ConfigError) as caught:
        load_project(None, "demo", [f"rendering.groups={groups}"])
    assert expected in str(caught.value)


def test_groups_can_be_written_in_a_project():
    text = "[{name: shiny, meshes: [0, 3], material: {metallic: {learn: [0, 1]}}}]"
    (found,) = load_project(None, "demo", [f"rendering.groups={text}"]).rendering.groups
    assert found == MaterialGroup(
        name="shiny", meshes=(0, 3), material=MaterialConfig(metallic=Learned(learn=(0.0, 1.0)))
    )


@pytest.mark.slow
def test_two_processes_trace_the_transport_images_of_one(meshes, mitsuba, tmp_path):
    other = [[0.3, 0.1, 0.0, 1.0], [0.5, 0.0, 0.0, 1.0]]
    phis = np.array([PHIS[0], other, PHIS[0] / 2], np.float32)
    found = []
    for workers in (1, 2):
        project = make_project(particle=MaterialConfig(base_color=HALF))
        project = project.model_copy(update={"compute": ComputeConfig(workers=workers)})
        cache = tmp_path / str(workers)
        make_renderer(project, meshes, phis, cache, SilentReporter())
        found.append({path.name: path for path in cache.glob("*.safetensors")})
    assert len(found[0]) == 3 and found[0].keys() == found[1].keys()
    for name, path in found[0].items():
        if variant_device(mitsuba).type == "cpu":
            assert path.read_bytes() == found[1][name].read_bytes()
        else:  # a GPU adds up in any order
            torch.testing.assert_close(load_file(found[1][name]), load_file(path), rtol=1e-2, atol=1e-3)
