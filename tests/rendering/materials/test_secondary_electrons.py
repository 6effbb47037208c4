"""Secondary electrons: the terms against the formula, images against light integrated ray by ray, derivatives."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig, SecondaryElectronsConfig
from diffrendergan.config.scene import MaterialGroup, RenderingConfig
from diffrendergan.errors import ConfigError
from diffrendergan.rendering.choice import chosen_renderer
from diffrendergan.rendering.emission import separate
from diffrendergan.rendering.materials.secondary_electrons import KNOTS, LEAST_COSINE
from diffrendergan.rendering.transport_renderer import TransportRenderer

RANGES = {"base": (0.0, 1.0), "electron_yield": (0.0, 1.0), "tilt_exponent": (0.0, 3.0)}
ALL = SecondaryElectronsConfig(**{name: Learned(learn=ends) for name, ends in RANGES.items()})
STAGE = MaterialConfig(base_color=Learned(learn=(0.0, 0.4)), specular=0.0)


def yield_of(value, cosine):
    """Return what a point sends to the camera per light that arrives, by the formula."""
    steep = np.maximum(cosine, LEAST_COSINE) ** -value["tilt_exponent"]
    return value["base"] + value["electron_yield"] * steep


@pytest.mark.parametrize(
    "learned", [(), ("base",), ("tilt_exponent",), ("electron_yield", "tilt_exponent"), tuple(RANGES)]
)
@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.3, 2.9])
def test_weighted_terms_are_the_formula(mitsuba, learned, exponent):
    value = {"base": 0.2, "electron_yield": 0.6, "tilt_exponent": exponent}
    material = SecondaryElectronsConfig(
        **{name: Learned(learn=RANGES[name]) if name in learned else number for name, number in value.items()}
    )
    separation = separate(material, 16)
    cosine, light = np.meshgrid(np.linspace(0.02, 1, 60), np.linspace(0.05, 1, 5))
    wi, wo = (
        mitsuba.Vector3f(*(part.ravel().astype(np.float32) for part in (np.sqrt(1 - c**2), 0 * c, c)))
        for c in (cosine, light)
    )
    terms = separation.emission.integrands(mitsuba, separation, wi, wo, wi)
    values = np.stack([np.asarray(mitsuba.Float(term)) for term in terms])
    weights = separation.weights(lambda name: torch.tensor([value[name]]), 1)[0].numpy()
    expected = yield_of(value, cosine) * light / math.pi
    np.testing.assert_allclose(weights @ (separation.fold @ values), expected.ravel(), rtol=0.01)


def test_what_is_fixed_is_folded():
    assert separate(SecondaryElectronsConfig(), 16).basis_count == 1
    assert separate(SecondaryElectronsConfig(base=Learned(learn=(0, 1))), 16).basis_count == 2
    assert separate(ALL, 16).basis_count == 1 + KNOTS
    assert separate(SecondaryElectronsConfig(electron_yield=0.0), 16).basis_count == 1


@pytest.fixture(scope="module")
def renderer(make_tracer, spheres, phis):
    config = RenderingConfig(particle=ALL, stage=STAGE)
    tracer = make_tracer(config, spheres(3), pixel_samples=64, directions=32)
    return tracer, TransportRenderer(tracer.separation, [tracer.images(phis[0], 0)])


def integrated(tracer, value, rays=500):
    """Return the light of the particles (S, S): plain Monte Carlo, a camera ray and a light ray at a time."""
    import drjit as dr

    mi, size = tracer.tracer.mi, tracer.geometry.size
    rng, total = np.random.default_rng(0), np.zeros(size * size)
    row, column = (number.ravel() + 0.5 for number in np.mgrid[:size, :size])
    for _ in range(rays):
        x, y = (mi.Float(np.float32(at + rng.normal(0, 0.5, size * size))) for at in (column, row))
        hits = tracer.tracer.scene.ray_intersect(tracer.tracer.camera_rays(x, y), mi.RayFlags.All, coherent=True)
        wo = mi.warp.square_to_cosine_hemisphere(mi.Point2f(*np.float32(rng.random((2, size * size)))))
        ray = hits.spawn_ray(hits.to_world(wo))
        dark = tracer.tracer.scene.ray_test(ray) | ~hits.is_valid()
        light = np.asarray(dr.select(dark, 0.0, tracer.tracer.light(ray.o, ray.d).total), float)
        total += light * yield_of(value, np.asarray(mi.Frame3f.cos_theta(hits.wi), float))
    return total.reshape(size, size) / rays


def test_images_are_what_single_rays_give(renderer, phis):
    tracer, fast = renderer
    value = {"base": 0.15, "electron_yield": 0.4, "tilt_exponent": 1.45}
    image = fast.render([0], torch.tensor([[*value.values(), 0.0]]))[0].numpy()  # over a black stage
    tracer.tracer.place(tracer.particles.place(phis[0]))
    expected = integrated(tracer, value)
    assert image.sum() == pytest.approx(expected.sum(), rel=0.01)
    # In blocks of 6 × 6 px, to take out the noise of single rays.
    ours, theirs = (part.reshape(8, 6, 8, 6).mean((1, 3)) for part in (image, expected))
    lit = theirs > 0.05
    assert lit.sum() > 8
    np.testing.assert_allclose(ours[lit], theirs[lit], rtol=0.1)


def test_rims_glow_the_more_the_higher_the_exponent(renderer):
    from diffrendergan.rendering.buffers import trace_buffers

    tracer, fast = renderer
    tilt = trace_buffers(tracer.tracer, ["tilt", "coverage"])
    full = tilt["coverage"] > 0.99
    rim, face = full & (tilt["tilt"] > 0.5), full & (tilt["tilt"] < 0.1)
    ratios = []
    for exponent in (0.0, 1.0, 2.0):
        image = fast.render([0], torch.tensor([[0.0, 0.5, exponent, 0.1]]))[0].numpy()
        ratios.append(image[rim].mean() / image[face].mean())
    assert ratios[1] > 1.5 * ratios[0] and ratios[2] > 1.5 * ratios[1]


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("position", [0.02, 0.3, 0.6, 0.98])
def test_derivatives_are_those_of_finite_differences(renderer, name, position):
    _, fast = renderer
    names = [spec.name for spec in fast.parameters]
    assert names == [*(f"particle.{name}" for name in RANGES), "stage.base_color"]
    theta = torch.tensor([0.3, 0.4, 1.2, 0.1], dtype=torch.float64)
    column, high = list(RANGES).index(name), RANGES[name][1]
    theta[column] = position * high
    direction = torch.rand(48, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def loss(theta):
        return (fast.render([0], theta[None])[0] * direction).sum()

    theta.requires_grad_()
    loss(theta).backward()
    step = torch.zeros_like(theta)
    step[column] = 0.01 * high * min(position, 1 - position) + 1e-3
    with torch.no_grad():
        finite = ((loss(theta + step) - loss(theta - step)) / (2 * step[column])).item()
    assert theta.grad[column].item() == pytest.approx(finite, rel=3e-3)


def test_materials_of_both_models_stand_in_one_scene(make_tracer, spheres, phis):
    group = MaterialGroup(name="glow", meshes=(1,), material=ALL)
    config = RenderingConfig(particle=MaterialConfig(base_color=Learned(learn=(0, 1))), groups=(group,), stage=ALL)
    tracer = make_tracer(config, spheres(3), pixel_samples=16, directions=4)
    assert [spec.name for spec in tracer.separation.parameters] == [
        "particle.base_color",
        *(f"{owner}.{name}" for owner in ("glow", "stage") for name in RANGES),
    ]
    images = tracer.images(phis[0], 0)
    assert [covered.basis_count for covered in images.particles] == [2, 1 + KNOTS]
    renderer = TransportRenderer(tracer.separation, [images])
    # Without tilt, a stage of base colour b is a matt one.
    theta = torch.tensor([[0.5, 0.1, 0.2, 1.0, 0.3, 0.0, 0.0]])
    matt = config.model_copy(update={"stage": SecondaryElectronsConfig(base=0.3, electron_yield=0.0)})
    other = make_tracer(matt, spheres(3), pixel_samples=16, directions=4)
    fixed = TransportRenderer(other.separation, [other.images(phis[0], 0)])
    torch.testing.assert_close(renderer.render([0], theta), fixed.render([0], theta[:, :4]), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"renderer": "mitsuba"}, "`rendering.renderer` is mitsuba, but `rendering.particle`: Mitsuba has no BSDF"),
        ({"slab_normals": "authors"}, "together with `slab_normals: authors`, which needs the mitsuba renderer, but"),
        ({"ring_radiance": Learned(learn=(0.5, 1))}, "`rendering.ring_radiance` is learned, which needs the mitsuba"),
    ],
)
def test_what_no_renderer_can_draw_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        chosen_renderer(RenderingConfig(particle=ALL, **change))
    assert chosen_renderer(RenderingConfig(particle=ALL)) == "transport"
