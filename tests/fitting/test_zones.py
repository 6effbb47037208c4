"""Zones: what the pixels of a patch are."""

from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.zones import GROUND, INSIDE, RIM, signed_distance, zones_of


def test_distances_of_a_disc(disk):
    mask = disk(96, 20)
    distance = signed_distance(mask)
    y, x = np.indices(mask.shape)
    true = 20 - np.hypot(y - 47.5, x - 47.5)
    assert np.abs(distance - true).max() < 1.0
    assert ((distance > 0) == mask).all()


@pytest.mark.parametrize("covered", [True, False])
def test_patches_of_one_kind(covered):
    mask = np.full((64, 64), covered)
    zones = zones_of([mask], np.random.default_rng(0))
    assert zones.known[0].tolist() == ([False, False, True] if covered else [True, False, False])
    assert (zones.profile == 2 * RULES.profile_px).all()


def test_picks_lie_in_their_zones(disk):
    mask = disk(96, 25)
    zones = zones_of([mask, ~mask], np.random.default_rng(0))
    for row in range(2):
        for zone in (GROUND, RIM, INSIDE):
            assert zones.kind[row, zone][zones.picks[row, zone]].all()
    assert not (zones.kind[:, GROUND] & zones.kind[:, INSIDE]).any()


def test_some_of_them(disk):
    masks = [disk(64, radius) for radius in (8, 12, 16)]
    zones = zones_of(masks, np.random.default_rng(0))
    some = zones.of([2, 0])
    assert (some.kind[0] == zones.kind[2]).all() and (some.kind[1] == zones.kind[0]).all()
