"""What follows from what: the jobs that the studio starts by itself, and the arguments of all that it starts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.calibration.project_file import with_values
from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import write_text
from diffrendergan.studio import jobs
from diffrendergan.studio.changes import expect_init, put_back
from diffrendergan.studio.jobs import Job
from diffrendergan.studio.views import view_key
from diffrendergan.studio.workspace import Workspace

FIRST_LOOK, INIT, QUICK, WHOLE, FINAL = "first-look", "init", "measure-quick", "measure", "corrected"
FIT, RUN, CORRECT, AGAIN, FIGURES = "fit", "run", "correct", "measure-again", "figures"


@dataclass
class Flow:
    """Starts the first look, and after it `init`, as soon as the scans have stayed the same for a moment."""

    space: Workspace
    _seen: str = ""

    def step(self) -> Job | None:
        """Look once, and start what is due; called now and then."""
        about = about_scans(self.space)
        settled, self._seen = about == self._seen, about
        if not about or not settled:
            return None
        first = jobs.latest(self.space.jobs, FIRST_LOOK)
        if first is None or first.about != about:
            return start_first_look(self.space, about)
        init = jobs.latest(self.space.jobs, INIT)
        if init is not None and init.status() != "running":
            put_back(self.space.project_file)
        if first.status() != "running" and (init is None or init.about != about):
            return start_init(self.space, about)
        return None


def about_scans(space: Workspace) -> str:
    """Return what changes with the scans and their pixel size; empty where there is none."""
    try:
        listing = space.listing()
    except DataError:
        return ""
    if listing is None:
        return ""
    keys = [view_key(path) for path in listing.paths]
    size = space.state().pixel_size_nm
    return f"{space.scans} {' '.join(keys)} {'' if size is None else size}"


def start_first_look(space: Workspace, about: str = "") -> Job:
    """Find and measure the particles of all scans by the packaged generalist."""
    arguments = ["quantify", str(space.scans), "--out", str(space.first_look), "--no-figures"]
    return jobs.start(space.jobs, FIRST_LOOK, [*arguments, *_pixel_size(space)], about)


def start_figures(space: Workspace) -> Job:
    """Draw the figures and the data sheet of the first look."""
    arguments = ["quantify", str(space.scans), "--out", str(space.first_look)]
    return jobs.start(space.jobs, FIGURES, [*arguments, *_pixel_size(space)])


def start_init(space: Workspace, about: str = "") -> Job:
    """Let `init` look at the scans."""
    expect_init(space.project_file)
    files = ["-o", str(space.project_file), "--found", str(space.found), "--force"]
    return jobs.start(space.jobs, INIT, ["init", str(space.scans), *files, *_pixel_size(space)], about)


def start_measure(space: Workspace, quick: bool) -> Job:
    """Make a network for these scans, and measure them with it; what was changed in the project file is followed.

    Raises
    ------
    DataError
        If there are no scans, `init` has not looked at them yet, or another such job is going on.
    RunFolderError
        If a file cannot be written.
    """
    about, kind, other = about_scans(space), *((QUICK, WHOLE) if quick else (WHOLE, QUICK))
    if not about:
        raise DataError("There are no scans yet: drop some in the tab Scans first.")
    init, busy = jobs.latest(space.jobs, INIT), jobs.latest(space.jobs, other)
    if init is None or init.about != about or init.status() == "running":
        raise DataError("The scans are still looked at (init): start when it has finished.")
    if busy is not None and busy.status() == "running":
        raise DataError("Another network is being made from these scans: let it finish, or stop it first.")
    hand_over(space)
    arguments = ["measure", str(space.scans), "-o", str(space.measured), *(["--quick"] if quick else [])]
    return jobs.start(space.jobs, kind, [*arguments, *_pixel_size(space)])


def hand_over(space: Workspace) -> None:
    """Give the project file to `measure`, as what `init` wrote; what was calibrated from another one goes."""
    if not space.project_file.is_file():
        return
    initial = space.measured / "initial.yaml"
    text = with_values(space.project_file.read_text(encoding="utf-8"), {}, space.project_file, target=initial)
    if initial.is_file() and initial.read_text(encoding="utf-8") == text:
        return
    write_text(initial, text)
    for calibrated in ("quick.yaml", "project.yaml"):
        (space.measured / calibrated).unlink(missing_ok=True)


def start_stage(space: Workspace, stage: str) -> Job:
    """Run `fit`, or all stages with `run`, of the project file.

    Raises
    ------
    DataError
        If `init` has not written it yet.
    """
    if not space.project_file.is_file():
        raise DataError("There is no project file yet: drop scans first, and let init look at them.")
    return jobs.start(space.jobs, stage, [stage, str(space.project_file)])


def start_correct(space: Workspace, run: Path | None) -> Job:
    """Let the network of a run learn from the corrected label images.

    Raises
    ------
    DataError
        If there is no network, or nothing was corrected.
    """
    if run is None:
        raise DataError("There is no network of your own yet: start the quick one first.")
    if not any(space.corrected.glob("*.tif")):
        raise DataError("Nothing was corrected yet: correct all particles of a scan or two in the tab Particles.")
    arguments = ["correct", str(run), str(space.corrected), "--out", str(again_network(space))]
    return jobs.start(space.jobs, CORRECT, [*arguments, "--scans", str(space.scans)])


def start_again(space: Workspace) -> Job:
    """Measure all scans with the corrected network.

    Raises
    ------
    DataError
        If there is none.
    """
    if not (again_network(space) / "corrected.json").is_file():
        raise DataError("There is no corrected network yet: let one learn from corrections first.")
    out = ["--model", str(again_network(space)), "--out", str(again_folder(space))]
    return jobs.start(space.jobs, AGAIN, ["quantify", str(space.scans), *out, *_pixel_size(space)])


def start_final(space: Workspace, results: Path) -> Job:
    """Measure the scans as they were corrected by hand, those without corrections as they were found.

    Parameters
    ----------
    space : Workspace
    results : Path
        What was corrected, a folder of `quantify`.

    Raises
    ------
    DataError
        If nothing was found.
    """
    labels = space.folder / "final-labels"
    gather_labels(space, results, labels)
    options = ["--labels", str(labels), "--labels-kind", "instances", "--out", str(final_folder(space))]
    return jobs.start(space.jobs, FINAL, ["quantify", str(space.scans), *options, *_pixel_size(space)])


def gather_labels(space: Workspace, results: Path, target: Path) -> None:
    """Put the label images of all scans into one folder, the corrected ones in place of those that were found.

    Raises
    ------
    DataError
        If there is none.
    """
    listing = space.listing()
    names = [] if listing is None else list(listing.files)
    target.mkdir(parents=True, exist_ok=True)
    for path in target.glob("*.tif"):
        path.unlink()
    for name in names:
        file = f"{name}.tif"
        source = next((path for path in (space.corrected / file, results / "labels" / file) if path.is_file()), None)
        if source is not None:
            shutil.copyfile(source, target / file)
    if not any(target.glob("*.tif")):
        raise DataError("Nothing was measured yet: drop scans first.")


def again_network(space: Workspace) -> Path:
    """Return where the corrected network goes."""
    return space.folder / "corrected-network"


def again_folder(space: Workspace) -> Path:
    """Return where its results go."""
    return space.folder / "corrected-network-measured"


def final_folder(space: Workspace) -> Path:
    """Return where corrected label images are measured to."""
    return space.folder / "corrected-measured"


def _pixel_size(space: Workspace) -> list[str]:
    size = space.state().pixel_size_nm
    return [] if size is None else ["--pixel-size-nm", str(size)]
