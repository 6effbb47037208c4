"""The stage `prepare`: patches by the search that the project asks for, and what scans say of their instrument."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.generalist.search import search_of
from diffrendergan.patches.prepare import run_prepare
from diffrendergan.pipeline.watch.trained import write_instrument
from diffrendergan.runs.reporter import Reporter


def run(project: Project, folder: Path, reporter: Reporter) -> None:
    """Choose and cut the patches; see `patches.prepare.run_prepare`."""
    run_prepare(project, folder, reporter, search_of(project))
    write_instrument(project, folder)
