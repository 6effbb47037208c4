"""Percentiles of large scans: the same numbers in less memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import open_scan

KINDS = st.sampled_from([np.uint8, np.uint16, np.int16, np.int32, np.float32])


@given(
    KINDS.flatmap(
        lambda kind: arrays.arrays(
            kind, arrays.array_shapes(min_dims=1, max_dims=2), elements={"allow_nan": False, "allow_infinity": False}
            if np.dtype(kind).kind == "f" else None
        )
    ),
    st.lists(st.floats(0, 100), min_size=1, max_size=4),
)  # fmt: skip
def test_they_are_those_of_double_precision(values: np.ndarray, percent: list[float]) -> None:
    expected = np.percentile(values.astype(np.float64), percent)
    # Numpy rounds the share between two numbers in an order of its own.
    reach = float(np.ptp(values.astype(np.float64)))
    assert np.allclose(percentiles(values, percent), expected, rtol=1e-12, atol=1e-12 * reach)


def test_steps_of_signed_numbers_do_not_overflow() -> None:
    assert percentiles(np.array([-32768, 32767], np.int16), [50, 100]).tolist() == [-0.5, 32767]


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_opening_a_scan_takes_fewer_bytes_a_pixel_than_its_prediction(kind: type[np.generic], tmp_path: Path) -> None:
    # Of the largest scan, some 10 GB are stated: 18 bytes for each of 2²⁹ pixels.
    edge = 1024
    noise = np.random.default_rng(1).normal(0.5, 0.1, (edge, edge)).clip(0, 1) * np.iinfo(kind).max
    tifffile.imwrite(tmp_path / "scan.tif", noise.astype(kind))
    open_scan(tmp_path / "scan.tif", ReadingRules())  # what is imported and kept once
    tracemalloc.start()
    try:
        open_scan(tmp_path / "scan.tif", ReadingRules())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak / edge**2 < 14.5
