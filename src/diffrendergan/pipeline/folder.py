"""The run folder: whose it is, who works in it, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from diffrendergan.config.former import without_former
from diffrendergan.config.load import RUN_CONFIG, dump_project
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.pipeline.inputs import scan_files
from diffrendergan.pipeline.plan import REPLACED
from diffrendergan.pipeline.records import DONE, read_record
from diffrendergan.runs.atomic import remove_partial_files, write_json, write_text
from diffrendergan.runs.environment import describe_environment
from diffrendergan.runs.lock import LOCK, locked, others_in
from diffrendergan.runs.provenance import size_and_time
from diffrendergan.runs.seal import SEAL

ENVIRONMENT = "environment.json"
_WORK = ("particles", "arrangement", "rendering", "imaging", "training")
"""Sections that differ between two projects on the same scans."""


def check_folder(project: Project, force: bool = False) -> None:
    """Find out whether the run folder may be used by this project, without touching it.

    Parameters
    ----------
    project : Project
        The configuration; `run` is the folder.
    force : bool
        Take the folder of another project too; its results are replaced as the stages run.

    Raises
    ------
    RunFolderError
        If it is a file, a folder with other things in it, or the run folder of another project.
    """
    folder = project.run
    if not folder.exists():
        return
    if not folder.is_dir():
        raise RunFolderError(f"`run` is {folder}, which is a file; choose another folder.")
    if not any(others_in(folder)):
        return
    if not ((folder / RUN_CONFIG).is_file() or (folder / LOCK).is_file()):
        raise RunFolderError(f"`run` is {folder}, which is neither empty nor a run folder; choose another one.")
    other = _other_project(project)
    if other is not None and not force:
        raise RunFolderError(
            f"{folder} holds a run of another project ({other}); choose another `run`, or give --force to replace it."
        )


def _other_project(project: Project) -> str | None:
    """Return what project made the folder, None if it is the same one or cannot be told."""
    text = _recorded(project)
    if text == _written(project):
        return None
    values = _understood(text)
    data = values.get("data")
    images = data.get("images") if isinstance(data, dict) else None
    if images is None or (images == str(project.data.images) and _same_work(values, project)):
        return None
    record = read_record(project.run / "prepare" / DONE) or read_record(project.run / REPLACED / "prepare" / DONE)
    if record is None:
        return None  # No stage got anywhere, for example because the first scans were bad: nothing can be lost.
    if images == str(project.data.images):
        return f"{values.get('name')}"  # another project on the same scans
    # The same scans elsewhere are the same project, moved.
    current = {name: size_and_time(path)[0] for name, path in scan_files(project).items()}
    same = any(name in record.inputs and record.inputs[name].size == size for name, size in current.items())
    return None if same else f"{values.get('name')}, scans in {images}"


def _same_work(values: dict[str, Any], project: Project) -> bool:
    """Tell whether a configuration on the same scans is this project, changed or renamed, and not a second one."""
    if values.get("name") == project.name:
        return True
    current = parse_yaml(dump_project(project), RUN_CONFIG)
    return isinstance(current, dict) and all(values.get(part) == current.get(part) for part in _WORK)


def _written(project: Project) -> str:
    """Return what the run folder says of its project."""
    return f"# The whole configuration of this run.\n{dump_project(project)}"


def _recorded(project: Project) -> str:
    """Return the configuration that the run folder holds as it is written; nothing if it cannot be read."""
    try:
        return (project.run / RUN_CONFIG).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _understood(text: str) -> dict[str, Any]:
    """Return the values of a configuration that was recorded; none if it is broken."""
    try:
        values = parse_yaml(text, RUN_CONFIG)
    except (ValueError, ConfigError):
        return {}
    return without_former(values) if isinstance(values, dict) else {}


@contextmanager
def open_folder(project: Project, force: bool = False) -> Iterator[Path]:
    """Make the run folder, keep other processes out, and write configuration and environment.

    Raises
    ------
    RunFolderError
        As `check_folder`; or if another process works in it, or it cannot be written.
    """
    check_folder(project, force)
    folder = project.run
    with locked(folder, "choose another `run`"):
        remove_partial_files(folder, below=False)
        (folder / SEAL).unlink(missing_ok=True)
        write_text(folder / RUN_CONFIG, _written(project))
        write_json(folder / ENVIRONMENT, describe_environment())
        yield folder
