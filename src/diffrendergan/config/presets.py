"""The presets and looks that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any, Literal

from diffrendergan.config.words import one_of
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError

_PACKAGE = resources.files("diffrendergan.config")
Kind = Literal["preset", "look"]


def names_of(kind: Kind) -> list[str]:
    """Return the names of all presets, or of all looks, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _folder(kind).iterdir() if entry.name.endswith(".yaml"))


def preset_names() -> list[str]:
    """Return the names of all presets, sorted."""
    return names_of("preset")


def preset_values(name: object) -> dict[str, Any]:
    """Return the values of a preset: a whole case.

    Raises
    ------
    ConfigError
        If there is no such preset, with the names there are.
    """
    return _values("preset", name)


def look_values(name: object) -> dict[str, Any]:
    """Return the values of a look: how images are made of particles and places, to be laid over any case.

    Raises
    ------
    ConfigError
        If there is no such look, with the names there are.
    """
    return _values("look", name)


def _values(kind: Kind, name: object) -> dict[str, Any]:
    names = names_of(kind)
    if name not in names:
        raise ConfigError(f"`{kind}` is {name!r}, which does not exist; it takes {one_of(str(name), names)}.")
    text = (_folder(kind) / f"{name}.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = parse_yaml(text, f"{kind} {name}")
    return values


def _folder(kind: Kind) -> Any:
    return _PACKAGE / f"{kind}s"
