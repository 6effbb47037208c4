"""Files of one JSON value a line: written whole, or grown line by line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from diffrendergan.runs.atomic import explain_os_error, write_text
from diffrendergan.runs.json_text import parse_json


def write_lines(path: Path, values: Iterable[Any]) -> None:
    """Write values atomically, one a line."""
    write_text(path, "".join(_line(value) for value in values))


def append_line(path: Path, value: Any) -> None:
    """Add a value, which is on the disk on return; a kill in between may leave part of its line.

    Raises
    ------
    RunFolderError
        If the disk is full or the file cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as handle:
            handle.write(_line(value))
            handle.flush()
            os.fsync(handle.fileno())
    except OSError as error:
        raise explain_os_error(error, path) from error


def read_lines(path: Path, growing: bool = False) -> Iterator[Any]:
    """Yield the values of a file.

    Parameters
    ----------
    path : Path
    growing : bool
        Whether it grew line by line: a last line that a killed process did not finish is then left out.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        At a line that is broken.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            value = parse_json(line)
        except ValueError:
            if growing and number == len(lines):
                return
            raise
        yield value


def _line(value: Any) -> str:
    return json.dumps(value, allow_nan=False) + "\n"
