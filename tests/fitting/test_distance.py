"""Distances of sets of patches."""

from __future__ import annotations

import pytest
import torch

from diffrendergan.fitting.distance import target_of
from diffrendergan.fitting.rules import RULES
from diffrendergan.fitting.statistics import Group

GROUPS = (Group("one", ("a", "b")), Group("two", ("c",)))


@pytest.fixture
def real():
    """Statistics of 40 patches."""
    return torch.randn(40, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 5.0, 0.1])


def target(real, wide=None):
    """Return the target of real statistics."""
    return target_of(real, real if wide is None else wide, GROUPS, torch.Generator().manual_seed(1))


def test_a_set_is_no_distance_from_itself(real):
    assert target(real).distances(real).abs().max() < 1e-10


def test_a_shift_by_spreads_is_their_square(real):
    shifted = real + 3 * torch.tensor([1.0, 0.0, 0.0]) * real.std(0, correction=0)
    distances = target(real).distances(shifted)
    assert distances[0] == pytest.approx(9 / 2, rel=1e-4) and distances[1] == pytest.approx(0, abs=1e-9)
    assert distances[2] == pytest.approx(9 / 3, rel=0.5)  # along random directions of three numbers


def test_the_spread_matters_as_the_middle_does(real):
    middle = real.nanmedian(0).values
    wider = middle + 2 * (real - middle)
    assert target(real).total(wider) > 0.5


def test_fewer_patches_are_compared_at_their_ranks(real):
    assert target(real).distances(real[::2])[:2].max() < 0.15


def test_what_hardly_varies_does_not_outweigh_all(real):
    still = real.clone()
    still[:, 2] = 0.0
    wide = real + torch.tensor([0.0, 0.0, 10.0]) * torch.randn(40, 1, generator=torch.Generator().manual_seed(2))
    found = target(still, wide)
    assert found.spread[2] == pytest.approx(RULES.least_spread * float(wide[:, 2].std(correction=0)), rel=1e-4)


def test_what_a_patch_does_not_say_counts_as_usual(real):
    some = real.clone()
    some[:5, 0] = torch.nan
    found = target(some)
    assert torch.isfinite(found.values).all() and torch.isfinite(found.distances(some)).all()
    assert (found.standardised(some)[:5, 0] == 0).all()
