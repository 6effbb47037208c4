"""Stages are run unless they are finished, so that several processes can work on one benchmark."""

from __future__ import annotations

import time

from diffrendergan.config.project import Project
from diffrendergan.errors import FolderInUseError
from diffrendergan.pipeline.runner import Asked, is_finished, run_project
from diffrendergan.runs.reporter import Reporter

POLL_S = 5.0
"""Time between two looks whether another process has finished [s]."""


def make(project: Project, stage: str, reporter: Reporter) -> None:
    """Run a stage, with those it needs, unless it is finished.

    Raises
    ------
    UserError
        If a stage fails, or another process works in the run folder.
    """
    if not is_finished(project, stage):
        run_project(project, reporter, Asked(stage))


def make_in_turn(project: Project, stage: str, reporter: Reporter) -> None:
    """Do the same in a run folder that several processes need: wait while another one works in it.

    If that one ends early, its work is continued here.

    Raises
    ------
    UserError
        If a stage fails.
    """
    waited = False
    while True:
        try:
            make(project, stage, reporter)
        except FolderInUseError:
            if not waited:
                reporter.note(f"another diffrendergan is making {project.run}; waiting until it has finished")
            waited = True
            time.sleep(POLL_S)
        else:
            break
    if waited:
        reporter.note(f"{project.run} is there; going on")
