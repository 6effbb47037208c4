from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.command_line import in_this_process
from tests.realism.conftest import Blocks, patch

import diffrendergan as dg
from diffrendergan.image_files.writing import write_png
from diffrendergan.pipeline import comparing


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(comparing, "packaged_network", Blocks)
    for name, first, noise in (("real", 0, 0.03), ("made", 100, 0.06)):
        for number in range(12):
            pixels = np.round(255 * patch(first + number, noise=noise)).astype(np.uint8)
            write_png(tmp_path / name / f"{name}_{number}.png", pixels)
    return tmp_path


def test_two_folders(folders: Path) -> None:
    done = in_this_process("compare", "real", "made", "-q", cwd=folders)
    assert done.returncode == 0, done.stderr
    assert "real against real" in done.stdout and "The classifier errs in " in done.stdout
    assert "wrote comparison/comparison.json" in done.stdout
    written = {path.name for path in (folders / "comparison").iterdir()}
    assert written == {"comparison.json", "comparison.png", "curves.png", "curves.svg"}
    kept = json.loads((folders / "comparison" / "comparison.json").read_text(encoding="utf-8"))
    assert kept["patches"] == 12 and kept["patch_px"] == 64 and kept["error"]["value"] < 0.2


def test_the_same_from_python_writes_nothing(folders: Path) -> None:
    found = dg.compare(folders / "real", folders / "made", patches=10, seed=3)
    assert found.patches == 10 and found.error.value < 0.3
    assert sorted(path.name for path in folders.iterdir()) == ["made", "real"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("real",), "Invalid value for SYNTHETIC: name a second folder"),
        (("project.yaml", "--patch", "64"), "--patch has no effect with a project"),
        (("real", "made", "--redo"), "--redo has no effect with two folders"),
        (("real", "none"), "the image folder none does not exist"),
        (("real", "made", "--patch", "16"), "16×16 px are too small"),
    ],
)
def test_what_cannot_be_compared_is_said(folders: Path, arguments: tuple[str, ...], said: str) -> None:
    done = in_this_process("compare", *arguments, "-q", cwd=folders)
    assert done.returncode != 0 and said in " ".join(done.stderr.split())
