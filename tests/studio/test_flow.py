from __future__ import annotations

import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from diffrendergan.config.load import RUN_CONFIG, load_project
from diffrendergan.errors import DataError
from diffrendergan.image_files.writing import write_png
from diffrendergan.pipeline.curves import curves
from diffrendergan.pipeline.status import stage_states
from diffrendergan.runs.atomic import write_json, write_text
from diffrendergan.studio import flow, jobs
from diffrendergan.studio.export import commands, write_export
from diffrendergan.studio.flow import FIRST_LOOK, INIT, Flow, hand_over
from diffrendergan.studio.job_process import END, JOB
from diffrendergan.studio.jobs import Job
from diffrendergan.studio.proposals import change
from diffrendergan.studio.results import chosen_results, measured_scans
from diffrendergan.studio.run_folder import pictures, run_folders
from diffrendergan.studio.workspace import Workspace


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    space = Workspace(tmp_path / "work")
    write_png(space.uploads / "a.png", np.zeros((8, 8), np.uint8))
    return space


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Jobs are written down, but nothing runs."""
    made: list[Job] = []

    def start(folder: Path, kind: str, arguments: list[str], about: str = "") -> Job:
        job = Job(folder / f"{len(made) + 1:04d}-{kind}")
        record = {"kind": kind, "arguments": list(arguments), "about": about, "time": time.time()}
        write_json(job.folder / JOB, record)
        made.append(job)
        return job

    monkeypatch.setattr(jobs, "start", start)
    return made


def end(job: Job, status: int = 0) -> None:
    write_json(job.folder / END, {"status": status})


def test_scans_are_looked_at_once_they_are_all_there(space: Workspace, started: list[Job]) -> None:
    due = Flow(space)
    assert due.step() is None  # perhaps more are coming
    first = due.step()
    assert first is not None and first.kind == FIRST_LOOK
    assert first.arguments[:2] == ["quantify", str(space.uploads)]
    assert due.step() is None  # it goes on
    end(first)
    second = due.step()
    assert second is not None and second.kind == INIT
    end(second)
    assert due.step() is None
    assert Flow(space).step() is None and len(started) == 2  # after a restart nothing is done again

    write_png(space.uploads / "b.png", np.zeros((8, 8), np.uint8))
    assert due.step() is None
    assert due.step() == started[2] and started[2].kind == FIRST_LOOK
    end(started[2])
    write_text(space.project_file, "arrangement: {number: [2, 9]}\n")
    change(space.project_file, "arrangement.number", "[3, 4]")
    space.remember(pixel_size_nm=2.5)
    due.step()
    assert due.step() == started[3]
    end(started[3])
    assert due.step() == started[4] and started[4].kind == INIT
    for job in started[3:]:  # both, so that their lengths are those of one scale
        assert job.arguments[-2:] == ["--pixel-size-nm", "2.5"]

    # What was changed by hand outlives another `init`.
    write_text(space.project_file, "arrangement: {number: [5, 7]}\n")
    with pytest.raises(DataError, match="still looked at"):
        flow.start_measure(space, quick=True)
    end(started[4])
    assert due.step() is None
    assert load_project(space.project_file).arrangement.number == (3, 4)
    assert flow.start_measure(space, quick=True).arguments[-3:] == ["--quick", "--pixel-size-nm", "2.5"]
    with pytest.raises(DataError, match="Another network"):
        flow.start_measure(space, quick=False)


def test_what_was_changed_in_the_project_file_is_measured_with(space: Workspace) -> None:
    write_text(space.project_file, "# mine\ndata: {images: scans, patch_size: 64}\n")
    hand_over(space)
    initial = space.measured / "initial.yaml"
    assert load_project(initial).data.images == space.uploads
    for calibrated in ("quick.yaml", "project.yaml"):
        write_text(space.measured / calibrated, "made from it")
    hand_over(space)
    assert (space.measured / "quick.yaml").is_file()
    write_text(space.project_file, "# mine\ndata: {images: scans, patch_size: 96}\n")
    hand_over(space)
    assert load_project(initial).data.patch_size == 96
    assert not (space.measured / "quick.yaml").exists() and not (space.measured / "project.yaml").exists()


def test_what_lacks_something_says_what(space: Workspace, started: list[Job]) -> None:
    with pytest.raises(DataError, match="no scans yet"):
        flow.start_measure(Workspace(space.folder / "empty"), quick=True)
    with pytest.raises(DataError, match="no project file"):
        flow.start_stage(space, flow.FIT)
    with pytest.raises(DataError, match="no network of your own"):
        flow.start_correct(space, None)
    with pytest.raises(DataError, match="Nothing was corrected"):
        flow.start_correct(space, space.measured / "run")
    with pytest.raises(DataError, match="no corrected network"):
        flow.start_again(space)
    with pytest.raises(DataError, match="Nothing was measured"):
        flow.start_final(space, space.first_look)
    assert started == []


def test_a_run_folder_tells_how_far_it_is(space: Workspace) -> None:
    run = space.measured / "quick-run"
    write_text(run / RUN_CONFIG, "preset: dots-tem\n")
    assert list(run_folders(space)) == ["measure/quick-run"]
    write_json(run / "prepare" / "done.json", {})
    write_json(run / "fit" / "started.json", {})
    write_json(run / "timings.json", {"prepare": {"seconds": 3.0}})
    states = {state.name: state for state in stage_states(run)}
    assert (states["prepare"].status, states["prepare"].seconds) == ("finished", 3.0)
    assert (states["fit"].status, states["report"].status) == ("begun", "waiting")
    write_json(run / "fit" / "fit.json", {"totals": [5.0, 4.0]})
    write_text(run / "train" / "history.jsonl", '{"epoch": 1, "fid": 9.0}\n{"epoch": 2, "f')
    assert curves(run) == {"fit: distance": [(1.0, 5.0), (2.0, 4.0)], "train: fid": [(1.0, 9.0)]}
    write_png(run / "fit" / "fit.png", np.zeros((4, 4), np.uint8))
    assert pictures(run) == [run / "fit" / "fit.png"]


def test_everything_is_in_one_file(space: Workspace, started: list[Job]) -> None:
    assert chosen_results(space) is None
    write_json(space.first_look / "scans" / "a.json", {"name": "a"})
    write_text(space.first_look / ".lock", "1")
    write_text(space.project_file, "name: mine\n")
    for status in (143, 0):  # stopped, and gone on with
        end(jobs.start(space.jobs, FIRST_LOOK, ["quantify", "my scans"]), status)
    end(jobs.start(space.jobs, INIT, ["init"]), 1)
    assert commands(space) == ["diffrendergan quantify 'my scans'"]
    chosen = chosen_results(space)
    assert chosen is not None and measured_scans(space, chosen[1]) == {}  # a record of another form
    with zipfile.ZipFile(write_export(space, chosen[1], space.folder / "all.zip")) as packed:
        assert sorted(packed.namelist()) == ["commands.txt", "first-look/scans/a.json", "project.yaml"]
