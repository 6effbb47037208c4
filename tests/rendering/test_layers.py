"""A render taken apart: its parts add up, and what is seen of the ground is what particles and shadows leave."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.rendering import sampling
from diffrendergan.rendering.layers import Layers
from diffrendergan.rendering.protocol import ParameterSpec
from diffrendergan.rendering.snapshots import TransportSnapshots
from diffrendergan.rendering.transport_renderer import TransportRenderer


@pytest.fixture(scope="module")
def renderer(transport_tracer, phis):
    images = [transport_tracer.images(phi, 3) for phi in phis]
    return TransportRenderer(transport_tracer.separation, images, empty_stage=transport_tracer.empty_stage)


def theta_of(parameters: tuple[ParameterSpec, ...], position: float = 0.4) -> torch.Tensor:
    return torch.tensor([[spec.low + position * (spec.high - spec.low) for spec in parameters]])


def test_particles_and_stage_add_up_to_the_render(renderer):
    theta = theta_of(renderer.parameters).expand(2, -1)
    layers = renderer.layers([1, 0], theta)
    torch.testing.assert_close(layers.particles + layers.stage, renderer.render([1, 0], theta))
    assert layers.empty.shape == layers.stage.shape == (2, 48, 48)


def test_the_ground_is_seen_in_the_open_less_in_shadow_and_not_behind_particles(renderer, transport_tracer, phis):
    layers = renderer.layers([0], theta_of(renderer.parameters))
    tracer = transport_tracer.tracer
    tracer.place(transport_tracer.particles.place(phis[0]))
    from diffrendergan.rendering.buffers import trace_buffers

    coverage = torch.from_numpy(trace_buffers(tracer, ["coverage"])["coverage"])
    through = layers.through[0]
    assert through[coverage == 1].abs().max() < 1e-3
    assert through.max() < 1.01
    beside = through[coverage < 1e-3]
    assert beside.max() > 0.99 and beside.min() < beside.max() - 0.01  # soft shadows: the stage lies deep
    # What particles fill of a pixel is lost at its edge, too.
    assert (through + coverage)[coverage > 0.05].max() < 1.1  # both are sampled


def test_the_empty_stage_is_what_a_scene_without_particles_shows(renderer, transport_tracer, phis):
    away = phis[0].copy()
    away[:, 0], away[:, 3] = 30.0, 1e-3
    alone = TransportRenderer(transport_tracer.separation, [transport_tracer.images(away, 0)])
    theta = theta_of(renderer.parameters)
    torch.testing.assert_close(renderer.layers([0], theta).empty, alone.render([0], theta), rtol=2e-3, atol=1e-4)


def test_layers_have_the_derivatives_of_finite_differences(renderer):
    theta = theta_of(renderer.parameters).double()
    weight = torch.rand(2, 48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def total(theta: torch.Tensor) -> torch.Tensor:
        layers = renderer.layers([0], theta)
        return (weight[0] * layers.particles[0] + weight[1] * layers.through[0]).sum()

    learned = theta.clone().requires_grad_()
    total(learned).backward()
    for column in range(theta.shape[1]):
        step = torch.zeros_like(theta)
        step[0, column] = 1e-5
        finite = (total(theta + step) - total(theta - step)) / 2e-5
        assert learned.grad[0, column].item() == pytest.approx(finite.item(), rel=1e-4, abs=1e-6)


def test_snapshots_are_taken_apart_alike(renderer, transport_tracer, phis, monkeypatch):
    # Trained images trace every shadow ray; those of snapshots are the same where none is left to chance.
    monkeypatch.setattr(sampling, "_FAINT", 1e-30)
    snapshots = TransportSnapshots(transport_tracer)
    snapshots.place(phis[0])
    theta = theta_of(renderer.parameters)
    layers = snapshots.layers(theta, 3)
    torch.testing.assert_close(layers.particles + layers.stage, snapshots.radiance(theta, 3))
    trained = renderer.layers([0], theta)
    for name in ("particles", "stage", "empty"):
        torch.testing.assert_close(getattr(layers, name), getattr(trained, name), rtol=2e-3, atol=2e-3)


def test_shadow_rays_left_to_chance_change_no_mean(renderer, transport_tracer, phis, monkeypatch):
    snapshots = TransportSnapshots(transport_tracer)
    snapshots.place(phis[0])
    theta = theta_of(renderer.parameters)

    def particles() -> torch.Tensor:
        return torch.stack([snapshots.layers(theta, seed).particles[0] for seed in range(24)])

    # Far more than white, so that most rays are.
    monkeypatch.setattr(sampling, "_FAINT", 3.0)
    drawn = particles()
    monkeypatch.setattr(sampling, "_FAINT", 1e-30)
    traced = particles()
    assert drawn.std(0).mean() > 1.1 * traced.std(0).mean()
    error = ((drawn.var(0) + traced.var(0)) / len(drawn)).sqrt()
    seen = traced.mean(0) > 0.01
    score = (drawn.mean(0) - traced.mean(0))[seen] / error[seen].clamp_min(1e-6)
    assert score.abs().mean() < 1.1
    assert drawn.mean() == pytest.approx(traced.mean().item(), rel=2e-3)


def test_a_new_material_compiles_no_new_kernel(renderer, transport_tracer, phis):
    import drjit as dr

    snapshots = TransportSnapshots(transport_tracer)
    snapshots.place(phis[0])
    theta = theta_of(renderer.parameters)
    first = snapshots.radiance(theta, 3)
    torch.testing.assert_close(snapshots.radiance(theta, 3), first, rtol=0, atol=0)
    with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
        dr.kernel_history_clear()
        snapshots.radiance(0.9 * theta, 4)
        kernels = [kernel for kernel in dr.kernel_history() if kernel["type"] == dr.KernelType.JIT]
    assert kernels
    assert all(kernel["cache_hit"] for kernel in kernels)


def test_a_renderer_without_the_empty_stage_says_so(transport_tracer, phis):
    bare = TransportRenderer(transport_tracer.separation, [transport_tracer.images(phis[0], 3)])
    with pytest.raises(ValueError, match="without the empty stage"):
        bare.layers([0], theta_of(bare.parameters))


def test_a_black_stage_is_no_division_by_zero():
    black = torch.zeros(1, 2, 2)
    assert np.isfinite(Layers(black, black, black).through.numpy()).all()
