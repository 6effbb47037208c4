"""`measure`: one command from a folder of scans to sizes, everything real, everything small."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fixtures.rough_light import rough_light

from diffrendergan.api import Project
from diffrendergan.calibration import look, trial
from diffrendergan.pipeline.measure import run as measuring
from diffrendergan.pipeline.measure.settings import QUICK
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

SMALL = {
    "data.patches": 4, "data.background_patches": 4, "data.patch_size": 64, "data.stride": 32,
    "data.min_full_particles": 1, "data.test_fraction": 0.5, "particles.faces": 120, "synthesis.images": 4,
    "synthesis.min_background": 0.05, "segmentation.steps": 3, "segmentation.batch_size": 2,
    "segmentation.patch_size": 64, "fit.steps": 2, "fit.constellations": 8, "fit.patches": 8,
    "rendering.transport": {"pixel_samples": 4, "directions": 4, "knots": 6},
}  # fmt: skip


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Smaller scans than those of other tests, and fewer: the generalist looks at them in each part of the command."""
    settings = MicroscopeSettings(width=224, height=184, data_bar=40, bare_strip_px=80, bare_probability=1.0)
    write_demo_data(tmp_path / "data", 2, settings, 0, SilentReporter())
    return tmp_path / "data"


@pytest.mark.slow
def test_one_command_measures_a_folder(scans: Path, tmp_path: Path, cli, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    little = replace(QUICK, arrangements=28, patches=4, changes={**QUICK.changes, **SMALL})
    monkeypatch.setattr(measuring, "QUICK", little)
    monkeypatch.setattr(look, "RULES", replace(look.RULES, light_directions=4))
    monkeypatch.setattr(trial, "RULES", replace(trial.RULES, rims=(0.0, 4.0)))
    command = ("measure", str(scans / "images"), "-o", "out", "--quick")
    with rough_light():
        done = cli(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    summary = json.loads((out / "quick-measured" / "summary.json").read_text())
    assert len(list((out / "quick-measured" / "labels").glob("*.tif"))) == 2
    assert "verdict: " in done.stdout and "Network and generalist agree" in done.stdout
    assert (
        "trained on 4 synthetic images of these particles, from the weights of the packaged generalist" in done.stdout
    )
    assert "quick: the look was fitted in" in done.stdout
    verdict = json.loads((out / "quick-run" / "judge" / "verdict.json").read_text())
    assert (verdict["judgement"] == "bad") == any("is judged bad" in said for said in summary["warnings"])
    project = Project.measure(scans / "images", out, quick=True)  # all of it is there
    assert project.file == out / "quick.yaml" and project.verdict().judgement == verdict["judgement"]  # type: ignore[union-attr]
    again = cli(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "init, calibrate: finished before" in again.stderr and "2 of 2 scans were measured before" in again.stderr
