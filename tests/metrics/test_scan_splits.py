from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.metrics.scan_splits import balanced, draw_null_split, draw_split


@pytest.mark.parametrize("shared", [0, 4, 5, 9])
def test_no_scan_is_used_twice(shared: int) -> None:
    both = [f"both {k}" for k in range(shared)]
    real, synthetic = [*both, "a", "b", "c"], [*both, "d", "e"]
    uses = []
    for seed in range(20):
        split = draw_split(real, synthetic, np.random.default_rng(seed))
        parts = [*split.real, *split.synthetic]
        assert all(parts) and sum(map(len, parts)) == len(set().union(*parts)) == shared + 5
        assert set(real) >= split.real[0] | split.real[1] and set(synthetic) >= split.synthetic[0] | split.synthetic[1]
        uses.append(split)
    assert len(set(uses)) > 10


def test_real_against_real_takes_quarters() -> None:
    split = draw_null_split(list("abcdefgh"), np.random.default_rng(0))
    assert [len(part) for part in (*split.real, *split.synthetic)] == [2, 2, 2, 2]


@pytest.mark.parametrize(("real", "synthetic"), [("a", "bc"), ("ab", "c"), ("abc", "abc")])
def test_too_few_scans_are_refused(real: str, synthetic: str) -> None:
    with pytest.raises(DataError, match="too few scans"):
        draw_split(list(real), list(synthetic), np.random.default_rng(0))


def test_sides_are_cut_to_equal_numbers() -> None:
    masks = [np.arange(10) < 7, np.arange(10) >= 7]
    first, second = balanced(masks, np.random.default_rng(0))
    assert len(first) == len(second) == 3 and masks[0][first].all() and masks[1][second].all()
