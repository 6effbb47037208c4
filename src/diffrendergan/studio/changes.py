"""What a person changed in the project file, so that it outlives another `init`: of more scans, at another scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diffrendergan.calibration.project_file import check_text, with_values
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.runs.atomic import read_json, write_json, write_text

TOGETHER = ("arrangement.size", "arrangement.size_in")
"""Fields of which one says nothing without the other: another `init` may write sizes in another unit."""


@dataclass(frozen=True)
class Changes:
    """Fields that a person changed."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """By their dotted names, in the order in which they were changed."""
    due: bool = False
    """Whether `init` was started since, which writes a file without them."""


def changes_of(file: Path) -> Changes:
    """Return what was changed in a project file; nothing where nothing is recorded."""
    try:
        read = dict(read_json(_record(file)))
        return Changes(dict(read["values"]), bool(read["due"]))
    except (RunFolderError, KeyError, TypeError, ValueError):
        return Changes()


def record_changes(file: Path, values: Mapping[str, Any]) -> None:
    """Note that fields of a project file were changed.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    known = changes_of(file)
    kept = {name: value for name, value in known.values.items() if name not in values}
    _write(file, Changes({**kept, **values}, known.due))


def expect_init(file: Path) -> None:
    """Note that `init` writes a project file anew.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    known = changes_of(file)
    if known.values:
        _write(file, Changes(known.values, due=True))


def put_back(file: Path) -> None:
    """Set what was changed once more, in the file that `init` has written; what is not possible there is left out.

    Raises
    ------
    RunFolderError
        If it cannot be written.
    """
    known = changes_of(file)
    if not known.due or not file.is_file():
        return
    text = file.read_text(encoding="utf-8")
    single = [[name] for name in known.values if name not in TOGETHER]
    for group in [[name for name in TOGETHER if name in known.values], *single]:
        if not group:
            continue
        try:
            changed = with_values(text, {name: known.values[name] for name in group}, file)
            check_text(file, changed)
        except ConfigError:
            continue
        text = changed
    write_text(file, text)
    _write(file, Changes(known.values))


def _record(file: Path) -> Path:
    return file.with_name(f"{file.stem}-changed.json")


def _write(file: Path, changes: Changes) -> None:
    write_json(_record(file), {"values": dict(changes.values), "due": changes.due})
