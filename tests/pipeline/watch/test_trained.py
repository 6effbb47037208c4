from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.fixtures.scans import folder, left_half_discs

from diffrendergan.config.load import RUN_CONFIG, dump_project
from diffrendergan.config.project import Project
from diffrendergan.patches.prepare import run_prepare
from diffrendergan.pipeline.watch.chart import usual_of
from diffrendergan.pipeline.watch.trained import FILE, read_instrument, write_instrument
from diffrendergan.runs.reporter import SilentReporter

__all__ = ["folder", "left_half_discs"]


def test_a_run_keeps_what_its_scans_say_of_the_instrument(folder: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    values = {"images": str(folder), "patch_size": 96, "stride": 32, "patches": 4, "background_patches": 2}
    project = Project.model_validate({"run": str(run), "data": values})
    run_prepare(project, run, SilentReporter())
    write_instrument(project, run)
    kept = read_instrument(run)
    assert len(kept) == 4 and {"grey_middle", "noise", "sharpness"} <= set(usual_of(kept))

    (run / "prepare" / FILE).unlink()
    (run / RUN_CONFIG).write_text(dump_project(project))
    assert read_instrument(run) == kept  # of an earlier version: from the scans

    shutil.rmtree(folder)
    assert read_instrument(run) == [] and read_instrument(None) == []
