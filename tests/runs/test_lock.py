from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest
from filelock import FileLock

from diffrendergan.errors import FolderInUseError, RunFolderError
from diffrendergan.runs.lock import LOCK, is_locked, locked, others_in


def test_a_folder_is_taken_once_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with locked(folder, "take another one"):
        assert (folder / LOCK).read_text() == f"{os.getpid()}\n"
        with pytest.raises(RunFolderError, match=rf"process {os.getpid()}\); wait for it, or take another one\."):
            locked(folder, "take another one").__enter__()
    with locked(folder, "take another one"):
        pass


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunFolderError, match="cannot be written"), locked(tmp_path / "file", "leave it"):
        pass


def test_another_process_is_kept_out_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from diffrendergan.runs.lock import locked\n"
        "with locked(Path(sys.argv[1]), 'x'): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FolderInUseError, match=rf"another diffrendergan \(process {other.pid}\); wait"):
            locked(tmp_path, "x").__enter__()
        other.kill()
    with locked(tmp_path, "x"):  # the system releases what a killed process held
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_file_system_without_locks_is_used_without_one(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refused)
    with locked(tmp_path, "x"):
        assert (tmp_path / LOCK).is_file()


def test_what_a_command_leaves_at_its_very_start_is_nothing_of_others(tmp_path: Path) -> None:
    for name in (LOCK, ".partial-01.json"):
        (tmp_path / name).write_text("")
    assert list(others_in(tmp_path)) == []
    (tmp_path / ".hidden").write_text("")
    assert [path.name for path in others_in(tmp_path)] == [".hidden"]


def test_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    look = FileLock(tmp_path / LOCK, thread_local=False)
    look.acquire()
    Timer(0.03, look.release, ()).start()
    with locked(tmp_path, "x"):
        assert is_locked(tmp_path)
