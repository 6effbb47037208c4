from __future__ import annotations

import numpy as np
import pytest

from diffrendergan.errors import DataError
from diffrendergan.studio.edits import Labels, corrected, line_label


def two() -> Labels:
    labels = np.zeros((10, 20), np.int32)
    labels[2:8, 2:8] = 3
    labels[2:8, 10:16] = 7
    return labels


def test_delete_and_merge() -> None:
    labels = two()
    assert sorted(np.unique(corrected(labels, [{"do": "delete", "labels": [3]}]))) == [0, 7]
    merged = corrected(labels, [{"do": "merge", "labels": [7, 3]}])
    assert (merged > 0).sum() == 72 and sorted(np.unique(merged)) == [0, 7]
    assert sorted(np.unique(labels)) == [0, 3, 7]  # what was found stays


def test_split_loses_no_pixel() -> None:
    line = [[5, 0], [5, 10]]
    assert line_label(two(), line) == 3
    parts = corrected(two(), [{"do": "split", "label": 3, "line": line}])
    assert np.bincount(parts.ravel())[[3, 7, 8]].tolist() == [18, 36, 18]
    assert (parts[2:8, 2:5] != parts[2:8, 5:8]).all()


def test_a_drawn_particle_takes_ground_only() -> None:
    drawn = corrected(two(), [{"do": "draw", "outline": [[6, 2], [12, 2], [12, 8], [6, 8]]}])
    assert (drawn == 8).sum() == 12
    assert ((drawn == 3) == (two() == 3)).all()
    beyond = corrected(two(), [{"do": "draw", "outline": [[17, -5], [30, -5], [30, 4], [17, 4]]}])
    assert (beyond == 8).sum() == 12


@pytest.mark.parametrize(
    "step, said",
    [
        ({"do": "delete", "labels": []}, "Choose a particle"),
        ({"do": "delete", "labels": [99]}, "Choose a particle"),
        ({"do": "merge", "labels": [3]}, "at least two"),
        ({"do": "split", "label": 0, "line": [[0, 0], [1, 0]]}, "beside a particle"),
        ({"do": "split", "label": 3, "line": [[0, 0], [20, 0]]}, "does not cross"),
        ({"do": "draw", "outline": [[0, 0]]}, "mouse held down"),
        ({"do": "draw", "outline": [[3, 3], [7, 3], [7, 7]]}, "no ground"),
    ],
)
def test_what_does_nothing_is_said(step: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        corrected(two(), [step])


def test_a_line_over_ground_meets_none() -> None:
    assert line_label(two(), [[0, 0], [19, 0]]) == 0
    assert line_label(two(), [[-9, 5], [40, 5]]) in (3, 7)
