"""Terminals that take few characters, as a user's process has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    labels = np.zeros((30, 40), np.uint8)
    labels[2:12, 2:12] = 1
    for name in ("predicted", "annotated"):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "Größe_1.npy", labels)
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    ours = ("LC_", "PYTHONIO", "PYTHONUTF8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "diffrendergan", *arguments]
    return subprocess.run(command, cwd=folder, env=clean | environment, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "Größe_1".encode("latin-1")),
        ({"PYTHONIOENCODING": "ascii:strict"}, b"Gr??e_1"),
        (C_LOCALE, b"Gr??e_1"),
        ({"LC_ALL": "C.UTF-8"}, "Größe_1".encode()),
    ],
)
def test_scores_are_written_and_shown(folder: Path, environment: dict[str, str], name: bytes) -> None:
    done = run(folder, "score", "predicted", "annotated", "--out", "scores.csv", **environment)
    assert done.returncode == 0, done.stderr
    assert name in done.stdout
    assert "Größe_1" in (folder / "scores.csv").read_text(encoding="utf-8")
    assert json.loads((folder / "scores.json").read_text(encoding="utf-8"))["rows"][0]["scan"] == "Größe_1"


def test_undecodable_names_are_written_readable(folder: Path) -> None:
    for name in ("predicted", "annotated"):
        file = folder / name / "Größe_1.npy"
        file.rename(file.with_name(os.fsdecode("Größe_1.npy".encode("latin-1"))))
    done = run(folder, "score", "predicted", "annotated", "--out", "scores.csv", LC_ALL="C.UTF-8")
    assert done.returncode == 0, done.stderr
    assert "Größe_1" in (folder / "scores.csv").read_text(encoding="utf-8")
