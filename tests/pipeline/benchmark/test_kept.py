from __future__ import annotations

from pathlib import Path

from diffrendergan.evaluation.scoring import Row
from diffrendergan.metrics.segmentation import ScanScores
from diffrendergan.pipeline.benchmark.kept import keep_scores, kept_scores


def test_scores_are_kept_unless_they_changed(tmp_path: Path) -> None:
    path, rows = tmp_path / "scores.json", [Row("run", 0, "stars", "a", ScanScores(0.5, 0.25, 1, 1, 1, 1, 3, 0, 0))]
    assert kept_scores(path, {"by": 1}) is None
    keep_scores(path, {"by": 1}, rows)
    assert kept_scores(path, {"by": 1}) == rows and kept_scores(path, {"by": 2}) is None
    path.write_text(path.read_text().replace("0.25", "0.75"))
    assert kept_scores(path, {"by": 1}) is None
