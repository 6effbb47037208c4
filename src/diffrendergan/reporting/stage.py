"""The stage `report`: one HTML file that shows the whole run."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.reporting.page import make_page
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.reporter import Reporter

REPORT = "report.html"


def run_report(project: Project, folder: Path, reporter: Reporter) -> None:
    """Write `report.html` into a run folder, whatever of the run is there.

    The page holds its style and pictures, fetches nothing, and follows the reader's light or dark theme. Parts of the
    run that are missing are named in a sentence. The same run folder gives the same page.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder.
    reporter : Reporter
        Told where the page lies.

    Raises
    ------
    RunFolderError
        If a file of the run is broken, or the page cannot be written.
    """
    path = folder / REPORT
    write_text(path, make_page(project, folder))
    reporter.note(f"report: {path}")
