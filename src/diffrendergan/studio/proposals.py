"""What `init` proposes, as fields that can be changed where they stand; the project file is what counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from diffrendergan.calibration.project_file import check_text, with_values
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, RunFolderError
from diffrendergan.runs.atomic import read_json, write_text
from diffrendergan.studio.changes import TOGETHER, changes_of, record_changes
from diffrendergan.studio.forms import Form, form_of


@dataclass(frozen=True)
class Field:
    """A setting of the project file that a proposal decides."""

    title: str
    name: str
    """Dotted name in the project file."""
    part: str = ""
    """The part of what `init` found that it follows from."""
    help: str = ""


FIELDS = (
    Field("Data bar [px]", "data.data_bar", "", "rows cropped at the bottom; auto finds them"),
    Field("Particles are", "data.foreground", "", "beside the ground"),
    Field("Look", "look", "image", "sem, sem-near, tem, stem-dark or paper"),
    Field("Shape", "particles.shape", "shape", "kind of shape"),
    Field("Sizes", "arrangement.size", "diameters", "distribution of diameters, in the unit below"),
    Field("Unit of sizes", "arrangement.size_in", "", "px, nm, or factors of arrangement.unit"),
    Field("Particles per field", "arrangement.number", "per field", "fewest and most"),
    Field("Placement", "arrangement.placement", "placement", ""),
    Field("Clusters, at most", "arrangement.agglomerates", "placement", ""),
    Field("In three dimensions", "arrangement.three_dimensional", "depth", ""),
)


@dataclass(frozen=True)
class Proposal:
    """A field with its value, and what `init` says of it."""

    field: Field
    value: str
    """As it is written in YAML, on one line."""
    options: tuple[str, ...]
    """What it can be, where that is a short list."""
    found: str = ""
    certainty: str = ""
    doubtful: bool = False
    yours: bool = False
    """Whether a person changed it."""
    form: Form | None = None
    """In fields of its own, where one is not enough."""

    @property
    def hint(self) -> str:
        """Return what stands below the field."""
        said = " · ".join(part for part in (self.found, self.certainty) if part)
        if self.yours:
            return f"changed by you; init: {said}" if said else f"changed by you; {self.field.help}".rstrip("; ")
        return (f"{said} · look at this" if self.doubtful else said) or self.field.help


def proposals(file: Path, found: Path) -> list[Proposal]:
    """Return the fields of a project file with their values.

    Parameters
    ----------
    file : Path
        The project file.
    found : Path
        What `init --found` wrote; nothing is said of certainty where it is not there.

    Raises
    ------
    ConfigError
        If the project file cannot be read.
    """
    written = parse_yaml(file.read_text(encoding="utf-8"), str(file))
    whole = load_project(file).model_dump(mode="json")
    parts = {part["name"]: part for part in read_found(found).get("parts", ())}
    if "widths" in parts:
        parts["diameters"] = parts["widths"]
    yours = changes_of(file).values
    shown = []
    for each in FIELDS:
        value, given = _value_at(whole, each.name), _value_at(written, each.name)
        form = form_of(each.name, {**value, **given} if isinstance(given, Mapping) else value)
        value = value if given is None else given
        part = parts.get(each.part, {})
        said = (str(part.get("value", "")), str(part.get("certainty", "")), bool(part.get("doubtful", False)))
        shown.append(Proposal(each, in_yaml(value), options_of(each.name), *said, each.name in yours, form))
    return shown


def read_found(path: Path) -> Mapping[str, Any]:
    """Return what `init --found` wrote; empty where there is nothing."""
    try:
        return dict(read_json(path))
    except (RunFolderError, TypeError, ValueError):
        return {}


def change(file: Path, name: str, text: str) -> None:
    """Set a field of a project file, comments and order of which stay, to what was typed.

    Parameters
    ----------
    file : Path
        The project file.
    name : str
        Dotted name.
    text : str
        The value in YAML.

    Raises
    ------
    ConfigError
        A sentence for the place beside the field; the file is left as it was.
    """
    value = parse_yaml(text, f"`{name}`")
    if value is None:
        raise ConfigError(f"`{name}` needs a value.")
    change_to(file, name, value)


def change_to(file: Path, name: str, value: Any) -> None:
    """Set a field of a project file, comments and order of which stay.

    Parameters
    ----------
    file : Path
        The project file.
    name : str
        Dotted name.
    value : Any
        The plain value.

    Raises
    ------
    ConfigError
        A sentence for the place beside the field; the file is left as it was.
    """
    _set(file, {name: value})


def narrow(file: Path, ranges: Mapping[str, tuple[float, float]]) -> None:
    """Set the ranges of learned parameters of the look.

    Parameters
    ----------
    file : Path
        The project file.
    ranges : mapping
        Lowest and highest value, by the names of the parameters: ``particle.mu``, ``imaging.noise_sigma``.

    Raises
    ------
    ConfigError
        If one is not possible; the file is left as it was.
    """
    values = {
        name if name.startswith("imaging.") else f"rendering.{name}": {"learn": [float(f"{end:.4g}") for end in ends]}
        for name, ends in ranges.items()
    }
    _set(file, values)


def _set(file: Path, values: Mapping[str, Any]) -> None:
    """Set fields, if all are possible, and note that a person did."""
    changed = with_values(file.read_text(encoding="utf-8"), values, file)
    try:
        check_text(file, changed)
    except ConfigError as error:
        raise ConfigError(_without_file(str(error))) from error
    write_text(file, changed)
    if any(name in values for name in TOGETHER):
        written = parse_yaml(changed, str(file))
        values = {**values, **{name: _value_at(written, name) for name in TOGETHER}}
    record_changes(file, {name: value for name, value in values.items() if value is not None})


def options_of(name: str) -> tuple[str, ...]:
    """Return what a field of the configuration can be, where that is a short list; else nothing."""
    if name == "look":
        return ("sem", "sem-near", "tem", "stem-dark", "paper")
    model: Any = Project
    for part in name.split("."):
        model = model.model_fields[part].annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            break
    if model is bool:
        return ("true", "false")
    return tuple(str(value) for value in get_args(model)) if get_origin(model) is Literal else ()


def in_yaml(value: Any) -> str:
    """Return a value as YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {in_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(in_yaml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _value_at(values: Any, name: str) -> Any:
    for part in name.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def _without_file(sentence: str) -> str:
    """Return what is wrong without the name of the file that was tried."""
    head, found, rest = sentence.partition(": `")
    if found and head.endswith(".yaml"):
        return f"`{rest}"
    lines = [line for line in sentence.splitlines() if line.startswith("`")]
    return " ".join(lines) or sentence
