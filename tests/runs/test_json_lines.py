from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.json_lines import append_line, read_lines, write_lines


def test_what_is_written_and_added_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_lines(path, [{"µm": 1}, [2.5, None]])
    append_line(path, "three")
    assert list(read_lines(path)) == list(read_lines(path, growing=True)) == [{"µm": 1}, [2.5, None], "three"]
    write_lines(path, [])
    assert list(read_lines(path)) == []


def test_only_the_last_line_of_a_growing_file_may_be_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n{"a"')
    assert [value["a"] for value in read_lines(path, growing=True)] == [1, 2]
    with pytest.raises(ValueError, match="delimiter"):
        list(read_lines(path))
    path.write_text('{"a": 1}\n{"a"\n{"a": 3}\n')
    lines = read_lines(path, growing=True)
    assert next(lines) == {"a": 1}
    with pytest.raises(ValueError, match="delimiter"):
        next(lines)


def test_what_json_does_not_know_or_the_disk_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        append_line(tmp_path / "a.jsonl", float("nan"))
    with pytest.raises(RunFolderError, match="cannot be written"):
        append_line(tmp_path / "no folder" / "a.jsonl", 1)
