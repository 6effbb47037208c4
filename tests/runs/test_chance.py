"""What images of a sample share, and what they do not."""

from __future__ import annotations

import numpy as np

from diffrendergan.runs.chance import Shared, law, own
from diffrendergan.runs.seeds import generator


def both(image):
    return Shared(generator(0, "sample"), generator(0, "image", image))


def test_single_numbers_are_shared_and_arrays_are_not():
    first, second = both(1), both(2)
    for draw in (
        lambda rng: rng.random(), lambda rng: rng.uniform(1, 2), lambda rng: rng.normal(0, 1),
        lambda rng: rng.integers(1000), lambda rng: rng.choice([1.0, 2.0, 3.0, 4.0]),
    ):  # fmt: skip
        assert draw(first) == draw(second)
    for draw in (
        lambda rng: rng.random(5), lambda rng: rng.uniform(1, 2, 5), lambda rng: rng.normal(0, 1, 5),
        lambda rng: rng.integers(1000, size=5), lambda rng: rng.choice(1000, 5),
    ):  # fmt: skip
        assert not np.array_equal(draw(first), draw(second))
    assert first.random() == second.random()


def test_sources_can_be_asked_for_by_name():
    first, second = both(1), both(2)
    assert np.array_equal(law(first).normal(size=3), law(second).normal(size=3))
    assert own(first).random() != own(second).random()
    alone = np.random.default_rng(0)
    assert law(alone) is alone and own(alone) is alone
