"""What the campaign's own tools do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.faults.children import forked
from tests.faults.traps import WAYS, How, Trap
from tests.faults.trees import differences, tree_of

from diffrendergan.runs.atomic import write_json
from diffrendergan.runs.json_lines import append_line

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are waited for as Linux can")


def write_three() -> None:
    for number in range(3):
        write_json(Path.cwd() / f"{number}.json", {"number": number})
        append_line(Path.cwd() / "all.jsonl", number)


def test_every_change_is_counted_and_nothing_outside(tmp_path: Path) -> None:
    def call() -> None:
        write_three()
        (tmp_path.parent / f"{tmp_path.name}-outside").write_text("a")

    ended = forked(call, tmp_path)
    assert ended.status == 0, ended.said
    assert [Path(path).name for path in ended.put] == ["0.json", "1.json", "2.json"]
    assert not any("outside" in change for change in ended.changes)


@pytest.mark.parametrize("how", WAYS)
def test_a_process_ends_where_it_should(how: How, tmp_path: Path) -> None:
    changes = forked(write_three, tmp_path).changes
    at = next(k for k, change in enumerate(changes) if change.startswith("os.rename") and change.endswith("1.json"))
    for path in tmp_path.iterdir():
        path.unlink()
    ended = forked(write_three, tmp_path, Trap(at, how))
    assert ended.status == {"kill": -9, "torn": -9, "terminate": -15, "interrupt": 70}[how], ended.said
    names = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")}
    assert names == {"0.json", "all.jsonl"}
    left = [path.stat().st_size for path in tmp_path.glob(".partial-*")]
    assert left == ({"kill": [18], "torn": [9], "terminate": [18]}.get(how, []))


def test_a_line_is_torn_in_two(tmp_path: Path) -> None:
    opened = [k for k, change in enumerate(forked(write_three, tmp_path).changes) if change.endswith("all.jsonl")]
    (tmp_path / "all.jsonl").unlink()
    assert forked(write_three, tmp_path, Trap(opened[1], "torn")).status == -9
    assert (tmp_path / "all.jsonl").read_text() == '0\n{"half'


@pytest.mark.parametrize(("how", "words"), [("full", "is full; free some space"), ("read-only", "Read-only file")])
def test_a_disk_fails_from_some_change_on(how: How, words: str, tmp_path: Path) -> None:
    changes = forked(write_three, tmp_path).changes
    first = next(k for k, change in enumerate(changes) if change.startswith("os.rename"))
    for path in tmp_path.iterdir():
        path.unlink()
    ended = forked(write_three, tmp_path, Trap(first + 1, how))
    assert ended.status == 70 and words in ended.said
    assert (tmp_path / "0.json").is_file() and not (tmp_path / "2.json").exists()


def test_memory_and_time_are_bounded(tmp_path: Path) -> None:
    ended = forked(lambda: print(len(bytearray(4_000_000_000))), tmp_path, memory_mb=100)  # more than lies free here
    assert ended.status == 70 and "MemoryError" in ended.said
    assert forked(lambda: os.read(os.pipe()[0], 1) and None, tmp_path, limit_s=0.1).hung


def test_trees_differ_by_what_counts(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "done.json", {"time": "now", "token": "1"})
    (tmp_path / "a" / ".lock").write_text("1")
    before = tree_of(tmp_path)
    write_json(tmp_path / "a" / "done.json", {"time": "later", "token": "1"})
    (tmp_path / "a" / ".lock").unlink()
    assert differences(before, tree_of(tmp_path)) == []
    write_json(tmp_path / "a" / "done.json", {"time": "later", "token": "2"})
    write_json(tmp_path / "b.json", [])
    assert differences(before, tree_of(tmp_path)) == ["a/done.json: different", "b.json: too many"]
    (tmp_path / "a" / "done.json").unlink()
    assert "a/done.json: missing" in differences(before, tree_of(tmp_path))
