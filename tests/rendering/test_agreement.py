"""The fast renderer against the plain one: same images, same derivatives, within Monte-Carlo error."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from diffrendergan.rendering.transport_renderer import TransportRenderer

REPEATS = 8


@pytest.fixture(scope="module")
def bases(transport_tracer, phis):
    """Transport images of the first constellation, several times over."""
    return [transport_tracer.basis_images(phis[0], 1000 * seed) for seed in range(REPEATS)]


def random_theta(parameters, seed):
    rng = np.random.default_rng(seed)
    low, high = (np.array([getattr(spec, end) for spec in parameters]) for end in ("low", "high"))
    return (low + (high - low) * rng.random(len(low))).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_images_agree_statistically(bases, transport_tracer, mitsuba_renderer, seed):
    theta = random_theta(mitsuba_renderer.parameters, seed)
    renderer = TransportRenderer(transport_tracer.separation, bases)
    assert renderer.parameters == mitsuba_renderer.parameters
    fast = np.stack([renderer.render([k], torch.from_numpy(theta)[None])[0].numpy() for k in range(REPEATS)])
    plain = np.stack([mitsuba_renderer.image(0, theta, 31 * seed + k) for k in range(REPEATS)])

    error = np.sqrt((np.var(fast.mean((1, 2)), ddof=1) + np.var(plain.mean((1, 2)), ddof=1)) / REPEATS)
    assert fast.mean() == pytest.approx(float(plain.mean()), rel=0.002, abs=4 * float(error))
    # Welch's test per pixel, corrected for their number. Pixels that no repetition varies are left out.
    varied = (fast.std(0) > 1e-6) & (plain.std(0) > 1e-6)
    p = stats.ttest_ind(fast[:, varied], plain[:, varied], equal_var=False).pvalue
    assert p.min() > 1e-3 / varied.sum()
    # Small systematic differences would push the whole distribution of p away from uniform.
    assert np.mean(p < 0.05) < 0.12


@pytest.mark.parametrize("seed", range(-1, 4))
def test_gradients_agree(bases, transport_tracer, mitsuba_renderer, seed):
    """For random materials, and for one near the sharp end of the roughness."""
    sharp = np.array([0.8, 0.06, 0.5, 1.0, 0.2], np.float32)
    theta = sharp if seed < 0 else random_theta(mitsuba_renderer.parameters, seed)
    rng = np.random.default_rng(3)
    direction = rng.random(bases[0].shape[1:]).astype(np.float32)
    renderer = TransportRenderer(transport_tracer.separation, bases)
    fast = []
    for repeat in range(REPEATS):
        tensor = torch.from_numpy(theta)[None].requires_grad_()
        (renderer.render([repeat], tensor)[0] * torch.from_numpy(direction)).sum().backward()
        fast.append(tensor.grad[0].numpy())
    plain = [mitsuba_renderer.gradient(0, theta, repeat, direction) for repeat in range(REPEATS)]
    scale = np.abs(np.mean(plain, 0))
    error = np.sqrt((np.var(fast, 0, ddof=1) + np.var(plain, 0, ddof=1)) / REPEATS)
    # Derivatives below a millionth per pixel are none: at high roughness the specular lobe all but vanishes.
    none = 1e-6 * direction.size
    assert np.all(np.abs(np.mean(fast, 0) - np.mean(plain, 0)) < 4 * error + 0.005 * scale + none)


@pytest.mark.parametrize("column", range(5))
def test_mitsuba_gradient_is_that_of_finite_differences(mitsuba_renderer, column):
    theta = np.array([0.8, 0.6, 0.5, 1.0, 0.2], np.float32)
    ones = np.ones((mitsuba_renderer.geometry.size,) * 2, np.float32)
    gradient = np.mean([mitsuba_renderer.gradient(0, theta, seed, ones)[column] for seed in range(4)])
    step = np.zeros(5, np.float32)
    step[column] = 0.02 * theta[column]
    # The paths depend on roughness, so only the mean over seeds has the derivative: allow for their noise.
    finite = [
        (mitsuba_renderer.image(0, theta + step, seed).sum() - mitsuba_renderer.image(0, theta - step, seed).sum())
        / (2 * step[column])
        for seed in range(5, 11)
    ]
    noise = np.std(finite, ddof=1) / np.sqrt(len(finite))
    assert gradient == pytest.approx(np.mean(finite), rel=0.05, abs=5 * noise)


def test_render_through_autograd(mitsuba_renderer):
    theta = torch.tensor([[0.8, 0.6, 0.5, 1.0, 0.2]], requires_grad=True)
    image = mitsuba_renderer.render([1], theta)
    image.sum().backward()
    assert image.shape == (1, 48, 48)
    assert (theta.grad[0, [0, 3, 4]] > 0).all()
