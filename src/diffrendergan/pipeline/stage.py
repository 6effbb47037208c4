"""What a stage is, and what it depends on."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from diffrendergan.config.fields import without_result
from diffrendergan.config.project import Project
from diffrendergan.runs.json_text import parse_json

Adjustable = Literal["grows", "resizes", "extra"]
"""How a stage takes a changed value without starting anew.

`grows`: it continues when the value rises. `resizes`: it continues either way. `extra`: it continues either way
and the stages after it do not care.
"""


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline.

    Attributes
    ----------
    name : str
        Its command, and its folder in the run folder.
    function : str or callable
        ``module:function``, imported only when the stage runs, or the function itself. It is called with
        the project, the run folder, a reporter and the `flags` as keywords.
    upstream : tuple of str
        The stages whose results it reads.
    fields : tuple of str
        Dotted names of the fields or sections of the configuration it depends on.
    recipe : mapping
        Numbers, by dotted name, that grow when the stage comes to give other results from the same fields.
    without : tuple of str
        Fields among these that leave its results as they are, beside those that change no result of any stage.
    adjustable : mapping
        Fields it can follow without starting anew.
    flags : tuple of str
        Options of its own, false by default; each counts as a field that `grows`.
    unused : callable or None
        Returns prefixes of fields among these that do not matter to a given project.
    inputs : callable or None
        Returns the files it reads, by a name that says nothing of where they lie.
    outputs : tuple of str
        Files outside its folder, by their place in the run folder, without which it is not finished.
    edited : tuple of str
        Files in its folder that users may edit: they have no checksum.
    reached : callable or None
        Returns, for its folder, the values that fields which `grows` have got to so far.
    """

    name: str
    function: str | Callable[..., None]
    upstream: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    recipe: Mapping[str, int] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    adjustable: Mapping[str, Adjustable] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    unused: Callable[[Project], tuple[str, ...]] | None = None
    inputs: Callable[[Project], dict[str, Path]] | None = None
    outputs: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    reached: Callable[[Path], dict[str, int]] | None = None

    def load(self) -> Callable[..., None]:
        """Return the function, importing its module if need be."""
        if not isinstance(self.function, str):
            return self.function
        module, _, name = self.function.partition(":")
        function: Callable[..., None] = getattr(importlib.import_module(module), name)
        return function

    def adjustment(self, name: str) -> Adjustable | None:
        """Return how the stage follows a change of a field, None if it must start anew."""
        return "grows" if name in self.flags else self.adjustable.get(name)


def finished_epochs(place: Path) -> dict[str, int]:
    """Return how many epochs the training in a folder has finished."""
    try:
        lines = (place / "history.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    try:
        return {"training.epochs": int(parse_json(lines[-1])["epoch"])}
    except (IndexError, TypeError, ValueError, KeyError):  # a line a finished epoch, whatever it says
        return {"training.epochs": len(lines)} if lines else {}


def config_part(stage: Stage, project: Project, flags: Mapping[str, bool]) -> dict[str, Any]:
    """Return the values that a stage depends on, by dotted name, as plain values for JSON."""
    values = project.model_dump(mode="json")
    part: dict[str, Any] = dict(stage.recipe)
    for name in stage.fields:
        part |= _flat(name, _lookup(values, name))
    # Where files lie is no matter, only what is in them.
    left_out = (*without_result(), *stage.without, *(stage.unused(project) if stage.unused else ()))
    part = {name: value for name, value in part.items() if not _below(name, left_out)}
    return part | {name: bool(flags.get(name, False)) for name in stage.flags}


def _lookup(values: Mapping[str, Any], dotted: str) -> Any:
    for part in dotted.split("."):
        values = values[part]
    return values


def _flat(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {name: value}
    flat: dict[str, Any] = {}
    for key, child in value.items():
        flat |= _flat(f"{name}.{key}", child)
    return flat


def _below(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)
