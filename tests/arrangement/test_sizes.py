"""Size factors: moments, positivity, bounded redraws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.arrangement.sizes import draw_sizes
from diffrendergan.config.arrangement import BimodalSize, LognormalSize, NormalSize
from diffrendergan.errors import PlacementError

MANY = 40_000


def test_normal_moments() -> None:
    sizes = draw_sizes(NormalSize(mean=2.0, sigma=0.3), MANY, np.random.default_rng(0))
    assert sizes.mean() == pytest.approx(2.0, abs=0.01) and sizes.std() == pytest.approx(0.3, abs=0.01)


def test_lognormal_moments() -> None:
    logs = np.log(draw_sizes(LognormalSize(mu=-0.2, sigma=0.4), MANY, np.random.default_rng(0)))
    assert logs.mean() == pytest.approx(-0.2, abs=0.01) and logs.std() == pytest.approx(0.4, abs=0.01)


def test_bimodal_moments() -> None:
    config = BimodalSize(mean1=0.8, sigma1=0.05, mean2=0.3, sigma2=0.02, p=0.3)
    sizes = draw_sizes(config, MANY, np.random.default_rng(0))
    small = sizes < 0.5
    assert small.mean() == pytest.approx(0.3, abs=0.01)
    assert sizes[small].mean() == pytest.approx(0.3, abs=0.002)
    assert sizes[small].std() == pytest.approx(0.02, abs=0.002)
    assert sizes[~small].mean() == pytest.approx(0.8, abs=0.002)
    assert sizes[~small].std() == pytest.approx(0.05, abs=0.002)


@settings(deadline=None, max_examples=30)
@given(
    size=st.one_of(
        st.builds(NormalSize, mean=st.floats(0.01, 3), sigma=st.floats(0, 3)),
        st.builds(LognormalSize, mu=st.floats(-2, 2), sigma=st.floats(0, 2)),
        st.builds(
            BimodalSize,
            mean1=st.floats(0.01, 3),
            sigma1=st.floats(0, 3),
            mean2=st.floats(0.01, 3),
            sigma2=st.floats(0, 3),
            p=st.floats(0, 1),
        ),
    ),
    count=st.integers(1, 60),
    seed=st.integers(0, 1000),
)
def test_sizes_are_positive_and_reproducible(
    size: NormalSize | LognormalSize | BimodalSize, count: int, seed: int
) -> None:
    sizes = draw_sizes(size, count, np.random.default_rng(seed))
    assert sizes.shape == (count,) and (sizes > 0).all() and np.isfinite(sizes).all()
    np.testing.assert_array_equal(sizes, draw_sizes(size, count, np.random.default_rng(seed)))


class Unlucky:
    """A generator whose normal draws are all negative."""

    def normal(self, mean: float, sigma: float, count: int) -> np.ndarray:
        return np.full(count, -1.0)


def test_sizes_that_stay_negative_are_an_error() -> None:
    with pytest.raises(PlacementError, match=r"arrangement\.size \(normal\).*4 of 4"):
        draw_sizes(NormalSize(), 4, Unlucky())  # type: ignore[arg-type]


def test_sizes_beyond_all_numbers_are_an_error() -> None:
    with pytest.raises(PlacementError, match="lognormal"):
        draw_sizes(LognormalSize(mu=5000.0), 3, np.random.default_rng(0))
