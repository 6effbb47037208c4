"""Means, spreads and intervals of score tables, worked out by hand."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.evaluation.scoring import MEASURES, Row, summarize, summarize_measure, write_table
from diffrendergan.metrics.segmentation import ScanScores, score_scan
from diffrendergan.sizes.bootstrap import bootstrap_mean

SCORES = score_scan(np.ones((4, 4), int), np.ones((4, 4), int))


def row(seed, scan, value, method="mine", decoding="components"):
    return Row(method, seed, decoding, scan, SCORES._replace(dsc=value, diameter_distance_nm=value))


def test_mean_spread_and_interval():
    rows = [row(0, "a", 0.2), row(0, "b", 0.4), row(1, "a", 0.4), row(1, "b", 0.6)]
    entry = summarize(rows)[0]
    assert (entry["method"], entry["decoding"], entry["seeds"], entry["scans"]) == ("mine", "components", 2, 2)
    # Over seeds 0.3 and 0.5: variance 0.02. Over scans 0.3 and 0.5: with two values, the interval reaches from one to
    # the other.
    assert entry["dsc"]["mean"] == pytest.approx(0.4)
    assert entry["dsc"]["variance"] == pytest.approx(0.02)
    assert entry["dsc"]["std"] == pytest.approx(0.02**0.5)
    assert entry["dsc"]["interval"] == [pytest.approx(0.3), pytest.approx(0.5)]
    assert set(entry) == {"method", "decoding", "seeds", "scans", *MEASURES}
    assert summarize([]) == []


def test_the_interval_is_that_of_the_scans_and_not_of_the_seeds():
    # Scans differ, seeds do not; then the other way round.
    scans = summarize_measure([row(seed, scan, v) for seed in range(5) for scan, v in (("a", 0.1), ("b", 0.9))], "dsc")
    assert (scans["std"], scans["interval"]) == (0, [pytest.approx(0.1), pytest.approx(0.9)])
    seeds = summarize_measure([row(seed, scan, seed / 4) for seed in range(5) for scan in "abc"], "dsc")
    assert seeds["std"] == pytest.approx(np.std([0, 0.25, 0.5, 0.75, 1], ddof=1))
    assert seeds["interval"] == [0.5, 0.5]


def test_resamples_and_seed_reach_the_bootstrap():
    values = [0.1, 0.4, 0.5, 0.9]
    rows = [row(None, str(number), value) for number, value in enumerate(values)]
    assert summarize(rows, 50, 7)[0]["dsc"]["interval"] == list(bootstrap_mean(values, 50, 7))
    assert summarize(rows, 50, 7) == summarize(rows, 50, 7) != summarize(rows, 50, 8)


def test_what_is_not_known_is_left_out():
    rows = [row(None, "a", None), row(None, "b", 3.0), row(None, "c", 5.0)]
    entry = summarize_measure(rows, "diameter_distance_nm")
    assert (entry["mean"], entry["interval"]) == (4, [3, 5])
    assert summarize_measure(rows[:2], "diameter_distance_nm") == {
        "mean": 3, "std": None, "variance": None, "interval": None,
    }  # fmt: skip
    assert summarize_measure(rows[:1], "diameter_distance_nm")["mean"] is None
    json.dumps(summarize([row(0, "a", 0.5), row(1, "a", 0.5)]), allow_nan=False)


def test_any_method_and_decoding_stands_for_itself():
    rows = [row(0, "a", 0.2), row(0, "a", 0.8, "cellpose"), row(0, "a", 0.6, "cellpose", "given")]
    found = [(entry["method"], entry["decoding"], entry["dsc"]["mean"]) for entry in summarize(rows)]
    assert found == [("mine", "components", 0.2), ("cellpose", "components", 0.8), ("cellpose", "given", 0.6)]


def test_table_on_disk(tmp_path):
    write_table(tmp_path / "scores.csv", [row(None, "a", 0.25)])
    (read,) = csv.DictReader((tmp_path / "scores.csv").open())
    assert list(read) == ["method", "seed", "decoding", "scan", *ScanScores._fields]
    assert (read["seed"], read["dsc"], read["true_positives"], read["diameter_distance_px"]) == ("", "0.25", "1", "0.0")
    write_table(tmp_path / "scores.csv", [])
    assert (tmp_path / "scores.csv").read_text().startswith("method,seed,decoding,scan,dsc")


def test_every_column_is_documented_with_its_unit(tmp_path):
    write_table(tmp_path / "scores.csv", [])
    (header,) = csv.reader((tmp_path / "scores.csv").open())
    page = (Path(__file__).parents[2] / "docs" / "scores.md").read_text()
    section = page.partition("## Columns of scores.csv")[2].partition("\n## ")[0]
    cells = [line.split(" | ") for line in section.splitlines() if line.startswith("| `")]
    documented = {name: unit for names, unit, *_ in cells for name in re.findall("`(.*?)`", names)}
    assert set(documented) == set(header)
    assert documented["diameter_distance_px"] == "px"
