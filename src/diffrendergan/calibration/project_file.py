"""A calibrated copy of a project file, with its comments."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from diffrendergan.config.load import load_project
from diffrendergan.config.paths import resolved
from diffrendergan.config.project import Project
from diffrendergan.errors import ConfigError
from diffrendergan.runs.atomic import write_text

CALIBRATED = {"particles": ("count",), "arrangement": ("unit", "limit", "agglomerates", "number", "size")}
"""The fields that calibration may change."""


def calibrated_text(text: str, given: Project, found: Project, source: Path, target: Path, note: str) -> str:
    """Return the text of a project file with calibrated values in place of those that changed.

    Parameters
    ----------
    text : str
        The file; comments and order are kept.
    given, found : Project
        Before and after.
    source, target : pathlib.Path
        Where the file lies and where the text will; in another folder relative paths are made absolute.
    note : str
        A line of comment for its top.

    Raises
    ------
    ConfigError
        If the file holds no keys and values.
    """
    yaml, document = _read(text, source)
    for section, name, value in differences(given, found):
        _set(yaml, document, (section, name), value)
    if source.absolute().parent != target.absolute().parent:
        _take_over(document, resolved(document, source.absolute().parent))
    return _written(yaml, document, note)


def with_values(text: str, values: Mapping[str, Any], source: Path, note: str = "", target: Path | None = None) -> str:
    """Return the text of a project file with other values, by dotted name; comments and order are kept.

    Parameters
    ----------
    text : str
        The file.
    values : mapping
        Plain values.
    source : pathlib.Path
        Where the file lies.
    note : str
        A line of comment for its top; none if it is empty.
    target : pathlib.Path, optional
        Where the text will lie; in another folder relative paths are made absolute.

    Raises
    ------
    ConfigError
        If the file holds no keys and values.
    """
    yaml, document = _read(text, source)
    for name, value in values.items():
        _set(yaml, document, tuple(name.split(".")), value)
    if target is not None and source.absolute().parent != target.absolute().parent:
        _take_over(document, resolved(document, source.absolute().parent))
    return _written(yaml, document, note)


def differences(given: Project, found: Project) -> list[tuple[str, str, Any]]:
    """Return section, field and plain new value of everything that calibration changed."""
    before, after = given.model_dump(mode="json"), found.model_dump(mode="json")
    return [
        (section, name, after[section][name])
        for section, names in CALIBRATED.items()
        for name in names
        if before[section][name] != after[section][name]
    ]


def check_text(target: Path, text: str) -> None:
    """Read a text as a project file before it replaces anything.

    Raises
    ------
    ConfigError
        If it is none.
    RunFolderError
        If its folder cannot be written.
    """
    trial = target.with_name(f".{target.stem}-trial.yaml")
    try:
        write_text(trial, text)
        load_project(trial)
    finally:
        trial.unlink(missing_ok=True)


def _read(text: str, source: Path) -> tuple[YAML, Any]:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.representer.add_representer(type(None), _null)
    document = yaml.load(text)
    if document is None:
        document = yaml.map()
    if not isinstance(document, dict):
        raise ConfigError(f"{source} holds no keys and values; `diffrendergan init` writes one that does.")
    return yaml, document


def _set(yaml: YAML, document: Any, names: tuple[str, ...], value: Any) -> None:
    """Set a value in a document, making the sections that it lacks."""
    *sections, last = names
    for section in sections:
        if not isinstance(document.get(section), dict):
            document[section] = yaml.map()
        document = document[section]
    document[last] = _flow(yaml, value)


def _written(yaml: YAML, document: Any, note: str) -> str:
    stream = io.StringIO()
    yaml.dump(document, stream)
    return f"# {note}\n{stream.getvalue()}" if note else stream.getvalue()


def _flow(yaml: YAML, value: Any) -> Any:
    """Return a value that is written on one line."""
    if isinstance(value, Mapping):
        mapping = yaml.map(**{key: _flow(yaml, item) for key, item in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        sequence = yaml.seq([_flow(yaml, item) for item in value])
        sequence.fa.set_flow_style()
        return sequence
    return value


def _take_over(document: Any, values: Mapping[str, Any]) -> None:
    """Write values into a document of the same keys, whose comments stay."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            _take_over(document[key], value)
        elif document[key] != value:
            document[key] = value


def _null(representer: Any, data: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")
