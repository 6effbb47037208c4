"""All results in one file, with the commands and the configuration that make them again."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from diffrendergan.runs.atomic import PARTIAL, atomic_path
from diffrendergan.runs.lock import LOCK
from diffrendergan.studio import jobs
from diffrendergan.studio.changes import changes_of
from diffrendergan.studio.proposals import in_yaml
from diffrendergan.studio.run_folder import run_folders
from diffrendergan.studio.workspace import Workspace
from diffrendergan.version import __version__

COMMANDS = "commands.txt"
CONFIGURATION = (
    "project.yaml", "project-found.json", "project-measured.png", "measure/initial.yaml", "measure/project.yaml",
    "measure/quick.yaml",
)  # fmt: skip
OF_RUN = ("config.yaml", "environment.json", "report.html", "judge/verdict.json")
STORED = (".png", ".zip", ".parquet", ".jpg")
"""Kinds of files that are packed already."""


def commands(space: Workspace) -> list[str]:
    """Return the commands that give in a terminal what the studio has made, in the order in which they were given.

    Of a command that was given several times, stopped and gone on, the last one stands.
    """
    done = [job for job in jobs.all_jobs(space.jobs) if job.status() == "finished"]
    return list(dict.fromkeys(job.command for job in {job.kind: job for job in done}.values()))


def commands_text(space: Workspace) -> str:
    """Return the commands as a text to be kept."""
    head = (
        f"# DiffRenderGAN {__version__}. These commands give the same results. Scans: {space.scans}\n"
        f"# Corrections by hand are label images (corrected/), and their steps (edits/).\n"
    )
    changed = changes_of(space.project_file).values
    if changed:
        told = "; ".join(f"{name}: {in_yaml(value)}" for name, value in changed.items())
        head += f"# Changed by hand after `init`, set it in project.yaml (measure: in measure/initial.yaml): {told}\n"
    return head + "".join(f"{command}\n" for command in commands(space))


def write_export(space: Workspace, results: Path, target: Path) -> Path:
    """Pack results, configuration, corrections and commands into one ZIP.

    Parameters
    ----------
    space : Workspace
    results : Path
        The folder of results.
    target : Path
        The file.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    with (
        atomic_path(target) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as packed,
    ):
        for file, name in _files(space, results):
            packed.write(file, name, zipfile.ZIP_STORED if file.suffix.lower() in STORED else None)
        packed.writestr(COMMANDS, commands_text(space))
    return target


def _files(space: Workspace, results: Path) -> Iterator[tuple[Path, str]]:
    """Yield files and their names in the ZIP."""
    for folder in (results, space.corrected, space.edits):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != LOCK and not path.name.startswith(PARTIAL):
                yield path, f"{folder.name}/{path.relative_to(folder).as_posix()}"
    for name in CONFIGURATION:
        if (space.folder / name).is_file():
            yield space.folder / name, name
    for name, run in run_folders(space).items():
        for part in OF_RUN:
            if (run / part).is_file():
                yield run / part, f"{name}/{part}"
