"""The presets and looks that come with the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from diffrendergan.config.merge import merged
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


@dataclass(frozen=True)
class Case:
    """What a preset says: particles, places and scans of a kind, and how its images are made."""

    values: Mapping[str, Any] = field(default_factory=dict)
    look: str | None = None
    """The look that it is given unless another is asked for."""
    looks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What it changes in single looks, by their names."""

    def look_values(self, name: object) -> Mapping[str, Any]:
        """Return the values of a look: how images are made of particles and places, as this case has it.

        Raises
        ------
        ConfigError
            If there is no such look, with the names there are.
        """
        return merged(_values("look", name), self.looks.get(str(name), {}))


def check_names(preset: str | None, look: str | None) -> None:
    """Refuse a preset or a look that does not exist; None stands for any.

    Raises
    ------
    ConfigError
        With the names there are.
    """
    if preset is not None:
        preset_case(preset)
    if look is not None:
        _values("look", look)


def preset_case(name: object) -> Case:
    """Return a preset.

    Raises
    ------
    ConfigError
        If there is no such preset, with the names there are.
    """
    values = _values("preset", name)
    look, looks = values.pop("look", None), values.pop("looks", {})
    return Case(values, look, looks)


def _values(kind: Kind, name: object) -> dict[str, Any]:
    names = names_of(kind)
    if name not in names:
        raise ConfigError(f"`{kind}` is {name!r}, which does not exist; it takes {one_of(str(name), names)}.")
    text = (_folder(kind) / f"{name}.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = parse_yaml(text, f"{kind} {name}")
    return values


def _folder(kind: Kind) -> Any:
    return _PACKAGE / f"{kind}s"
