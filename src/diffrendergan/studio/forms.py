"""Settings of several kinds, as sizes and shapes, in fields of their own: the kind, and its numbers by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.errors import ConfigError
from diffrendergan.studio.size_kinds import as_kind

SECTIONS: Final = {
    "arrangement.size": (ArrangementConfig.model_fields["size"], "distribution"),
    "particles.shape": (ParticleConfig.model_fields["shape"], "family"),
}
"""Settings of several kinds, with the key that names the kind."""
RANGES: Final = {"arrangement.number": ("Fewest per field", "Most per field")}
"""Settings of two numbers, with what they are called."""
TITLES: Final = {
    "mu": "Median", "sigma": "Standard deviation", "mean1": "Mean, first kind", "sigma1": "Standard deviation, first",
    "mean2": "Mean, second kind", "sigma2": "Standard deviation, second", "p": "Share of the second kind",
    "low": "Smallest", "high": "Largest", "file": "Table (CSV)", "kind": "Distribution",
}  # fmt: skip
"""What is not called by its key."""
PER_LOGARITHM: Final = "Spread (of the logarithm)"


@dataclass(frozen=True)
class Entry:
    """One number, choice or name of a setting."""

    key: str
    """Where it lies in the setting: ``sigma``, ``aspect.0``, ``modes.1.mean``; ``0`` and ``1`` of a range."""
    title: str
    value: str
    help: str = ""
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """A setting in fields of its own."""

    value: Any
    """The whole setting, as in the project file."""
    kind: str
    kinds: tuple[str, ...]
    """None where there is one kind."""
    entries: tuple[Entry, ...]

    @property
    def lacking(self) -> Entry | None:
        """Return the first entry that has no value yet and needs one, as the table of measured sizes."""
        return next((each for each in self.entries if not each.value and each.key in ("file", "folder")), None)


def form_of(name: str, value: Any) -> Form | None:
    """Return a setting in fields of its own; None where it is one field.

    Parameters
    ----------
    name : str
        Dotted name in the project file.
    value : Any
        The setting, as in the project file.
    """
    if name in RANGES:
        ends = ["" if end is None else f"{end:g}" for end in value or (None, None)]
        titles = zip("01", RANGES[name], ends, strict=True)
        return Form(value, "", (), tuple(Entry(key, title, end) for key, title, end in titles))
    if name not in SECTIONS:
        return None
    field, tag = SECTIONS[name]
    models = {model.model_fields[tag].default: model for model in get_args(field.annotation)}
    given = {tag: value} if isinstance(value, str) else dict(value)
    return Form(given, given[tag], tuple(models), tuple(_entries(models[given[tag]], given, tag)))


def with_entry(name: str, value: Any, key: str, text: str) -> Any:
    """Return a setting with another value in one of its fields.

    Parameters
    ----------
    name : str
        Dotted name in the project file.
    value : Any
        The setting as it is.
    key : str
        That of the entry.
    text : str
        What was given there.

    Raises
    ------
    ConfigError
        If there should be a number and is none.
    """
    form = form_of(name, value)
    if form is None:
        raise KeyError(name)
    entry = next(each for each in form.entries if each.key == key)
    new = _read(entry, text, name)
    if name in RANGES:
        ends = list(value or (new, new))
        ends[int(key)] = new
        return ends
    first, *rest = key.split(".")
    if not rest:
        return {**form.value, first: new}
    parts = list(form.value.get(first) or _default(name, form.kind, first))
    parts[int(rest[0])] = {**parts[int(rest[0])], rest[1]: new} if len(rest) > 1 else new
    return {**form.value, first: parts}


def with_kind(name: str, value: Any, kind: str) -> dict[str, Any]:
    """Return a setting of another kind: sizes as near to the former ones as it can be, shapes as they are by default.

    Parameters
    ----------
    name : str
        Dotted name in the project file.
    value : Any
        The setting as it is.
    kind : str
        One of the form's kinds.
    """
    tag = SECTIONS[name][1]
    return as_kind(value, kind) if name == "arrangement.size" else {tag: kind}


def _entries(model: type[BaseModel], given: Mapping[str, Any], tag: str, where: str = "") -> Iterator[Entry]:
    """Yield the entries of one kind of a setting."""
    logarithmic = "lognormal" in (given.get("distribution"), given.get("kind"))
    for key, field in model.model_fields.items():
        if key == tag:
            continue
        value, about = given.get(key, _plain(field)), _sentence(field)
        title = PER_LOGARITHM if key == "sigma" and logarithmic else TITLES.get(key, key.replace("_", " ").capitalize())
        if key == "mu":
            yield Entry(where + key, title, f"{math.exp(value):.4g}", "half of the particles are smaller")
        elif get_origin(field.annotation) is tuple:
            yield from _parts(field, value, where + key, title, about)
        else:
            yield Entry(where + key, title, _shown(value), about, _options(field.annotation))


def _parts(field: FieldInfo, value: Any, key: str, title: str, about: str) -> Iterator[Entry]:
    """Yield the entries of a range, or of the parts of a mixture; names of files are left to the project file."""
    kind = get_args(field.annotation)[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for number, part in enumerate(value):
            for each in _entries(kind, part, "", f"{key}.{number}."):
                yield Entry(each.key, f"{each.title}, part {number + 1}", each.value, each.help, each.options)
    elif kind is not str:
        for number, (end, said) in enumerate(zip(value, ("least", "most"), strict=True)):
            yield Entry(f"{key}.{number}", f"{title}, {said}", _shown(end), about)


def _read(entry: Entry, text: str, name: str) -> Any:
    """Return what was given in an entry as a plain value."""
    last = entry.key.rpartition(".")[2]
    text = text.strip()
    if entry.options:
        return {"true": True, "false": False}.get(text, text)
    if last in ("file", "folder"):
        return text
    if last == "column":
        return text or None
    try:
        number = float(text.replace(",", "."))
        if last == "mu":
            return float(f"{math.log(number):.5g}")
    except ValueError:
        above = " above 0" if last == "mu" else ""
        raise ConfigError(f"{entry.title} is {text!r}; it takes a number{above}.") from None
    whole = number.is_integer() and "e" not in text.lower() and "." not in text
    return int(number) if whole else number


def _default(name: str, kind: str, key: str) -> Any:
    field, tag = SECTIONS[name]
    model = next(each for each in get_args(field.annotation) if each.model_fields[tag].default == kind)
    return _plain(model.model_fields[key])


def _plain(field: FieldInfo) -> Any:
    value = None if field.is_required() else field.default
    if isinstance(value, tuple):
        return [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in value]
    return value


def _options(annotation: Any) -> tuple[str, ...]:
    if annotation is bool:
        return ("true", "false")
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, int | float) else str(Path(value))


def _sentence(field: FieldInfo) -> str:
    """Return the first sentence of what the configuration says of a field."""
    words = " ".join((field.description or "").replace("`", "").split())
    return words.split(". ")[0].rstrip(".")
