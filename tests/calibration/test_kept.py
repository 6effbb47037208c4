from __future__ import annotations

from pathlib import Path

import numpy as np

from diffrendergan.calibration.kept import NAMES, Kept
from diffrendergan.calibration.measure import PatchStatistics
from diffrendergan.config.project import Project


def test_arrangements_are_known_unless_their_lines_changed(tmp_path: Path) -> None:
    path, project, values = tmp_path / "kept.jsonl", Project(), np.linspace(0, 1, 3)
    kept = Kept(path, "stamp")
    for number in range(3):
        patch = PatchStatistics(**dict.fromkeys(NAMES, values + number) | {"spectrum": values.reshape(3, 1)})
        kept.put(project, number, (patch, np.array([1, np.nan])))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].replace("1.5", "1.7", 1), lines[2], lines[0][:40]]))
    again = Kept.open(path, "stamp")
    assert [again.get(project, number) is not None for number in range(4)] == [True, False, True, False]
    shown, true = again.get(project, 2) or (None, None)
    assert shown is not None and (shown.diameters == values + 2).all() and np.isnan(true[1])
