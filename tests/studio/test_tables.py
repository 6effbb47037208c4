from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.studio.outlines import bins_of
from diffrendergan.studio.results import corrected_words
from diffrendergan.studio.tables import doubts_of, together_rows
from diffrendergan.studio.tabs.particle_numbers import number
from diffrendergan.studio.workspace import Workspace


@pytest.mark.parametrize("low, high", [(48.3, 473.0), (0.62, 0.86), (3.0, 3.0)])
def test_bins_begin_at_round_numbers_and_lose_no_particle(low: float, high: float) -> None:
    sizes = np.random.default_rng(0).uniform(low, high, 400)
    edges = bins_of(sizes)
    assert np.histogram(sizes, edges)[0].sum() == 400
    if low < high:
        width = edges[1] - edges[0]
        assert 6 <= len(edges) - 1 <= 40
        assert f"{width:.1e}"[:3] in ("1.0", "2.0", "2.5", "5.0")
        np.testing.assert_allclose(edges / width, np.round(edges / width), atol=1e-6)


def test_all_scans_together_have_an_interval(tmp_path: Path) -> None:
    pooled = {
        "scans": 2, "number": 40, "number_whole": 30, "coverage": 0.1, "preferred_fit": "normal",
        "number_weighted": {"d50_nm": 216.4}, "number_weighted_intervals": {"d50_nm": [203.2, 230.1]},
    }  # fmt: skip
    write_json(tmp_path / "summary.json", {"together": {"nm": pooled}})
    (row,) = together_rows(tmp_path)
    assert (row["median"], row["interval"]) == ("216 nm", "203 to 230")


def test_diameters_of_wires_are_doubted(tmp_path: Path) -> None:
    records = [SimpleNamespace(name="a", row={"wires": wires}, doubts=()) for wires in (None, 4)]
    assert doubts_of(tmp_path, records[:1]) == []
    (said,) = doubts_of(tmp_path, records)
    assert said.startswith("These are wires")


def test_it_is_said_which_scans_were_corrected(tmp_path: Path) -> None:
    space = Workspace(tmp_path)
    assert corrected_words(space) == ""
    for name in ("a", "b", "c"):
        write_text(tmp_path / "final-labels" / f"{name}.tif", name)
    write_text(space.corrected / "b.tif", "b")
    assert corrected_words(space).startswith("Corrected by hand: b; 2 scans as found")


def test_large_numbers_have_no_exponent() -> None:
    assert [number(value) for value in (31980.4, 0.93441, 201.84)] == ["31980", "0.9344", "201.8"]
