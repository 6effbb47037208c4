"""Checksums of finished results."""

from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.seal import SEAL, broken, intact, require_whole, seal, seal_files, sealed_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "stage"
    (place / "images").mkdir(parents=True)
    for name, content in {"a.txt": b"abc", "images/b.png": bytes(range(99)), "empty": b"", "done.json": b"{}"}.items():
        (place / name).write_bytes(content)
    (place / "images" / ".partial-c").write_bytes(b"half")
    seal(place)
    return place


def test_all_results_are_sealed_and_marks_are_not(folder: Path) -> None:
    assert sorted(sealed_names(folder)) == ["a.txt", "empty", "images/b.png"]
    assert broken(folder) == [] and intact(folder / "images" / "b.png").exists()
    require_whole(folder, "redo it")


def test_what_may_be_edited_has_no_checksum(folder: Path) -> None:
    seal(folder, ("a.txt",))
    (folder / "a.txt").write_text("edited")
    assert broken(folder) == [] and sorted(sealed_names(folder)) == ["empty", "images/b.png"]


def test_every_flipped_bit_and_every_cut_is_found(folder: Path) -> None:
    path = folder / "images" / "b.png"
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << place % 8]) + content[place + 1 :])
        assert [one.how for one in broken(folder)] == ["changed"]
        assert broken(folder, whole=False) == []
        path.write_bytes(content[:place])
        assert [one.how for one in broken(folder, whole=False)] == ["of another size"]
    with pytest.raises(RunFolderError, match=r"b\.png is of another size since it was finished; copy it from a backup"):
        intact(path)


def test_what_is_gone_is_named_and_what_is_new_is_not(folder: Path) -> None:
    (folder / "mine.txt").write_text("notes")
    assert broken(folder) == [] and intact(folder / "mine.txt").exists()
    for name in ("a.txt", "empty", "images/b.png"):
        (folder / name).unlink()
    with pytest.raises(
        RunFolderError, match=r"a\.txt is missing, .*empty is missing, .*b\.png is missing since .*redo it"
    ):
        require_whole(folder, "redo it", whole=False)


def test_what_was_sealed_again_is_as_it_was_then(folder: Path) -> None:
    require_whole(folder, "redo it")
    (folder / "a.txt").write_bytes(b"abd")
    seal(folder)
    (folder / "a.txt").write_bytes(b"abe")
    with pytest.raises(RunFolderError, match=r"a\.txt is changed"):
        require_whole(folder, "redo it")


def test_folders_without_a_seal_pass(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    assert broken(tmp_path) == [] and intact(tmp_path / "a") == tmp_path / "a"
    require_whole(tmp_path, "redo it")


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}', "{"])
def test_a_broken_seal_is_no_seal_that_fits(folder: Path, content: str) -> None:
    (folder / SEAL).write_text(content)
    with pytest.raises(RunFolderError, match=r"files\.json"):
        broken(folder)


def test_a_file_that_is_written_after_the_seal_is_in_it(folder: Path) -> None:
    seal(folder, to_come={"done.json": b"{...}"})
    assert [str(one).split(" is ")[1] for one in broken(folder)] == ["of another size"]
    (folder / "done.json").write_bytes(b"{...}")
    assert broken(folder) == []
    (folder / "done.json").write_bytes(b"{.,.}")
    assert [one.how for one in broken(folder)] == ["changed"]


def test_locks_are_no_results(folder: Path) -> None:
    (folder / "images" / ".lock").write_text("7")
    seal(folder)
    assert "images/.lock" not in sealed_names(folder)


def test_some_files_alone(folder: Path) -> None:
    seal_files(folder, ["a.txt", "nothing"])
    assert sealed_names(folder) == ("a.txt",)
