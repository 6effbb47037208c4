"""The table of a benchmark."""

from __future__ import annotations

import csv
from pathlib import Path

from diffrendergan.evaluation.scoring import MEASURES
from diffrendergan.pipeline.benchmark.settings import splits_of
from diffrendergan.pipeline.benchmark.table import write_results

DOCS = Path(__file__).parents[3] / "docs"


def test_every_column_is_documented(bench):
    write_results(bench, splits_of(bench), [])
    (header,) = csv.reader((bench.out / "table.csv").open())
    page = (DOCS / "protocol.md").read_text()
    for column in header:
        ending = next((column.removeprefix(measure) for measure in MEASURES if column.startswith(f"{measure}_")), None)
        assert f"| `{column}` |" in page or f"*score*`{ending}`" in page, column
