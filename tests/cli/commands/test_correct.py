from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures.command_line import in_this_process

import diffrendergan as dg
from diffrendergan.config.project import Project as Configuration
from diffrendergan.pipeline import correcting
from diffrendergan.pipeline.correcting import Corrected

MADE = Corrected(Path("run/corrected"), ("a",), {"corrected_scans": 0.5}, {"corrected_scans": 0.75})


def test_it_says_what_changed_and_where_the_network_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple] = []
    monkeypatch.setattr(correcting, "correct_run", lambda *given: asked.append(given) or MADE)
    done = in_this_process("correct", "run", "mine", "--steps", "9", "--scans", "more", "--labels-kind", "particles",
                           "-q", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Dice on the corrected scans: 0.500 before, 0.750 after." in done.stdout
    assert "diffrendergan quantify SCANS --model run/corrected" in done.stdout
    run, corrected, _, out, scans, seed, steps, suffix, kind = asked[0]
    assert (run, corrected, out, scans) == (Path("run"), Path("mine"), None, Path("more"))
    assert (seed, steps, suffix, kind) == (None, 9, None, "particles")


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    done = in_this_process("correct", "nowhere", "mine", cwd=tmp_path)
    assert done.returncode == 1 and "nowhere is no run folder" in done.stderr


def test_the_same_from_python(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple] = []

    def correct(*given, **settings):
        asked.append((*given[:2], given[3], settings))
        return MADE

    monkeypatch.setattr(correcting, "correct_run", correct)
    configuration = Configuration(run=Path("runs/one"))
    assert dg.Project(Path("project.yaml"), configuration).correct("mine", steps=5) == Path("run/corrected")
    assert asked == [(Path("runs/one"), Path("mine"), None, {"steps": 5})]
