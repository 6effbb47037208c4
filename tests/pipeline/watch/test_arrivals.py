from __future__ import annotations

import os
from pathlib import Path

import pytest

from diffrendergan.errors import ConfigError
from diffrendergan.pipeline.watch.arrivals import Arrivals
from diffrendergan.pipeline.watch.ledger import LEDGER, Entry, Ledger
from diffrendergan.pipeline.watch.samples import grouping, sample_of


def test_files_that_grow_are_waited_for(tmp_path: Path) -> None:
    now = [0.0]
    (tmp_path / "a").mkdir()
    (tmp_path / "out").mkdir()
    done, grows = tmp_path / "a" / "done.tif", tmp_path / "grows.tif"
    for path in (done, grows, tmp_path / "out" / "own.tif", tmp_path / "empty.tif"):
        path.write_bytes(b"" if path.stem == "empty" else b"1")
    arrivals = Arrivals(tmp_path, 10.0, tmp_path / "out", lambda: now[0])
    assert arrivals.look() == {} and [path.name for path in arrivals.arriving] == ["done.tif", "grows.tif"]
    now[0] = 6.0
    grows.write_bytes(b"12")
    assert arrivals.look() == {}
    now[0] = 12.0
    assert list(arrivals.look()) == [done]
    now[0] = 16.0
    assert list(arrivals.look()) == [done, grows]
    os.utime(done, ns=(0, 1))  # written anew, at a time that another clock gave
    assert list(arrivals.look()) == [grows]


def test_a_folder_that_is_gone_for_a_while_is_told(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path / "drive", 0.0, tmp_path)
    assert arrivals.look() == {} and "cannot be looked into" in arrivals.troubles[0]


@pytest.mark.parametrize(
    ("file", "pattern", "sample"),
    [
        ("A/1.tif", None, "A"),
        ("A/day 2/1.tif", None, "A-day 2"),
        ("1.tif", None, "scans"),
        ("Ti-7_003.tif", "{sample}_*", "Ti-7"),
        ("day/2024 Ti-7 003.tif", "* {sample} *", "Ti-7"),
        ("other.tif", "{sample}_*", "scans"),
        ("a:b/1.tif", None, "a_b"),
        ("..x_1.tif", "{sample}_*", "_.x"),
    ],
)
def test_samples(file: str, pattern: str | None, sample: str) -> None:
    assert sample_of(Path("in") / file, Path("in"), grouping(pattern)) == sample


def test_a_pattern_without_a_sample_is_refused() -> None:
    with pytest.raises(ConfigError, match="once"):
        grouping("*_*")


def test_the_ledger_goes_on_after_half_a_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(Entry("a.tif", "s", "a", 1, 2, "now", {"noise": -3.0}))
    with (tmp_path / LEDGER).open("a") as handle:
        handle.write('{"file": "b')
    again = Ledger(tmp_path)
    assert again.knows("a.tif", (1, 2)) and not again.knows("a.tif", (1, 3))
    again.add(Entry("a.tif", "s", "a", 1, 3, "later", failure="torn"))
    assert [entry.failure for entry in Ledger(tmp_path).entries.values()] == ["torn"]


def test_lines_of_the_ledger_that_changed_are_left_out(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for name in "ab":
        ledger.add(Entry(f"{name}.tif", "s", name, 1, 2, "now", {"noise": -3.0}))
    text = (tmp_path / LEDGER).read_text()
    (tmp_path / LEDGER).write_text(text.replace("-3.0", "-8.0", 1) + '[]\n{"file": 1}\n')
    again = Ledger(tmp_path)
    assert list(again.entries) == ["b.tif"]
    again.doubt("s")
    assert not again.knows("b.tif", (1, 2))
    again.add(again.entries["b.tif"])
    assert again.knows("b.tif", (1, 2)) and len((tmp_path / LEDGER).read_text().splitlines()) == 1
