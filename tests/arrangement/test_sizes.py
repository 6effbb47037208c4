"""Size factors: moments, positivity, bounded redraws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diffrendergan.arrangement.sizes import draw_sizes, read_sizes
from diffrendergan.config.arrangement import (
    BimodalSize,
    EmpiricalSize,
    LognormalSize,
    MixtureSize,
    NormalSize,
    SizeMode,
    UniformSize,
)
from diffrendergan.errors import DataError, PlacementError

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


def test_uniform_moments() -> None:
    sizes = draw_sizes(UniformSize(low=0.5, high=2.0), MANY, np.random.default_rng(0))
    assert 0.5 <= sizes.min() < 0.51 and 1.99 < sizes.max() <= 2.0
    assert sizes.mean() == pytest.approx(1.25, abs=0.01)
    assert sizes.std() == pytest.approx(1.5 / np.sqrt(12), abs=0.01)


def test_mixture_moments() -> None:
    config = MixtureSize(
        modes=(
            SizeMode(weight=3, kind="normal", mean=1.0, sigma=0.02),
            SizeMode(weight=1, kind="lognormal", mean=4.0, sigma=0.1),
        )
    )
    sizes = draw_sizes(config, MANY, np.random.default_rng(0))
    large = sizes > 2
    assert large.mean() == pytest.approx(0.25, abs=0.01)
    assert sizes[~large].std() == pytest.approx(0.02, abs=0.001)
    assert np.median(sizes[large]) == pytest.approx(4.0, abs=0.02)
    assert np.log(sizes[large]).std() == pytest.approx(0.1, abs=0.005)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("10\n20.5\n30\n", None),
        ("diameter_nm\n10\n20.5\n30\n", None),
        ("name,diameter_nm\na,10\nb,20.5\nc,30\n", "diameter_nm"),
        ("name;d\na;10\nb;20.5\n\nc;30\n", "d"),
    ],
)
def test_measured_sizes_are_read_and_drawn(tmp_path: Path, text: str, column: str | None) -> None:
    file = tmp_path / "sizes.csv"
    file.write_text(text)
    config = EmpiricalSize(file=file, column=column)
    np.testing.assert_array_equal(read_sizes(config), [10, 20.5, 30])
    sizes = draw_sizes(config, MANY, np.random.default_rng(0))
    assert set(sizes) == {10, 20.5, 30}
    assert sizes.mean() == pytest.approx(60.5 / 3, abs=0.2)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("d\n1\n-3\n", None, r"row 3: '-3' is no positive number"),
        ("d\n1\nnan\n", None, "row 3"),
        ("d\n", None, "lists no sizes"),
        ("", None, "is empty"),
        ("d\n12,5\n13,75\n", None, "row 2: it has 2 cells where the first row has 1; write decimals with a point"),
        ("a,b\n1,2\n", None, r"2 columns; name one.*its columns are a, b"),
        ("a,b\n1,2\n", "c", r"no column 'c' \(its columns are a, b\)"),
        ("1,2\n", "c", "it has no heading"),
    ],
)
def test_bad_tables_of_sizes_are_refused(tmp_path: Path, text: str, column: str | None, words: str) -> None:
    file = tmp_path / "sizes.csv"
    file.write_text(text)
    with pytest.raises(DataError, match=words):
        read_sizes(EmpiricalSize(file=file, column=column))


def test_a_missing_table_of_sizes_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"arrangement\.size\.file.*none\.csv"):
        read_sizes(EmpiricalSize(file=tmp_path / "none.csv"))
