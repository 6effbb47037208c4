from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.generalist.bodies import FAMILIES, VIEWS, _parsed
from diffrendergan.rendering.heightfield.relief import SAMPLES


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_is_a_valid_section(family):
    assert _parsed(family).count == family.meshes


def test_names_differ():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_all_bodies_of_a_family_are_there(bodies):
    atlas, families = bodies
    assert atlas.maps.shape == (4, len(families), SAMPLES, SAMPLES)
    for number in np.unique(families):
        assert (families == number).sum() == FAMILIES[number].meshes * VIEWS


def test_what_lies_shows_its_broad_side(bodies):
    atlas, families = bodies
    rods = families == [family.name for family in FAMILIES].index("flat rods")
    heights = atlas.numbers[rods, 2] - atlas.numbers[rods, 1]
    assert (heights < 1.3 * np.sqrt(atlas.numbers[rods, 3])).all()
