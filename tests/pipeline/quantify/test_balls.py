"""The table of balls beside the results of sections."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from diffrendergan.pipeline.quantify.balls import CLASSES, write_balls


def test_balls_are_told_beside_their_discs(tmp_path):
    discs = 40 * np.sqrt(1 - np.random.default_rng(0).random(20_000) ** 2)
    weights = np.ones(len(discs))
    weights[:100], discs[:100] = 0, 200.0  # cut by the border
    write_balls(tmp_path, discs, weights, "nm")
    table = pq.read_table(tmp_path / "balls.parquet")
    assert table.num_rows == CLASSES and table["diameter_to_nm"][-1].as_py() == pytest.approx(40, rel=1e-3)
    assert table["balls"][-1].as_py() > 0.95 and table["discs"][-1].as_py() < 0.5
    assert sum(table["discs"].to_pylist()) == pytest.approx(1)
    # The law is not cut off at the largest disc that was seen.
    assert table["lognormal"][-1].as_py() == max(table["lognormal"].to_pylist()) > 0.4


def test_without_whole_discs_nothing_is_written(tmp_path):
    assert write_balls(tmp_path, np.array([3.0]), np.array([0.0]), "px") == []
    assert write_balls(tmp_path, np.zeros(0), np.zeros(0), "px") == []
