"""A project's height images: what is felt once, derivatives, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.particles.library import make_library
from diffrendergan.rendering import shown
from diffrendergan.rendering.choice import chosen_renderer
from diffrendergan.rendering.factory import make_renderer, make_snapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seeds import integer32

PHIS = np.array(
    [
        [[0.0, 0.0, 0.0, 1.0], [2.2, 0.0, 0.0, 0.9], [0.0, 0.0, 0.0, 0.0]],
        [[1.0, 0.0, 0.0, 1.0], [-1.5, 1.5, 0.0, 1.2], [0.0, -2.5, 0.0, 0.7]],
    ],
    np.float32,
)
FELT = "rendering.particle={model: relief, height: {learn: [0.1, 1]}, spread: {learn: [0.01, 0.5]}}"
LEVEL = "rendering.topography.level={learn: [0, 0.3]}"


def project(*more):
    small = ["data.patch_size=32", "particles.count=3", "particles.faces=300", "arrangement.unit=0.4"]
    return load_project(None, None, [*small, FELT, LEVEL, *more])


@pytest.fixture(scope="module")
def meshes():
    return make_library(project().particles, 0)


def test_particles_with_a_relief_are_felt(meshes, tmp_path):
    assert chosen_renderer(project().rendering) == "topography"
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    assert [spec.name for spec in renderer.parameters] == ["particle.height", "particle.spread", "topography.level"]
    theta = torch.tensor([[0.4, 0.01, 0.1], [0.8, 0.01, 0.2]])
    found = renderer.render([0, 1], theta)
    labels = renderer.buffers([0, 1], ("labels", "coverage"))
    assert set(labels["labels"][0].unique().tolist()) == {0, 1, 2}
    assert torch.equal(labels["coverage"] > 0, labels["labels"] > 0)
    assert found[0].min() == pytest.approx(0.1) and found[1].min() == pytest.approx(0.2)
    # A particle of size 1 is about one diameter high.
    assert found[0].max() == pytest.approx(0.5, abs=0.08)


def test_derivatives_are_exact(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    values = torch.tensor([[0.5, 0.3, 0.1]], dtype=torch.float64)
    weights = torch.rand((32, 32), generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def total(theta):
        return (renderer.render([1], theta)[0].double() * weights).sum()

    assert torch.autograd.gradcheck(total, (values.requires_grad_(),), eps=1e-4, atol=1e-4)


def test_another_material_feels_nothing_anew_and_another_tip_does(meshes, tmp_path, monkeypatch):
    make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    blunt = "rendering.topography.tip_radius_px=6"
    wide = make_renderer(project(blunt), meshes, PHIS, tmp_path / "blunt", SilentReporter())
    monkeypatch.setattr(shown.ShownTracer, "shown", lambda *_: pytest.fail("traced"))
    sharp = make_renderer(project("rendering.particle.spread=0.0"), meshes, PHIS, tmp_path, SilentReporter())
    theta = torch.tensor([[0.4, 0.0, 0.1]])
    assert (wide.render([0], theta) >= sharp.render([0], theta[:, [0, 2]]) - 1e-5).all()
    with pytest.raises(pytest.fail.Exception, match="traced"):
        make_renderer(project(blunt), meshes, PHIS, tmp_path, SilentReporter())


def test_an_arrangement_shown_once_is_the_same_image(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    snapshots = make_snapshots(project(), meshes, SilentReporter())
    theta = torch.tensor([[0.5, 0.3, 0.1]])
    snapshots.place(PHIS[1])
    found = snapshots.radiance(theta, integer32(project().seed, "topography", 1))
    assert torch.equal(found, renderer.render([1], theta))
    assert torch.equal(snapshots.buffers(["labels"])["labels"], renderer.buffers([1], ["labels"])["labels"])
    assert snapshots.buffers(["depth"])["depth"].shape == (1, 32, 32)


def test_ground_lies_under_what_is_felt(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    layers = renderer.layers([0], torch.tensor([[0.5, 0.3, 0.1]]))
    assert (layers.through == 1).all() and (layers.particles >= 0).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["rendering.renderer=topography"], "every material has a relief, but `rendering.particle` does not"),
        ([FELT, "rendering.renderer=transmission"], "`rendering.particle` does not; give it {model: absorption}"),
        ([FELT, "rendering.renderer=mitsuba"], "`renderer` is mitsuba, but the particles are felt by a tip"),
        ([FELT, "rendering.stage={model: relief}"], "the stage takes no material of the model relief"),
        (["rendering.topography.tip_half_angle_deg=80"], "tip_half_angle_deg"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(values, said):
    with pytest.raises(ConfigError) as caught:
        load_project(None, None, values)
    assert said in str(caught.value)
