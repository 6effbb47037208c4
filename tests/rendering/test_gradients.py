"""Derivatives of both renderers against finite differences: every parameter that can be learned, over its range."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.rendering.transport_renderer import TransportRenderer

SEPARABLE = {
    "base_color": (0.01, 5.0),
    "roughness": (0.05, 3.0),
    "spec_tint": (0.01, 5.0),
    "sheen": (0.01, 5.0),
    "metallic": (0.0, 1.0),
    "flatness": (0.0, 1.0),
    "clearcoat": (0.0, 2.0),
    "clearcoat_gloss": (0.0, 1.0),
}
TABULATED = {
    # What is not in the table is kept dark, so that the rounding of the table's weights is small beside it.
    "roughness": {"base_color": 0.05, "sheen": 0.05, "metallic": 0.5, "clearcoat": 0.1},
    "clearcoat_gloss": {"base_color": 0.05, "roughness": 2.0, "sheen": 0.05, "clearcoat": 2.0, "metallic": 0.1},
}
NEAR_ENDS_AND_INSIDE = (0.02, 0.25, 0.5, 0.75, 0.98)


@pytest.fixture(scope="module")
def transport(make_tracer, spheres, phis):
    """Render everything that can be learned, on particles and stage, from one set of transport images."""
    material = MaterialConfig(**{name: Learned(learn=ends) for name, ends in SEPARABLE.items()})
    config = RenderingConfig(particle=material, stage=material, transport={"knots": 8, "gloss_knots": 6})
    tracer = make_tracer(config, spheres(3), 24)
    return TransportRenderer(tracer.separation, [tracer.images(phis[0], 0)])


@pytest.mark.parametrize("owner", ["particle", "stage"])
@pytest.mark.parametrize("name", SEPARABLE)
@pytest.mark.parametrize("position", NEAR_ENDS_AND_INSIDE)
def test_transport_derivatives_are_those_of_finite_differences(transport, owner, name, position):
    names = [spec.name for spec in transport.parameters]
    column = names.index(f"{owner}.{name}")
    low, high = (
        torch.tensor([getattr(spec, end) for spec in transport.parameters], dtype=torch.float64)
        for end in ("low", "high")
    )
    others = torch.from_numpy(np.random.default_rng(column).uniform(0.1, 0.9, len(low)))
    theta = low + others * (high - low)
    for other, value in TABULATED.get(name, {}).items():
        theta[[names.index(f"{place}.{other}") for place in ("particle", "stage")]] = value
    theta[column] = low[column] + position * (high[column] - low[column])
    direction = torch.rand(24, 24, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def loss(theta):
        return (transport.render([0], theta[None])[0] * direction).sum()

    theta.requires_grad_()
    loss(theta).backward()
    derivative = theta.grad[column].item()
    # A small part of the way to the nearer end: there the width of a lobe, and with it the spline, changes fastest.
    step = torch.zeros_like(theta)
    step[column] = 0.03 * (high - low)[column] * min(position, 1 - position)
    with torch.no_grad():
        finite = ((loss(theta + step) - loss(theta - step)) / (2 * step[column])).item()
    # All is in double precision, except for the weights of tables.
    rounding = (1e-7 if name in TABULATED else 1e-13) * abs(loss(theta).item()) / step[column].item()
    assert derivative == pytest.approx(finite, rel=5e-3 if name in TABULATED else 1e-6, abs=rounding)
    assert abs(derivative) > 30 * rounding


# Ranges in which lobes are broad and the particles stay in part dielectric and opaque, so that noise is small.
RANGES = {
    "base_color": (0.1, 1.0),
    "roughness": (0.4, 1.0),
    "specular": (0.1, 1.0),
    "spec_tint": (0.0, 1.0),
    "sheen": (0.0, 2.0),
    "metallic": (0.0, 0.6),
    "flatness": (0.0, 1.0),
    "clearcoat": (1.0, 3.0),
    "clearcoat_gloss": (0.0, 0.8),
    "anisotropic": (0.0, 0.8),
    "spec_trans": (0.0, 0.6),
}
LIGHTS = {"ring": (0.5, 1.5), "slab": (0.1, 1.0)}
NAMES = [*(f"particle.{name}" for name in RANGES), "stage.base_color", *(f"light.{name}" for name in LIGHTS)]
QUIET = ("base_color", "spec_tint", "sheen", "flatness", "ring", "slab")
"""The directions that Mitsuba samples do not depend on them, so a few seeds will do."""
OTHERS = {
    # The coat's width changes little light: seen best if nothing else shines.
    "clearcoat_gloss": {
        "particle.base_color": 0.1,
        "particle.roughness": 1.0,
        "particle.specular": 0.3,
        "particle.sheen": 0.0,
        "particle.metallic": 0.0,
        "particle.clearcoat": 3.0,
        "particle.anisotropic": 0.0,
        "particle.spec_trans": 0.0,
        "light.ring": 0.5,
        "light.slab": 1.0,
    }
}
POSITIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
STEP = 0.1
"""Differences over a fifth of the range, from end to end: over less, Mitsuba's choice of lobes changes for so few
samples that their error is not seen in the spread of a few seeds."""
FILM = 16


class MitsubaDerivatives:
    """Both derivatives of the summed image, at points whose other parameters lie anywhere in their ranges."""

    def __init__(self, renderer):
        self.renderer = renderer
        names = [spec.name for spec in renderer.parameters]
        assert names == NAMES
        self.low, self.high = (
            np.array([getattr(spec, end) for spec in renderer.parameters]) for end in ("low", "high")
        )
        rng = np.random.default_rng(1)
        # Each parameter takes each position once.
        self.order = np.stack([rng.permutation(len(POSITIONS)) for _ in NAMES], axis=1)
        self.seeds = [int(seed) for seed in rng.integers(2**31, size=20)]
        self.known = {}

    def theta(self, column, position):
        row = int(np.flatnonzero(self.order[:, column] == POSITIONS.index(position))[0])
        theta = self.low + np.take(POSITIONS, self.order[row]) * (self.high - self.low)
        for name, value in OTHERS.get(NAMES[column].split(".")[1], {}).items():
            theta[NAMES.index(name)] = value
        return theta.astype(np.float32)

    def analytic(self, column, position):
        theta = self.theta(column, position)
        if theta.tobytes() not in self.known:
            ones = np.ones((FILM, FILM), np.float32)
            self.known[theta.tobytes()] = np.stack(
                [self.renderer.gradient(0, theta, seed, ones) for seed in self.seeds[:8]]
            )
        return self.known[theta.tobytes()][:, column]

    def finite(self, column, position):
        theta, step = self.theta(column, position), np.zeros(len(NAMES), np.float32)
        step[column] = STEP * (self.high - self.low)[column]
        count = 3 if NAMES[column].split(".")[1] in QUIET else 6
        ends = [
            [self.renderer.image(0, theta + sign * step, seed).sum(dtype=float) for sign in (1, -1)]
            for seed in self.seeds[8 : 8 + count]
        ]
        return np.array([(above - below) / (2 * step[column]) for above, below in ends])


@pytest.fixture(scope="module")
def derivatives(make_mitsuba, spheres):
    """Three spheres that fill most of the film, and learn everything."""
    phis = np.array([[[-1.2, -1.4, 0.0, 1.7], [1.4, 1.0, 0.5, 1.7], [1.8, -2.0, -1.0, 1.4]]], np.float32)
    config = RenderingConfig(
        particle=MaterialConfig(**{name: Learned(learn=ends) for name, ends in RANGES.items()}),
        stage=MaterialConfig(base_color=Learned(learn=(0.01, 0.4))),
        **{f"{name}_radiance": Learned(learn=ends) for name, ends in LIGHTS.items()},
        spp=64,
    )
    return MitsubaDerivatives(make_mitsuba(config, spheres(3), phis, FILM, stratified=True))


@pytest.mark.parametrize("name", NAMES)
def test_mitsuba_derivatives_are_those_of_finite_differences(derivatives, name):
    column = NAMES.index(name)
    pairs = [(derivatives.analytic(column, at), derivatives.finite(column, at)) for at in POSITIONS]
    scale = max(abs(finite.mean()) for _, finite in pairs)
    for analytic, finite in pairs:
        difference = analytic.mean() - finite.mean()
        error = np.hypot(*(np.std(values, ddof=1) / np.sqrt(len(values)) for values in (analytic, finite)))
        # The power of the comparison: a derivative that is wrong by a fifth, or missing, must be seen.
        assert error < 0.2 * scale
        # The curve bends within a step; 3 % is more than that does.
        allowed = 0.03 * abs(finite.mean())
        nearer = finite + np.clip(difference, -allowed, allowed)
        p = stats.ttest_ind(analytic, nearer, equal_var=False).pvalue
        assert p > 1e-3 / (len(NAMES) * len(POSITIONS))
    # All five points together would show a small error that none of them does.
    means = np.array([[values.mean() for values in pair] for pair in pairs])
    errors = np.array([[np.std(values, ddof=1) / np.sqrt(len(values)) for values in pair] for pair in pairs])
    together = np.abs(np.diff(means.sum(0))[0])
    assert together < 4.5 * np.sqrt((errors**2).sum()) + 0.03 * np.abs(means).sum()
