from __future__ import annotations

import os
from pathlib import Path

import pytest

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.lock import LOCK, locked


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
