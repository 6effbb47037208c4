"""The presets that come with the package."""

from __future__ import annotations

from importlib import resources
from typing import Any

from diffrendergan.config.words import one_of
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError

_FOLDER = resources.files("diffrendergan.config") / "presets"


def preset_names() -> list[str]:
    """Return the names of all presets, sorted."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml"))


def preset_values(name: object) -> dict[str, Any]:
    """Return the values of a preset.

    Raises
    ------
    ConfigError
        If there is no such preset, with the names there are.
    """
    names = preset_names()
    if name not in names:
        raise ConfigError(f"`preset` is {name!r}, which does not exist; it takes {one_of(str(name), names)}.")
    values: dict[str, Any] = parse_yaml((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), f"preset {name}")
    return values
