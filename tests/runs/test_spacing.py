"""Some of many."""

from __future__ import annotations

from diffrendergan.runs.spacing import evenly_spaced


def test_evenly_spaced_numbers() -> None:
    assert evenly_spaced(9, 3).tolist() == [0, 4, 8]
    assert evenly_spaced(3, 9).tolist() == [0, 1, 2]
    assert evenly_spaced(5, 1).tolist() == [0] and evenly_spaced(0, 4).tolist() == []
