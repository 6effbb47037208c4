"""A network whose answer is known: it misses small particles, merges some, shifts sizes, and invents a few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from diffrendergan.twins.linking import ALONE, MERGED, MISSED, Linked, Sized

AREA_PER_PARTICLE = 2000
"""Pixels of the image for each true particle."""


@dataclass(frozen=True)
class Answer:
    """Chances and shifts at log size 3."""

    missed: float = -1.5
    missed_slope: float = -2.0
    merged: float = 0.15
    shift: float = 0.08
    spread: float = 0.05
    false: float = 0.04

    def given(self, rng: np.random.Generator, number: int, middle: float = 3.0, width: float = 0.4) -> Linked:
        """Return what is found of so many particles of lognormal sizes."""
        true = rng.normal(middle, width, number)
        missed = rng.random(number) < 1 / (1 + np.exp(-(self.missed + self.missed_slope * (true - 3))))
        fate = np.where(missed, MISSED, np.where(rng.random(number) < self.merged, MERGED, ALONE))
        together = np.flatnonzero(fate == MERGED)
        if len(together) % 2:
            fate[together[-1]] = ALONE
        pairs = np.flatnonzero(fate == MERGED).reshape(-1, 2)
        alone = np.flatnonzero(fate == ALONE)
        joint = 0.5 * np.log(np.exp(2 * true[pairs]).sum(axis=1))
        single = true[alone] + self.shift + rng.normal(0, self.spread, len(alone))
        invented = rng.normal(2.2, 0.2, rng.poisson(self.false * number))
        found = np.concatenate([joint, single, invented])
        of_true = np.concatenate([pairs.ravel(), alone])
        of_found = np.concatenate([np.repeat(np.arange(len(pairs)), 2), len(pairs) + np.arange(len(alone))])
        part = np.where(np.arange(len(of_true)) < pairs.size, 0.5, 1.0)
        pixels = number * AREA_PER_PARTICLE
        covered = int(np.pi / 4 * np.exp(2 * true).sum())
        return Linked(
            true=placed(true, rng), found=placed(found, rng), fate=fate.astype(np.int64),
            share=np.bincount(of_true, part, minlength=number), of_true=of_true, of_found=of_found, part=part,
            false=np.bincount(of_found, minlength=len(found)) == 0, pixels=pixels, true_px=covered,
            found_px=int(1.1 * covered), both_px=covered,
        )  # fmt: skip


def placed(log_size: np.ndarray, rng: np.random.Generator) -> Sized:
    """Return particles of weight 1 somewhere in a field of 100 × 100."""
    return Sized(log_size, np.ones(len(log_size)), *rng.uniform(0, 100, (2, len(log_size))))


@pytest.fixture
def answer() -> Answer:
    return Answer()
