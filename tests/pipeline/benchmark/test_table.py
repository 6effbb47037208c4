"""The table of a benchmark."""

from __future__ import annotations

import csv
from pathlib import Path

from diffrendergan.evaluation.scoring import MEASURES, Row
from diffrendergan.metrics.segmentation import ScanScores
from diffrendergan.pipeline.benchmark.settings import splits_of
from diffrendergan.pipeline.benchmark.table import write_results
from diffrendergan.runs.atomic import read_json

DOCS = Path(__file__).parents[3] / "docs"


def test_every_column_is_documented(bench):
    write_results(bench, splits_of(bench), [])
    (header,) = csv.reader((bench.out / "table.csv").open())
    page = (DOCS / "protocol.md").read_text()
    for column in header:
        ending = next((column.removeprefix(measure) for measure in MEASURES if column.startswith(f"{measure}_")), None)
        assert f"| `{column}` |" in page or f"*score*`{ending}`" in page, column


def test_rows_are_compared_with_the_real_masks_scan_by_scan(bench):
    scores = dict.fromkeys(ScanScores._fields)
    rows = [
        Row(method, 0, "watershed", scan, ScanScores(**scores | {"dsc": dsc, "relative_count_error": 0.1}))
        for method, better in (("otsu", -0.25), ("real", 0.0))
        for scan, dsc in (("scan_00", 0.5 + better), ("scan_01", 0.75 + better))
    ]
    write_results(bench, splits_of(bench), rows)
    text = (bench.out / "table.md").read_text()
    assert "Differences from the row `real`" in text
    (line,) = [line for line in text.splitlines() if "Otsu's threshold | watershed | 2 |" in line]
    assert "-0.250 (-0.250 to -0.250)" in line and "+0 % (+0 to +0)" in line
    written = read_json(bench.out / "benchmark.json")["differences"]
    assert written["references"] == {"cross-validation": "real"}
    write_results(bench, splits_of(bench), rows[:2])
    assert "Differences" not in (bench.out / "table.md").read_text()
