"""Reading a project's configuration, and writing it back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from diffrendergan.config.former import moved
from diffrendergan.config.merge import Values, merged, nested
from diffrendergan.config.messages import sentences
from diffrendergan.config.paths import resolved
from diffrendergan.config.presets import Case, preset_case
from diffrendergan.config.project import Project
from diffrendergan.config.scene import OTHER_MODALITIES
from diffrendergan.config.words import nearest
from diffrendergan.config.yaml_text import dump_yaml, parse_yaml
from diffrendergan.errors import ConfigError

RUN_CONFIG = "config.yaml"
"""The whole configuration, in a run folder."""
LOOK_OF_RENDERING = ("particle", "stage", "slab_normals", *OTHER_MODALITIES)
"""What of `rendering` is a matter of the look, beside all of `imaging`."""


def load_project(path: Path | None, preset: str | None = None, overrides: Sequence[str] = ()) -> Project:
    """Read a configuration: defaults < preset < look < file < overrides.

    The look is the preset's unless the file names one; one that is named among the overrides is laid over the file.

    Parameters
    ----------
    path : Path or None
        A YAML file; its key ``preset`` names the preset it starts from, ``look`` the look laid over that. Relative
        paths in it, in the preset and in the defaults are meant from its folder (without a file: from the current one).
    preset : str or None
        Preset to start from; wins over the file's.
    overrides : sequence of str
        Texts ``training.epochs=5``, whose values are YAML; relative paths are meant from the current folder.

    Raises
    ------
    ConfigError
        If the file cannot be read, or a key or value is wrong: one sentence per field, each on its line.

    Warns
    -----
    FormerWayWarning
        If a field stands where an earlier version had it.
    """
    folder = Path.cwd() if path is None else Path(path).absolute().parent
    values = {} if path is None else moved(_expanded(_read(Path(path)), str(path)), str(path))
    above: Values = {}
    for text in overrides:
        above = merged(above, resolved(_expanded(_override(text), f"--set {text}"), Path.cwd()))
    above = moved(above, "--set")
    named = [preset, above.pop("preset", None), values.pop("preset", None)]
    chosen = next((name for name in named if name is not None), None)
    case = Case() if chosen is None else preset_case(chosen)
    under, over = values.pop("look", case.look), above.pop("look", None)
    laid = with_case(resolved(Project().model_dump(mode="json"), folder), case, under, folder)
    laid = _with_look(merged(laid, resolved(values, folder)), over, case)
    return _validate(merged(laid, above), _source(path, chosen, overrides))


def with_case(defaults: Values, case: Case, look: object, folder: Path) -> Values:
    """Return `defaults` with a case and a look (or None) laid over them; relative paths are meant from `folder`."""
    return _with_look(merged(defaults, resolved(case.values, folder)), look, case)


def dump_project(project: Project) -> str:
    """Return the whole configuration as YAML that `load_project` reads back to an equal project."""
    return _dumped(json.dumps(project.model_dump(mode="json")))


@lru_cache(maxsize=16)
def _dumped(values: str) -> str:
    """Return values in JSON as YAML, once: a command writes its configuration down more than once."""
    return dump_yaml(json.loads(values))


def _with_look(laid: Values, name: object, case: Case) -> Values:
    """Return values with a look laid over them: of the look below, materials and image model, nothing is left."""
    if name is None:
        return laid
    usual = Project().model_dump(mode="json")
    materials = {key: usual["rendering"][key] for key in LOOK_OF_RENDERING}
    bare = {**laid, "imaging": usual["imaging"], "rendering": {**laid["rendering"], **materials}}
    return merged(bare, case.look_values(name))


def _read(path: Path) -> Values:
    if path.is_dir():
        raise ConfigError(f"{path} is a folder; name the project file in it, for example {path / 'project.yaml'}.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(_missing(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no text file in UTF-8; name a YAML project file.") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror or error}); check its permissions.") from error
    values = parse_yaml(text, str(path))
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no keys and values; `diffrendergan init` writes one that does.")
    return {str(key): value for key, value in values.items()}


def _expanded(values: Values, where: str) -> Values:
    """Return `values` with a shape's bare name written out; say where the former keys of shapes have gone."""
    particles = values.get("particles")
    if not isinstance(particles, Mapping):
        return values
    if "family" in particles:
        raise ConfigError(
            f"{where}: `particles.family` and the parameters beside it have a section of their own now; write "
            "particles: {shape: {family: cuboid, rounding: [0.3, 0.4]}} (docs/particles.md lists all shapes)."
        )
    shape = particles.get("shape")
    return {**values, "particles": {**particles, "shape": {"family": shape}}} if isinstance(shape, str) else values


def _source(path: Path | None, preset: str | None, overrides: Sequence[str]) -> str:
    """Say where the values came from."""
    names = [str(path)] if path is not None else [f"preset {preset}"] if preset is not None else []
    names += [f"--set {text}" for text in overrides]
    return ", ".join(names) or "the configuration"


def _missing(path: Path) -> str:
    siblings = [entry.name for entry in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
    close = nearest(path.name, siblings) or sorted(siblings)[:3]
    hint = f"did you mean {' or '.join(close)}?" if close else "`diffrendergan init IMAGES -o project.yaml` writes one."
    return f"{path} does not exist; {hint}"


def _override(text: str) -> Values:
    key, equals, value = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        raise ConfigError(f"--set {text}: it takes KEY=VALUE, for example --set training.epochs=5.")
    return nested(path, parse_yaml(value, f"--set {text}"))


def _validate(values: Values, where: str) -> Project:
    text = json.dumps(values, default=str)
    problems = [f"`{name}` is {number}; it takes a finite number." for name, number in _not_finite(values)]
    if not problems:
        try:
            # Strict, so that true is no number and "5" no count; as JSON, so that a list may be a tuple.
            return Project.model_validate_json(text, strict=True)
        except ValidationError as error:
            problems = sentences(error, Project, json.loads(text), also=("preset", "look"))
    head = f"{where}: " if len(problems) == 1 else f"{where} has {len(problems)} errors:\n"
    raise ConfigError(head + "\n".join(problems))


def _not_finite(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float]]:
    """Yield name and value of all numbers that are infinite or NaN."""
    if isinstance(values, float) and not math.isfinite(values):
        yield ".".join(path), values
    children = values.items() if isinstance(values, Mapping) else enumerate(values) if isinstance(values, list) else ()
    for key, child in children:
        yield from _not_finite(child, (*path, str(key)))
