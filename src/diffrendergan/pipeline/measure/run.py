"""`measure`: `init`, `calibrate`, `run` and `quantify` on one folder of scans; what is done is not done again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diffrendergan.calibration.project_file import with_values
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.generalist.first_look import first_look
from diffrendergan.image_files.listing import list_scans
from diffrendergan.inspection.config_file import initial_config
from diffrendergan.inspection.picture import write_measured_picture
from diffrendergan.judging.verdict import Verdict, read_verdict, with_doubts
from diffrendergan.pipeline.calibrating import calibrate_file
from diffrendergan.pipeline.measure.settings import QUICK, WHOLE, Effort
from diffrendergan.pipeline.quantify.run import QuantifySettings, QuantifySummary, quantify_scans
from diffrendergan.pipeline.runner import run_project
from diffrendergan.runs.atomic import write_text
from diffrendergan.runs.lock import LOCK, locked, others_in
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.words import plural
from diffrendergan.segmentation.trained import load_trained

INITIAL = "initial.yaml"
"""What `init` wrote."""


@dataclass(frozen=True, eq=False)
class MeasuredFolder:
    """The particles of a folder of scans, and what is to be thought of them."""

    file: Path
    """The project file of the network."""
    project: Project
    """What it says."""
    summary: QuantifySummary
    verdict: Verdict | None
    network: str
    """Which network measured, as a sentence."""


def measure_folder(
    scans: Path, out: Path, reporter: Reporter, quick: bool = False, pixel_size_nm: float | None = None
) -> MeasuredFolder:
    """Measure all scans of a folder by a network that is made for them.

    In `out`: `initial.yaml`, which `init` writes; `project.yaml`, calibrated; `run`, the run folder; `measured`, the
    results of `quantify`. With `quick`, the last three are `quick.yaml`, `quick-run` and `quick-measured`. The same
    call goes on where it was stopped, and a project file that was edited meanwhile is followed.

    Parameters
    ----------
    scans : Path
        Folder of micrographs.
    out : Path
        Folder for everything; made if it is not there.
    reporter : Reporter
        Shows progress.
    quick : bool
        Few images and steps, in place of a whole run.
    pixel_size_nm : float, optional
        Edge of a pixel of all scans [nm], whatever their files say.

    Raises
    ------
    RunFolderError
        If `out` holds something else, or results of other scans or another pixel size, or is in use.
    UserError
        As the steps raise; what is finished stays.
    """
    effort = QUICK if quick else WHOLE
    _check_folder(scans, out, pixel_size_nm)
    with locked(out, "name another folder with -o"):
        file = _project_file(scans, out, effort, reporter, pixel_size_nm)
        project = load_project(file)
        run_project(project, reporter)
        trained = with_doubts(load_trained(project.run), project.run)
        listing = list_scans(scans)
        settings = QuantifySettings(images=scans, figures=effort.figures, sheet=True, confidence=effort.confidence)
        summary = quantify_scans(listing.paths, trained, settings, out / effort.place("measured"), reporter, listing)
    return MeasuredFolder(file, project, summary, read_verdict(project.run), _network(project, effort))


def _check_folder(scans: Path, out: Path, pixel_size_nm: float | None) -> None:
    """Refuse a folder that is not for the results of these scans.

    Raises
    ------
    ConfigError
        If the scans themselves lie there.
    RunFolderError
        If it holds something else, or results of other scans or another pixel size.
    """
    if out.resolve() == scans.resolve():
        raise ConfigError(f"{out} holds the scans themselves; name another folder for the results with -o.")
    if out.exists() and not out.is_dir():
        raise RunFolderError(f"{out} is a file; name a folder for the results with -o.")
    initial = out / INITIAL
    if initial.is_file():
        known = load_project(initial).data
        if known.images.resolve() != scans.resolve():
            raise RunFolderError(f"{out} holds results of {known.images} and not of {scans}; name another with -o.")
        if pixel_size_nm is not None and known.pixel_size_nm != pixel_size_nm:
            was = "that of the files" if known.pixel_size_nm == "auto" else f"{known.pixel_size_nm:g} nm"
            raise RunFolderError(
                f"{out} was begun with another pixel size ({was}, not {pixel_size_nm:g} nm); name another with -o."
            )
    elif out.is_dir() and not (out / LOCK).is_file() and any(others_in(out)):
        raise RunFolderError(f"{out} holds files that are no results of `measure`; name another folder with -o.")


def _project_file(scans: Path, out: Path, effort: Effort, reporter: Reporter, pixel_size_nm: float | None) -> Path:
    """Return the calibrated project file, which is made if it is not there; each file is whole or absent."""
    initial, start, file = out / INITIAL, out / f".{effort.name}-start.yaml", out / f"{effort.name}.yaml"
    if file.is_file():
        reporter.note("init, calibrate: finished before")
        return file
    if initial.is_file():
        reporter.note("init: finished before")
    else:
        reporter.note("init: starts")
        found = first_look(scans, reporter, pixel_size_nm=pixel_size_nm)
        if found.estimate is not None:
            write_measured_picture(out / "initial-measured.png", found)
        write_text(initial, initial_config(found, scans, initial))
    reporter.note("calibrate: starts")
    changes = {"run": effort.place("run"), **effort.changes}
    note = f"As `diffrendergan init` wrote it, for `measure`. {effort.cut}".strip()
    write_text(start, with_values(initial.read_text(encoding="utf-8"), changes, initial, note))
    calibrate_file(start, file, effort.arrangements, effort.patches, reporter)
    start.unlink()
    return file


def _network(project: Project, effort: Effort) -> str:
    images = plural(project.synthesis.images, "synthetic image")
    start = ", from the weights of the packaged generalist" if project.segmentation.start == "generalist" else ""
    told = f"measured by the network of {project.run}, trained on {images} of these particles{start}"
    return f"{told}; {effort.cut}" if effort.cut else told
