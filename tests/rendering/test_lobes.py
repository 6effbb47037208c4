"""The separated terms against Mitsuba's own BSDF."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig
from diffrendergan.rendering.emission import separate
from diffrendergan.rendering.lobes import integrands

PAIRS = 500
HIGHEST = {
    "base_color": 3.0,
    "roughness": 3.0,
    "spec_tint": 3.0,
    "sheen": 3.0,
    "clearcoat": 3.0,
    "metallic": 1.0,
    "flatness": 1.0,
    "clearcoat_gloss": 1.0,
}


@pytest.fixture(scope="module")
def directions(mitsuba):
    """Random directions above the surface, grazing ones among them, to the camera and to the light."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(2):
        vector = rng.normal(size=(3, PAIRS))
        vector[2] = np.abs(vector[2]) + 0.02
        vector /= np.linalg.norm(vector, axis=0)
        found.append(mitsuba.Vector3f(*vector.astype(np.float32)))
    return found


def random_material(rng, specular):
    """Return values of all parameters, and which of them are learned."""
    value = {name: float(rng.uniform(0.05, 0.98 * high)) for name, high in HIGHEST.items()} | {"specular": specular}
    for name in ("sheen", "metallic", "flatness", "clearcoat"):  # exactly zero now and then, which leaves out a lobe
        if rng.random() < 0.15:
            value[name] = 0.0
    learned = {name for name in HIGHEST if rng.random() < 0.5}
    if specular == 0:
        learned.discard("spec_tint")
    if value["clearcoat"] == 0 and "clearcoat" not in learned:
        learned.discard("clearcoat_gloss")
    return value, learned


@pytest.mark.parametrize("draw", range(25))
def test_weighted_terms_are_the_bsdf_of_mitsuba(mitsuba, directions, draw):
    import drjit as dr

    rng = np.random.default_rng(draw)
    value, learned = random_material(rng, specular=[0.0, 0.3, 0.5, 1.0][draw % 4])
    # Ranges start at the value, so that it lies on a knot and nothing is interpolated.
    material = MaterialConfig(
        **{
            name: Learned(learn=(number, HIGHEST[name] + 0.5 * (HIGHEST[name] > 1))) if name in learned else number
            for name, number in value.items()
        }
    )
    separation = separate(material, 5, 4)
    wi, wo = directions
    terms = integrands(mitsuba, separation, wi, wo, dr.normalize(wi + wo))
    values = np.stack([np.broadcast_to(np.asarray(mitsuba.Float(term)), PAIRS) for term in terms])
    weights = separation.weights(lambda name: torch.tensor([value[name]]), 1)[0].numpy()

    bsdf = mitsuba.load_dict(
        {
            "type": "principled",
            **value,
            "base_color": {"type": "uniform", "value": value["base_color"]},
        }
    )
    interaction = dr.zeros(mitsuba.SurfaceInteraction3f, PAIRS)
    interaction.wi = wi
    expected = np.asarray(bsdf.eval(mitsuba.BSDFContext(), interaction, wo)).ravel()
    assert expected.max() > 0.01
    np.testing.assert_allclose(weights @ (separation.fold @ values), expected, rtol=0, atol=1e-5 * expected.max())
