"""The stage `report`: one HTML file that shows the whole run."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.project import Project
from diffrendergan.reporting.figures.run_figures import write_run_figures
from diffrendergan.reporting.page.measured import read_measured
from diffrendergan.reporting.page.page import make_page
from diffrendergan.reporting.page.pooled import pool_sizes
from diffrendergan.reporting.page.scores import read_scores
from diffrendergan.reporting.sheet.run_sheet import write_run_sheet
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.reporter import Reporter

REPORT = "report.html"
FIGURES = Path("report", "figures")


def run_report(project: Project, folder: Path, reporter: Reporter) -> None:
    """Write `report.html` into a run folder, whatever of the run is there, and its pictures into `report/figures`.

    Beside the pictures, the data sheet of the measured scans (`report/datasheet.html`, `.pdf`).

    The page holds its style and pictures, fetches nothing, and follows the reader's light or dark theme. Parts of the
    run that are missing are named in a sentence. Nothing is measured here: `quantify` has done that. The same run
    folder and scans give the same page and pictures.

    Parameters
    ----------
    project : Project
        The configuration.
    folder : pathlib.Path
        The run folder.
    reporter : Reporter
        Shows progress, and where the page lies.

    Raises
    ------
    RunFolderError
        If a file of the run is broken, or the page or a picture cannot be written.
    """
    path = folder / REPORT
    measured = read_measured(project, folder, read_scores(folder))
    groups = pool_sizes(measured.scans, project.seed)
    write_text(path, make_page(project, folder, measured, groups))
    write_run_figures(folder / FIGURES, measured, groups, reporter)
    write_run_sheet(project, folder, folder / FIGURES.parent, measured, groups)
    reporter.note(f"report: {path}")
