from __future__ import annotations

from pathlib import Path

import pytest

from diffrendergan.config.run_folder import check_run_folder
from diffrendergan.errors import RunFolderError


def test_run_folders_inside_are_named(tmp_path: Path) -> None:
    run = tmp_path / "sizes" / "quick-run"
    run.mkdir(parents=True)
    (run / "config.yaml").write_text("")
    check_run_folder(run)
    with pytest.raises(RunFolderError, match=r"sizes is no run folder .* did you mean .*sizes/quick-run\?"):
        check_run_folder(tmp_path / "sizes")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run folder \(it does not exist\); name one that"):
        check_run_folder(tmp_path / "nix")
    with pytest.raises(RunFolderError, match=r"\(it has no config\.yaml\); name one that"):
        check_run_folder(tmp_path)
