"""Edges, open sky and side of secondary electrons: the formula, single rays, derivatives, and what they look like."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import SecondaryElectronsConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.rendering.emission import separate
from diffrendergan.rendering.materials.secondary_electrons import LEAST_COSINE
from diffrendergan.rendering.separation import Around
from diffrendergan.rendering.transport_renderer import TransportRenderer

RANGES = {
    "base": (0.0, 1.0),
    "electron_yield": (0.0, 1.0),
    "edge_yield": (-1.0, 2.0),
    "edge_length": (0.02, 0.6),
    "sky": (0.0, 1.0),
    "side": (0.0, 1.0),
    "azimuth_deg": (0.0, 360.0),
}
ALL = SecondaryElectronsConfig(**{name: Learned(learn=ends) for name, ends in RANGES.items()})
"""With the tilt exponent at 1."""
USUAL = {"base": 0.2, "electron_yield": 0.3, "edge_yield": 0.7, "edge_length": 0.15, "sky": 0.6, "side": 0.8}
USUAL |= {"azimuth_deg": 35.0}
BLACK = SecondaryElectronsConfig(base=0.0, electron_yield=0.0)
STAGE = SecondaryElectronsConfig(base=Learned(learn=(0.0, 0.4)), electron_yield=0.0)


def emitted(value, cosine, chord):
    rise = value["electron_yield"] / np.maximum(cosine, LEAST_COSINE)
    return value["base"] + rise + value["edge_yield"] * np.exp(-chord / value["edge_length"])


def leaning(value, towards):
    """Return the collection from directions in the scene, whose −z is the image's right and −x is up."""
    turn = math.radians(value["azimuth_deg"])
    return 1 - value["side"] * (towards[2] * math.cos(turn) + towards[0] * math.sin(turn))


@pytest.mark.parametrize(
    "learned", [(), ("sky",), ("edge_length", "side"), ("azimuth_deg", "edge_yield"), tuple(RANGES)]
)
@pytest.mark.parametrize("length", [0.02, 0.07, 0.33, 0.6])
def test_weighted_terms_are_the_formula(mitsuba, learned, length):
    value = {**USUAL, "edge_length": length}
    material = SecondaryElectronsConfig(
        **{name: Learned(learn=RANGES[name]) if name in learned else number for name, number in value.items()}
    )
    separation = separate(material, 16)
    rng = np.random.default_rng(0)
    cosine, light, chord = (rng.uniform(0.05, 1, 300).astype(np.float32) for _ in range(3))
    towards = rng.normal(size=(3, 300)).astype(np.float32)
    towards /= np.linalg.norm(towards, axis=0)
    wi, wo = (mitsuba.Vector3f(np.sqrt(1 - c**2), 0 * c, c) for c in (cosine, light))
    around = Around(mitsuba.Vector3f(*towards), mitsuba.Float(chord))
    terms = separation.emission.integrands(mitsuba, separation, wi, wo, wi, None, around)
    values = np.stack([np.asarray(mitsuba.Float(term)) for term in terms])
    weights = separation.weights(lambda name: torch.tensor([value[name]]), 1)[0].numpy()
    # As if the lights shone from everywhere with 0.7.
    lit = np.where(separation.under_sky, 1.0, 0.7)[:, None]
    collected = (1 - value["sky"]) * 0.7 + value["sky"] * leaning(value, towards)
    expected = emitted(value, cosine, chord) * collected * light / math.pi
    np.testing.assert_allclose(weights @ (separation.fold @ (values * lit)), expected, rtol=0.005, atol=2e-4)


def test_what_is_fixed_is_folded_and_what_is_off_costs_nothing():
    assert separate(SecondaryElectronsConfig(), 16).basis_count == 1
    assert separate(SecondaryElectronsConfig(edge_yield=0.3, sky=0.5, side=0.2, azimuth_deg=90), 16).basis_count == 1
    assert separate(SecondaryElectronsConfig(sky=Learned(learn=(0, 1))), 16).basis_count == 2
    some = SecondaryElectronsConfig(sky=0.5, side=0.5, azimuth_deg=Learned(learn=(0, 360)))
    assert separate(some, 16).basis_count == 3
    assert not separate(SecondaryElectronsConfig(), 16).chords
    assert SecondaryElectronsConfig().model_dump(mode="json") == {
        "model": "secondary_electrons",
        "base": 0.1,
        "electron_yield": 0.3,
        "tilt_exponent": 1.0,
    }


@pytest.fixture(scope="module")
def renderer(make_tracer, spheres, phis):
    config = RenderingConfig(particle=ALL, stage=STAGE)
    tracer = make_tracer(config, spheres(3), pixel_samples=64, directions=32)
    return tracer, TransportRenderer(tracer.separation, [tracer.images(phis[0], 0)])


def drawn(fast, **value):
    theta = torch.tensor([[*({**USUAL, **value}[name] for name in RANGES), 0.0]])  # over a black stage
    return fast.render([0], theta)[0].numpy()


def integrated(tracer, value, rays=500):
    """Return the image: plain Monte Carlo, a camera ray and a light ray at a time."""
    import drjit as dr

    mi, size = tracer.tracer.mi, tracer.geometry.size
    rng, total = np.random.default_rng(0), np.zeros(size * size)
    row, column = (number.ravel() + 0.5 for number in np.mgrid[:size, :size])
    for _ in range(rays):
        x, y = (mi.Float(np.float32(at + rng.normal(0, 0.5, size * size))) for at in (column, row))
        beam = tracer.tracer.camera_rays(x, y)
        hits = tracer.tracer.scene.ray_intersect(beam, mi.RayFlags.All, coherent=True)
        # Where the beam comes out of the same sphere, by the sphere's own formula.
        spheres = np.concatenate([[[0, 0, 0, 1]], tracer.tracer.spheres])[np.asarray(tracer.tracer.owner(hits))].T
        direction, origin = np.array(beam.d, float), np.array(beam.o, float).reshape(3, 1)
        middle = -((origin - spheres[:3]) * direction).sum(0)
        away = ((origin + middle * direction - spheres[:3]) ** 2).sum(0)
        chord = 2 * np.sqrt(np.maximum(spheres[3] ** 2 - away, 0))
        wo = mi.warp.square_to_cosine_hemisphere(mi.Point2f(*np.float32(rng.random((2, size * size)))))
        towards = hits.to_world(wo)
        ray = hits.spawn_ray(towards)
        shown = np.asarray(hits.is_valid() & ~tracer.tracer.scene.ray_test(ray))
        light = (1 - value["sky"]) * np.asarray(tracer.tracer.light(ray.o, ray.d).total, float)
        up = np.asarray(dr.select(towards.y > 0, 1.0, 0.0))
        light += value["sky"] * up * leaning(value, np.array(towards, float))
        total += np.where(shown, light * emitted(value, np.asarray(mi.Frame3f.cos_theta(hits.wi), float), chord), 0)
    return total.reshape(size, size) / rays


def test_images_are_what_single_rays_give(renderer, phis):
    tracer, fast = renderer
    image = drawn(fast)
    tracer.tracer.place(tracer.particles.place(phis[0]))
    expected = integrated(tracer, USUAL)
    assert image.sum() == pytest.approx(expected.sum(), rel=0.02)
    # In blocks of 6 × 6 px, to take out the noise of single rays.
    ours, theirs = (part.reshape(8, 6, 8, 6).mean((1, 3)) for part in (image, expected))
    lit = theirs > 0.05
    assert lit.sum() > 8
    np.testing.assert_allclose(ours[lit], theirs[lit], rtol=0.1)


@pytest.fixture(scope="module")
def inside(renderer, phis):
    """Return what is fully covered, its tilt, and how far right of its particle's middle each pixel lies [px]."""
    from diffrendergan.rendering.buffers import trace_buffers

    tracer, _ = renderer
    tracer.tracer.place(tracer.particles.place(phis[0]))
    shown = trace_buffers(tracer.tracer, ["tilt", "coverage", "labels"])
    full, offset = shown["coverage"] > 0.99, np.zeros((2, 48, 48))
    for label in np.unique(shown["labels"])[1:]:
        places = np.nonzero(shown["labels"] == label)
        for axis in (0, 1):
            offset[axis][places] = places[axis] - places[axis].mean()
    return full, shown["tilt"], offset


def test_thin_rims_glow_and_with_a_negative_yield_they_are_dark(renderer, inside):
    full, tilt, _ = inside
    rim, face = full & (tilt > 0.5), full & (tilt < 0.1)
    plain, glow, dark = (drawn(renderer[1], edge_yield=amount, electron_yield=0.0) for amount in (0.0, 1.0, -0.15))
    ratios = [image[rim].mean() / image[face].mean() for image in (plain, glow, dark)]
    assert ratios[1] > 1.3 * ratios[0] > 1.3 * 1.05 * ratios[2]
    # The longer the electrons' way out, the farther from the rim it glows.
    near, far = (drawn(renderer[1], edge_length=length) - drawn(renderer[1], edge_yield=0.0) for length in (0.05, 0.5))
    assert far[face].mean() > 20 * near[face].mean()


@pytest.mark.parametrize(("azimuth", "axis", "sign"), [(0, 1, 1), (90, 0, -1), (180, 1, -1), (270, 0, 1)])
def test_what_faces_the_side_is_brighter(renderer, inside, azimuth, axis, sign):
    full, _, offset = inside
    even, leant = (drawn(renderer[1], side=side, azimuth_deg=float(azimuth), edge_yield=0.0) for side in (0.0, 1.0))
    ratio = leant / np.maximum(even, 1e-6)
    towards, away = full & (sign * offset[axis] > 2), full & (sign * offset[axis] < -2)
    assert ratio[towards].mean() > 1.15 * ratio[away].mean()
    across = [full & (way * offset[1 - axis] > 2) for way in (1, -1)]
    assert ratio[across[0]].mean() == pytest.approx(ratio[across[1]].mean(), rel=0.1)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("position", [0.02, 0.3, 0.6, 0.98])
def test_derivatives_are_those_of_finite_differences(renderer, name, position):
    _, fast = renderer
    assert [spec.name for spec in fast.parameters] == [*(f"particle.{name}" for name in RANGES), "stage.base"]
    theta = torch.tensor([*(USUAL[name] for name in RANGES), 0.1], dtype=torch.float64)
    column, (low, high) = list(RANGES).index(name), RANGES[name]
    theta[column] = low + position * (high - low)
    direction = torch.rand(48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def loss(theta):
        return (fast.render([0], theta[None])[0] * direction).sum()

    theta.requires_grad_()
    loss(theta).backward()
    step = torch.zeros_like(theta)
    step[column] = (high - low) * 0.01 * min(position, 1 - position)
    with torch.no_grad():
        finite = ((loss(theta + step) - loss(theta - step)) / (2 * step[column])).item()
    assert abs(finite) > 1e-3
    assert theta.grad[column].item() == pytest.approx(finite, rel=5e-3, abs=1e-3)


def test_a_stage_has_a_sky_but_no_edges(make_tracer, spheres, phis):
    with pytest.raises(ValueError, match="edge_yield of the stage does nothing"):
        RenderingConfig(particle=ALL, stage=SecondaryElectronsConfig(edge_yield=0.2))
    stage = SecondaryElectronsConfig(base=0.5, electron_yield=0.0, sky=1.0)
    tracer = make_tracer(RenderingConfig(particle=BLACK, stage=stage), spheres(3), pixel_samples=16, directions=4)
    fast = TransportRenderer(tracer.separation, [tracer.images(phis[0], 0)])
    image = fast.render([0], torch.zeros(1, 0))[0]
    # Far from particles nothing hides the sky; beneath them it is darker.
    assert float(image.max()) == pytest.approx(0.5, abs=0.01)
    assert float(image.min()) < 0.3


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"edge_length": Learned(learn=(0.1, 1))}, "edge_yield is 0"),
        ({"side": Learned(learn=(0, 1))}, "sky is 0"),
        ({"sky": 0.5, "azimuth_deg": Learned(learn=(0, 90))}, "side is 0"),
    ],
)
def test_what_cannot_show_is_not_learned(values, reason):
    with pytest.raises(ValueError, match=reason):
        SecondaryElectronsConfig(**values)
