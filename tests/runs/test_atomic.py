from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import (
    atomic_path,
    explain_os_error,
    full_disk,
    read_json,
    write_bytes,
    write_json,
    write_text,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_finished_block_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "image.png"
    for content in (b"one", b"two"):
        with atomic_path(path) as temporary:
            assert temporary.suffix == ".png"
            assert temporary.parent == path.parent
            temporary.write_bytes(content)
        assert path.read_bytes() == content
    assert names(path.parent) == ["image.png"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o002, 0o664), (0o022, 0o644)])
def test_who_may_read_it_is_for_the_umask_to_say(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_text(tmp_path / "a.txt", "a")
        with atomic_path(tmp_path / "a.safetensors") as temporary:
            save_file({"a": np.zeros(1)}, temporary)  # which makes a file of its own, the owner's alone
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {mode}


def test_a_failed_block_leaves_the_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError("40960 requested and 22352 written"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
    ids=["the system", "NumPy", "safetensors"],
)
def test_a_full_disk_is_a_sentence(tmp_path: Path, error: Exception) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with (
        pytest.raises(RunFolderError, match=r"the disk that holds .*a\.txt is full; free some space"),
        atomic_path(path),
    ):
        raise error
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_what_numpy_says_of_a_real_full_device_is_a_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with pytest.raises(OSError, match="requested and") as caught, Path("/dev/full").open("wb") as file:
        np.zeros(100_000).tofile(file)
    found = full_disk(caught.value)
    assert found is not None
    assert "is full" in str(explain_os_error(found, Path("run")))


def test_a_real_full_device_is_a_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        Path("/dev/full").write_text("x")
    assert "is full" in str(explain_os_error(caught.value, Path("run")))


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be written"):
        write_text(tmp_path / "file" / "below.txt", "x")


def test_text_json_and_bytes_come_back(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "µm\n")
    write_bytes(tmp_path / "b", b"\x00\xff")
    write_json(tmp_path / "c", {"θ": [1, None, "x"]})
    assert (tmp_path / "a").read_text("utf-8") == "µm\n"
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert read_json(tmp_path / "c") == {"θ": [1, None, "x"]}
    assert (tmp_path / "c").read_text().endswith("}\n")


def test_nan_is_no_json_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"loss": math.nan})
    assert names(tmp_path) == []


def test_missing_and_broken_json_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"a\.json is missing or broken"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text(json.dumps({"a": 1})[:-1])
    with pytest.raises(RunFolderError, match="remove its folder"):
        read_json(tmp_path / "a.json")


def test_what_a_killed_process_left_is_taken_over_by_the_next_that_writes_the_same_file(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.txt", []
    with atomic_path(path) as temporary:
        temporary.write_text("a long half")
        seen.append(temporary)
        with atomic_path(path) as other:  # as a second process would
            assert other != temporary
            other.write_text("other")
        assert path.read_text() == "other"
    assert names(tmp_path) == ["a.txt"]
    seen[0].write_text("left by a killed process")
    with atomic_path(path) as temporary:
        assert temporary == seen[0] or os.name == "nt"
        assert temporary.read_text() == ""
        temporary.write_text("new")
    assert path.read_text() == "new" and names(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
@pytest.mark.parametrize("kind", ["symlink_to", "hardlink_to"])
def test_a_link_in_the_place_of_what_was_left_is_not_written_through(tmp_path: Path, kind: str) -> None:
    path, mine = tmp_path / "a.txt", tmp_path / "mine.txt"
    mine.write_text("mine")
    with atomic_path(path) as temporary:
        usual = temporary
        temporary.write_text("a")
    getattr(usual, kind)(mine)
    write_text(path, "b")
    assert path.read_text() == "b" and mine.read_text() == "mine"
