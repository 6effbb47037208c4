"""A project's sections: grey values of phases, derivatives, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.load import load_project
from diffrendergan.errors import ConfigError
from diffrendergan.particles.library import make_library
from diffrendergan.rendering.choice import chosen_renderer
from diffrendergan.rendering.factory import make_renderer, make_snapshots
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.runs.seeds import integer32

PHIS = np.array(
    [
        [[0.0, 0.0, 0.0, 1.0], [2.5, 0.0, 0.2, 1.1], [0.0, 0.0, 0.0, 0.0]],
        [[1.0, 0.0, 0.0, 1.0], [-1.5, 1.5, 0.1, 1.2], [0.0, -2.5, 0.0, 0.9]],
    ],
    np.float32,
)
PHASE = "rendering.particle={model: phase, grey: {learn: [0.3, 0.9]}, spread: {learn: [0.0, 0.3]}}"
MATRIX = "rendering.section={heights: [-0.2, 0.2], matrix: {learn: [0, 0.5]}}"


def project(*more):
    small = ["data.patch_size=32", "particles.count=3", "particles.faces=300", "arrangement.unit=0.4"]
    return load_project(None, None, [*small, PHASE, MATRIX, *more])


@pytest.fixture(scope="module")
def meshes():
    return make_library(project().particles, 0)


def test_phases_are_as_grey_as_said(meshes, tmp_path):
    assert chosen_renderer(project().rendering) == "section"
    second = "rendering.groups=[{name: ore, meshes: [1], material: {model: phase, grey: 0.9}}]"
    renderer = make_renderer(project(second), meshes, PHIS, tmp_path, SilentReporter())
    names = [spec.name for spec in renderer.parameters]
    assert names == ["particle.grey", "particle.spread", "section.matrix"]
    found = renderer.render([0], torch.tensor([[0.6, 0.0, 0.2]]))[0]
    labels = renderer.buffers([0], ("labels",))["labels"][0]
    for label, grey in ((0, 0.2), (1, 0.6), (2, 0.9)):
        assert float(found[labels == label].median()) == pytest.approx(grey, abs=1e-5)


def test_derivatives_are_exact(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    values = torch.tensor([[0.5, 0.05, 0.1]], dtype=torch.float64)
    weights = torch.rand((32, 32), generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def total(theta):
        return (renderer.render([1], theta)[0].double() * weights).sum()

    assert torch.autograd.gradcheck(total, (values.requires_grad_(),), eps=1e-4, atol=1e-4)


def test_an_arrangement_shown_once_is_the_same_image(meshes, tmp_path):
    renderer = make_renderer(project(), meshes, PHIS, tmp_path, SilentReporter())
    snapshots = make_snapshots(project(), meshes, SilentReporter())
    theta = torch.tensor([[0.5, 0.1, 0.1]])
    snapshots.place(PHIS[1])
    found = snapshots.radiance(theta, integer32(project().seed, "section", 1))
    assert torch.equal(found, renderer.render([1], theta))
    np.testing.assert_array_equal(snapshots.labels(), renderer.buffers([1], ("labels",))["labels"][0].numpy())
    layers = snapshots.layers(theta, 0)
    assert (layers.through[0][torch.from_numpy(snapshots.labels()) == 0] > 0.49).all()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["rendering.renderer=section"], "every material is a phase, but `rendering.particle` does not"),
        ([PHASE, "rendering.renderer=transport"], "`renderer` is transport, but the particles are cut"),
        (["rendering.section.heights=[1, 0]"], "the range must not fall"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(values, said):
    with pytest.raises(ConfigError) as caught:
        load_project(None, None, values)
    assert said in str(caught.value)
