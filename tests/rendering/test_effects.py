"""What a configuration refuses to learn, against Mitsuba: does the parameter change what the BSDF reflects?"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydantic import ValidationError

from diffrendergan.config.base import Learned
from diffrendergan.config.material import MaterialConfig

PAIRS = 200
ORDINARY = {
    "base_color": 0.5,
    "roughness": 0.4,
    "specular": 0.5,
    "spec_tint": 0.3,
    "sheen": 0.4,
    "metallic": 0.3,
    "flatness": 0.2,
    "clearcoat": 0.5,
    "clearcoat_gloss": 0.5,
    "anisotropic": 0.3,
    "spec_trans": 0.2,
}
EXTREMES = {
    "base_color": (0.0, 0.5),
    "specular": (0.0, 0.5),
    "clearcoat": (0.0, 0.5),
    "metallic": (0.0, 0.3, 1.0),
    "spec_trans": (0.0, 0.2, 1.0),
}


@pytest.fixture(scope="module")
def reflected(mitsuba):
    """Return the BSDF of a material at random directions above the surface."""
    import drjit as dr

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2, 3, PAIRS))
    vectors[:, 2] = np.abs(vectors[:, 2]) + 0.02
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    interaction = dr.zeros(mitsuba.SurfaceInteraction3f, PAIRS)
    interaction.wi, wo = (mitsuba.Vector3f(*vector.astype(np.float32)) for vector in vectors)

    def of(material):
        # As in `mitsuba_scene`: lobes that are off are not mentioned.
        values = {name: value for name, value in material.items() if value or name in ("base_color", "specular")}
        values["base_color"] = {"type": "uniform", "value": material["base_color"]}
        bsdf = mitsuba.load_dict({"type": "principled", **values})
        return np.asarray(bsdf.eval(mitsuba.BSDFContext(), interaction, wo)).ravel()

    return of


def may_be_learned(name, material):
    try:
        MaterialConfig(**{**material, name: Learned(learn=(0.1, 0.9))})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("name", ORDINARY)
def test_a_parameter_may_be_learned_where_it_changes_the_image_and_nowhere_else(reflected, name):
    """Light that is refracted into a particle does not come out again under direct light."""
    others = {key: ends for key, ends in EXTREMES.items() if key != name}
    wrong = []
    for chosen in itertools.product(*others.values()):
        material = {**ORDINARY, **dict(zip(others, chosen, strict=True))}
        low, middle, high = (reflected({**material, name: value}) for value in (0.1, 0.5, 0.9))
        change = max(np.abs(middle - low).max(), np.abs(high - middle).max())
        if (change > 1e-5 * middle.max()) != may_be_learned(name, material):
            wrong.append(material)
    assert wrong == []
