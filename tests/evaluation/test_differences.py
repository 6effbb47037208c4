"""Paired differences of methods."""

from __future__ import annotations

import pytest

from diffrendergan.evaluation.differences import differences
from diffrendergan.evaluation.scoring import Row, summarize
from diffrendergan.metrics.segmentation import ScanScores


def row(method: str, scan: str, dsc: float, seed: int = 0, count: float | None = None, way: str = "watershed") -> Row:
    values = dict.fromkeys(ScanScores._fields) | {"dsc": dsc, "relative_count_error": count}
    return Row(method, seed, way, scan, ScanScores(**values))  # type: ignore[arg-type]


def test_hard_scans_do_not_widen_the_interval_of_a_difference() -> None:
    scans = [(f"s{number}", 0.1 * number) for number in range(8)]
    rows = [row("ours", scan, level + 0.02) for scan, level in scans] + [row("real", scan, lv) for scan, lv in scans]
    (found,) = differences(rows, "real")
    assert (found["method"], found["decoding"], found["scans"]) == ("ours", "watershed", 8)
    assert found["dsc"]["mean"] == pytest.approx(0.02)
    assert found["dsc"]["interval"] == pytest.approx([0.02, 0.02])
    low, high = summarize(rows)[0]["dsc"]["interval"]
    assert high - low > 0.2
    assert found["ap50"] == {"mean": None, "interval": None}


def test_seeds_are_averaged_and_only_common_scans_and_decodings_are_compared() -> None:
    rows = [
        row("ours", "a", 0.5), row("ours", "a", 0.7, 1), row("ours", "b", 0.9), row("ours", "c", 0.1),
        row("real", "a", 0.5), row("real", "b", 0.8), row("ours", "a", 0.3, way="components"),
    ]  # fmt: skip
    (found,) = differences(rows, "real")
    assert found["scans"] == 2 and found["dsc"]["mean"] == pytest.approx(0.1)
    assert differences(rows, "elsewhere") == []


def test_too_many_and_too_few_are_as_wrong() -> None:
    rows = [row("ours", "a", 1, count=-0.1), row("ours", "b", 1, count=0.1)]
    rows += [row("real", "a", 1, count=-0.3), row("real", "b", 1, count=0.3)]
    (found,) = differences(rows, "real")
    assert found["relative_count_error"]["mean"] == pytest.approx(-0.2)


def test_labels_of_another_program_are_compared_with_the_usual_decoding() -> None:
    rows = [row("cellpose", "a", 0.5, way="given"), row("ours", "a", 0.75), row("ours", "a", 0.25, way="components")]
    assert differences(rows, "ours") == []
    (found,) = differences(rows, "ours", "watershed")
    assert (found["decoding"], found["against"], found["dsc"]["mean"]) == ("given", "watershed", -0.25)
