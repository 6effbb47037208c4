from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.rendering.emission import separate
from diffrendergan.rendering.lobes import index_of_refraction, normal_reflectance


def test_index_of_refraction_of_the_default_is_one_and_a_half():
    assert index_of_refraction(0.5) == pytest.approx(1.5)
    assert index_of_refraction(0.0) == 1.0


UNBOUNDED = ("base_color", "roughness", "spec_tint", "sheen", "clearcoat")
BOUNDED = ("metallic", "flatness", "clearcoat_gloss")
NUMBER, SHARE = st.floats(0.05, 3.0), st.floats(0.05, 0.95)
PARAMETERS = {
    **dict.fromkeys(UNBOUNDED, st.one_of(NUMBER, st.just(Learned(learn=(0.02, 4.0))))),
    **dict.fromkeys(BOUNDED, st.one_of(SHARE, st.just(Learned(learn=(0.0, 1.0))))),
}


def term_by_term(separation, value, raw):
    """Return the image by the formula of the BSDF, with nothing folded; `raw` holds every term at every knot."""
    smooth, lobes, coats = raw
    r, c, m = (value[name] for name in ("roughness", "base_color", "metallic"))
    f, t = value["flatness"], value["spec_tint"]
    at_roughness = separation.tables["lobe"].weights(torch.tensor(r)).double().numpy()
    at_gloss = separation.tables["coat"].weights(torch.tensor(value["clearcoat_gloss"])).double().numpy()
    fresnel, plain, schlick = lobes @ at_roughness
    powers = np.array([1.0, r, r**2])
    image = (1 - m) * c * ((1 - f) * powers @ smooth[:3] + f * powers @ smooth[3:6])
    image += (1 - m) * value["sheen"] * smooth[6] + value["clearcoat"] / 4 * coats @ at_gloss
    if value["specular"] > 0:
        r0 = normal_reflectance(value["specular"])
        image += (1 - m) * ((1 - t) * fresnel + t * (r0 * plain + (1 - r0) * schlick))
        image += m * (c * plain + (1 - c) * schlick)
    return image


def integrals_of(separation, raw):
    """Return what the tracer would integrate of raw terms."""
    smooth, lobes, coats = raw
    found = []
    for row in separation.rows:
        mixture = np.array(row.mixture)
        found.append(
            {"smooth": lambda m: [m @ smooth], "lobe": lambda m: m @ lobes, "coat": lambda m: m[0] * coats}[row.kind](
                mixture
            )
        )
    return np.concatenate(found)


@given(
    st.fixed_dictionaries({**PARAMETERS, "specular": st.sampled_from([0.0, 0.2, 0.5, 1.0])}),
    st.fixed_dictionaries({**dict.fromkeys(UNBOUNDED, NUMBER), **dict.fromkeys(BOUNDED, SHARE)}),
    st.integers(0, 2**31),
)
@settings(deadline=None, max_examples=80)
def test_any_split_into_fixed_and_learned_gives_the_same_image(parameters, draws, seed):
    """Folding what is fixed changes neither value nor meaning of the sum."""
    assume(not (parameters["specular"] == 0 and isinstance(parameters["spec_tint"], Learned)))
    material = MaterialConfig(**parameters)
    value = {name: draws[name] if isinstance(given, Learned) else given for name, given in parameters.items()}
    separation = separate(material, 6, 5)
    rng = np.random.default_rng(seed)
    raw = rng.random(7), rng.random((3, len(separation.tables["lobe"]))), rng.random(len(separation.tables["coat"]))
    integrals = integrals_of(separation, raw)
    assert len(integrals) == separation.integrals
    weights = separation.weights(lambda name: torch.tensor([float(value[name])]), 1)
    assert weights.shape == (1, separation.basis_count) == (1, len(separation.describe()))
    folded = float(weights[0].double() @ torch.from_numpy(separation.fold @ integrals))
    assert folded == pytest.approx(term_by_term(separation, value, raw), rel=1e-4)


def test_a_learned_colour_alone_needs_two_images():
    separation = separate(MaterialConfig(base_color=Learned(learn=(0.01, 0.4))), 12)
    assert separation.basis_count == 2
    assert sorted(separation.describe()) == ["1", "base_color"]


def test_four_learned_parameters_need_four_images_and_two_for_each_knot():
    names = ("base_color", "roughness", "spec_tint", "sheen")
    material = MaterialConfig(**{name: Learned(learn=(0.01, 5.0)) for name in names})
    assert separate(material, 16).basis_count == 4 + 2 * 16


def test_everything_fixed_is_one_image():
    everything = MaterialConfig(metallic=0.3, flatness=0.2, clearcoat=0.4, clearcoat_gloss=0.5, sheen=1.0)
    assert separate(everything, 12).basis_count == 1


def test_some_kinds_alone_have_the_integrals_of_those_rows_in_the_same_order():
    material = MaterialConfig(
        roughness=Learned(learn=(0.1, 2.0)), spec_tint=Learned(learn=(0.0, 1.0)), clearcoat=Learned(learn=(0.0, 1.0))
    )
    separation = separate(material, 5)
    lobe, coat = separation.only(("lobe",)), separation.only(("coat",))
    assert (lobe.integrals, coat.integrals) == (10, 1)
    parts = [separation.only((kind,)).rows for kind in ("smooth", "lobe", "coat")]
    assert sum(parts, ()) == separation.rows
    assert separation.only(("lobe", "coat")).rows == lobe.rows + coat.rows


@pytest.mark.parametrize(
    "material", [{"anisotropic": 0.1}, {"spec_trans": 0.1}, {"specular": Learned(learn=(0.1, 1.0))}]
)
def test_what_does_not_separate_is_refused(material):
    with pytest.raises(ValueError, match=f"{next(iter(material))} is .* does not separate"):
        separate(MaterialConfig(**material), 12)


LEARNED = {
    **dict.fromkeys(UNBOUNDED, (0.05, 5.0)),
    **dict.fromkeys(BOUNDED, (0.0, 1.0)),
}


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("position", [0.03, 0.3, 0.6, 0.97])
def test_weights_have_the_derivatives_of_finite_differences(name, position):
    material = MaterialConfig(**{key: Learned(learn=ends) for key, ends in LEARNED.items()})
    separation = separate(material, 12)
    names = list(material.learned())
    images = torch.from_numpy(np.random.default_rng(0).random(separation.basis_count))

    def image(theta):
        return separation.weights(lambda key: theta[None, names.index(key)], 1).double() @ images

    theta = torch.full((len(names),), 0.7, dtype=torch.float64)
    low, high = LEARNED[name]
    column = names.index(name)
    theta[column] = low + position * (high - low)
    theta.requires_grad_()
    image(theta).sum().backward()
    step = torch.zeros_like(theta)
    # Near an end of its range a lobe's width changes fast.
    step[column] = 2e-3 * (high - low) * min(position, 1 - position)
    finite = (image(theta.detach() + step) - image(theta.detach() - step)).item() / (2 * step.sum().item())
    assert theta.grad[column].item() == pytest.approx(finite, rel=2e-3, abs=1e-4)


def test_a_material_with_a_value_out_of_range_is_refused():
    with pytest.raises(ValidationError, match="lies between 0 and 1"):
        MaterialConfig(metallic=1.5)
