from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.config.base import Learned
from diffrendergan.config.scene import MaterialConfig
from diffrendergan.rendering.principled import index_of_refraction, roughness_knots, separate, spline_weights


def test_index_of_refraction_of_the_default_is_one_and_a_half():
    assert index_of_refraction(0.5) == pytest.approx(1.5)
    assert index_of_refraction(0.0) == 1.001


def test_knots_span_the_range_but_not_below_the_smallest_lobe():
    knots = roughness_knots(MaterialConfig(roughness=Learned(learn=(0.01, 5.0))), 12)
    assert knots[0] == pytest.approx(np.sqrt(1e-3))
    assert knots[-1] == pytest.approx(5.0)
    assert roughness_knots(MaterialConfig(roughness=0.5), 12).tolist() == [0.5]


@given(st.floats(0.04, 4.9))
@settings(deadline=None, max_examples=30)
def test_spline_reproduces_a_cubic_in_log_roughness(roughness):
    knots = roughness_knots(MaterialConfig(roughness=Learned(learn=(0.01, 5.0))), 12)
    cubic = np.polynomial.Polynomial([0.3, -1.0, 0.5, 0.2])
    weights = spline_weights(knots, torch.tensor([roughness]))[0].numpy()
    assert weights @ cubic(np.log(knots)) == pytest.approx(cubic(np.log(roughness)), abs=1e-4)


def test_spline_is_exact_at_knots_and_constant_outside():
    knots = roughness_knots(MaterialConfig(roughness=Learned(learn=(0.1, 2.0))), 7)
    at_knots = spline_weights(knots, torch.tensor(knots))
    np.testing.assert_allclose(at_knots, np.eye(7), atol=1e-5)
    np.testing.assert_allclose(spline_weights(knots, torch.tensor([0.01])), np.eye(7)[:1], atol=1e-6)


NUMBER = st.floats(0.05, 3.0)
PARAMETER = st.one_of(NUMBER, st.just(Learned(learn=(0.02, 4.0))))


@given(
    st.builds(MaterialConfig, base_color=PARAMETER, roughness=PARAMETER, spec_tint=PARAMETER, sheen=PARAMETER),
    st.tuples(NUMBER, NUMBER, NUMBER, NUMBER),
    st.integers(0, 2**31),
)
@settings(deadline=None, max_examples=60)
def test_any_split_into_fixed_and_learned_gives_the_same_image(material, draws, seed):
    """Folding what is fixed changes neither value nor meaning of the sum."""
    names = ("base_color", "roughness", "spec_tint", "sheen")
    value = {
        name: draw if isinstance(getattr(material, name), Learned) else getattr(material, name)
        for name, draw in zip(names, draws, strict=True)
    }
    separation = separate(material, 6)
    count = len(separation.knots)
    raw = np.random.default_rng(seed).random(4 + 2 * count)
    weights = separation.weights(lambda name: torch.tensor([float(value[name])]))
    folded = float(weights[0].double() @ torch.from_numpy(separation.fold @ raw))

    knot_weights = spline_weights(separation.knots, torch.tensor(value["roughness"])).double().numpy().ravel()
    r, t = value["roughness"], value["spec_tint"]
    diffuse = raw[0] + r * raw[1] + r**2 * raw[2]
    specular = (1 - t) * knot_weights @ raw[4 : 4 + count] + t * knot_weights @ raw[4 + count :]
    assert folded == pytest.approx(value["base_color"] * diffuse + value["sheen"] * raw[3] + specular, rel=1e-4)


def test_a_learned_colour_alone_needs_two_images():
    assert separate(MaterialConfig(base_color=Learned(learn=(0.01, 0.4))), 12).basis_count == 2


@pytest.mark.parametrize("name", ["base_color", "roughness", "spec_tint", "sheen"])
@pytest.mark.parametrize("position", [0.03, 0.3, 0.6, 0.97])
def test_weights_have_the_derivatives_of_finite_differences(name, position):
    low, high = 0.05, 5.0
    material = MaterialConfig(
        **{key: Learned(learn=(low, high)) for key in ("base_color", "roughness", "spec_tint", "sheen")}
    )
    separation = separate(material, 12)
    names = list(material.learned())
    images = torch.from_numpy(np.random.default_rng(0).random(separation.basis_count)).float()

    def image(theta):
        return separation.weights(lambda key: theta[None, names.index(key)]) @ images

    theta = torch.full((4,), 0.7)
    theta[names.index(name)] = low + position * (high - low)
    theta.requires_grad_()
    image(theta).sum().backward()
    step = torch.zeros(4)
    step[names.index(name)] = 2e-3 * theta[names.index(name)].item()
    finite = (image(theta.detach() + step) - image(theta.detach() - step)).item() / (2 * step.sum().item())
    assert theta.grad[names.index(name)].item() == pytest.approx(finite, rel=2e-2, abs=1e-3)
