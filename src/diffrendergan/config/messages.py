"""From pydantic's errors to sentences that name the field, what it got and what it takes."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, Discriminator, ValidationError
from pydantic.fields import FieldInfo

from diffrendergan.config.base import MOST, DefaultTag
from diffrendergan.config.describe import takes
from diffrendergan.config.words import nearest, one_of, shown


@dataclass(frozen=True)
class _Place:
    """Where an error's path leads: the field or section to name, and what it takes."""

    path: tuple[str, ...]
    takes: str = ""
    known: tuple[str, ...] | None = None
    """The keys there are, if the last part of the path is none of them."""
    owner: str = ""
    """The kind of section that has this key, as a file names it, where it stands in one of another kind."""

    @property
    def dotted(self) -> str:
        return ".".join(self.path)


def sentences(
    error: ValidationError, model: type[BaseModel], values: Mapping[str, Any], also: tuple[str, ...] = ()
) -> list[str]:
    """Return one sentence for each field that is wrong, in the order found.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type
        The model that was asked for.
    values : mapping
        The values it was given, nested.
    also : tuple of str
        Further keys that a file may have at its top.
    """
    places: dict[str, _Place] = {}
    reasons: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False):
        place = _locate(model, detail["loc"], values)
        places.setdefault(place.dotted, place)
        if detail["type"] == "value_error":
            reasons.setdefault(place.dotted, []).append(str(detail["msg"]).removeprefix("Value error, "))
    return [_sentence(place, values, reasons.get(dotted, []), also) for dotted, place in places.items()]


def unknown_key(path: tuple[str, ...], known: Iterable[str]) -> str:
    """Return the sentence about a key that does not exist."""
    known = list(known)
    where = f"`{'.'.join(path[:-1])}`" if path[1:] else "the configuration"
    close = nearest(path[-1], known)
    hint = f"; did you mean {' or '.join(f'`{name}`' for name in close)}?" if close else "."
    return f"`{'.'.join(path)}` is no known key{hint} The keys of {where} are {', '.join(known)}."


def _sentence(place: _Place, values: Mapping[str, Any], reasons: list[str], also: tuple[str, ...]) -> str:
    if place.known is not None and place.owner:
        section = ".".join(place.path[:-1])
        look = ", or name a look of that kind: `look: paper` is the published one" if "model:" in place.owner else ""
        return (
            f"`{place.dotted}` belongs to `{place.owner}`, and `{section}` is of another kind; write "
            f"`{place.owner}` beside it{look}. The keys of `{section}` are {', '.join(place.known)}."
        )
    if place.known is not None:
        return unknown_key(place.path, place.known if place.path[1:] else (*also, *place.known))
    value = _value_at(values, place.path)
    if reasons:
        what = f"is {shown(value)}: " if not isinstance(value, Mapping) or "learn" in value else "does not fit: "
        return f"`{place.dotted}` {what}{'; '.join(dict.fromkeys(reasons))}." if place.path else f"{reasons[0]}."
    if isinstance(value, int) and value > MOST:
        return f"`{place.dotted}` is {value}, which is more than can be; it takes {place.takes}, and at most {MOST}."
    quotes = " (a name that looks like a number needs quotes)" if "text" in place.takes and _has_number(value) else ""
    return f"`{place.dotted}` is {shown(value)}; it takes {place.takes}{quotes}."


def _locate(model: type[BaseModel], location: tuple[int | str, ...], values: Any) -> _Place:
    """Follow an error's path down to the deepest section or field that the user would name."""
    section = model
    union: FieldInfo | None = None
    path: tuple[str, ...] = ()
    parts = [str(part) for part in location]
    while parts:
        key = parts.pop(0)
        path = (*path, key)
        values = values.get(key) if isinstance(values, Mapping) else None
        field = section.model_fields.get(key)
        if field is None:
            return _Place(path, known=tuple(section.model_fields), owner=_owner(union, key))
        union = field if field.discriminator is not None else None
        if field.discriminator is not None:
            member = _tagged(field, values)
            if member is None:
                return _untagged(path, field, values)
            section = member
            del parts[:1]  # pydantic puts the tag into the path
        elif isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            section = field.annotation
        elif (item := _listed(field)) is not None and parts and parts[0].isdigit():
            number = parts.pop(0)
            path = (*path, number)
            values = values[int(number)] if isinstance(values, list) else None
            if item.discriminator is not None:
                member = _tagged(item, values)
                if member is None:
                    return _untagged(path, item, values)
                section = member
                del parts[:1]
            else:
                section = cast(type[BaseModel], item.annotation)
        else:
            return _Place(path, takes(field.annotation, field.metadata))
    return _Place(path, takes(section))


def _listed(field: FieldInfo) -> FieldInfo | None:
    """Return the section, or the kinds of sections, of which a field holds a list; None if it holds something else."""
    arguments = get_args(field.annotation)
    if get_origin(field.annotation) is not tuple or not arguments:
        return None
    item = FieldInfo.from_annotation(arguments[0])
    is_section = isinstance(item.annotation, type) and issubclass(item.annotation, BaseModel)
    return item if is_section or item.discriminator is not None else None


def _members(field: FieldInfo) -> dict[str, type[BaseModel]]:
    """Return the sections of a discriminated union by their tags."""
    annotation, (tag, _) = _bare(field.annotation), _tag(field)
    members = get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
    return {
        str(name): member for member in map(_bare, members) for name in get_args(member.model_fields[tag].annotation)
    }


def _owner(union: FieldInfo | None, key: str) -> str:
    """Return the kind of section in a union that has a key, as `model: principled`; empty where none has."""
    members = {} if union is None else _members(union)
    owners = [name for name, member in members.items() if key in member.model_fields]
    return "" if union is None or not owners else f"{_tag(union)[0]}: {owners[0]}"


def _tag(field: FieldInfo) -> tuple[str, str | None]:
    """Return the key by which the sections of a union are told apart, and the kind of one that lacks it."""
    if isinstance(field.discriminator, Discriminator):
        chooses = cast(DefaultTag, field.discriminator.discriminator)
        return chooses.key, chooses.usual
    return str(field.discriminator), None


def _bare(annotation: Any) -> Any:
    """Return a type without its Annotated layers."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation


def _tagged(field: FieldInfo, value: Any) -> type[BaseModel] | None:
    key, usual = _tag(field)
    tag = value.get(key, usual) if isinstance(value, Mapping) else None
    return _members(field).get(tag) if isinstance(tag, str) else None


def _untagged(path: tuple[str, ...], field: FieldInfo, value: Any) -> _Place:
    tag, _ = _tag(field)
    if isinstance(value, Mapping):
        return _Place((*path, tag), one_of(str(value.get(tag)), _members(field)))
    return _Place(path, f"a section whose `{tag}` is {one_of('', _members(field))}")


def _has_number(value: Any) -> bool:
    return any(isinstance(item, int | float) for item in (value if isinstance(value, list) else [value]))


def _value_at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        if isinstance(values, list):
            values = values[int(part)] if part.isdigit() and int(part) < len(values) else None
        else:
            values = values.get(part) if isinstance(values, Mapping) else None
    return values
