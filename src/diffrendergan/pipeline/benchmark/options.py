"""The options of `benchmark` in place of fields of the configuration: what they decide, and how errors name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from diffrendergan.config.base import Section
from diffrendergan.config.project import Project
from diffrendergan.config.yaml_text import parse_yaml
from diffrendergan.errors import ConfigError, UserError

SEEDS = "evaluation.seeds"
DEFAULT_SEEDS = (0, 1, 2)
OPTIONS = {
    "preset": "DATASET",
    "run": "--out",
    "data.images": "--data",
    "data.masks": "--data",
    "data.test_scans": "--folds",
    "data.test_fraction": "--folds",
    SEEDS: "--seeds",
}
"""What decides fields that --set cannot change here."""
_DOTTED = r"[a-z]+(?:\.[a-z][a-z_]*)+"
_ADVICE = re.compile(
    r"\b(?P<verb>(?i:set|choose|correct|change|raise|lower|give|in)(?: another| a smaller| a larger)? )"
    rf"(?:`(?P<ticked>run|{_DOTTED})`|(?P<plain>{_DOTTED})(?![\w/=-]|\.\w|:\S))"
)
"""What errors say of fields where they tell what to do; elsewhere they say what is true of a field, which an option of
another meaning must not replace."""


OF_PROJECTS = {SEEDS: "--seeds"}
"""The same where a project file says the rest."""


def choose_seeds(
    seeds: str | None,
    overrides: Sequence[str],
    options: Mapping[str, str] = OPTIONS,
    default: tuple[int, ...] | None = DEFAULT_SEEDS,
) -> tuple[int, ...] | None:
    """Return the seeds of the networks; None if an override gives them, or the configuration is to.

    Parameters
    ----------
    seeds
        ``0,1,2``, None if not given.
    overrides
        Changes of the configuration, as ``key=value``.
    options
        Which options decide fields that overrides cannot change.
    default
        The seeds unless others are given; None for those of the configuration.

    Raises
    ------
    ConfigError
        If seeds are wrong or given twice, or an override names a field that another option decides.
    """
    given = {field: text for text in overrides for field in _fields_of(text)}
    for field, option in options.items():
        if field in given and field != SEEDS:
            raise ConfigError(f"--set {given[field]} has no effect, since {option} decides that here; leave it out.")
    if seeds is None:
        return None if SEEDS in given else default
    if SEEDS in given:
        raise ConfigError(f"--seeds {seeds} and --set {given[SEEDS]} both give the seeds; leave one of them out.")
    return _numbers(seeds)


def _numbers(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    wrong = [word for word in words if not re.fullmatch("[0-9]+", word)]
    if wrong:
        raise ConfigError(f"--seeds {text}: {wrong[0]!r} is no whole number; give some, as in --seeds 0,1,2.")
    numbers = tuple(int(word) for word in words)
    if len(set(numbers)) < len(numbers):
        raise ConfigError(f"--seeds {text}: each seed may stand there once; remove the others.")
    return numbers


def _fields_of(text: str) -> Iterator[str]:
    """Yield the names of the fields that an override changes, sections included."""
    key, _, value = text.partition("=")
    name = ".".join(part.strip() for part in key.split("."))
    yield from _names(name, parse_yaml(value, f"--set {text}"))


def _names(name: str, value: Any) -> Iterator[str]:
    yield name
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _names(f"{name}.{key}", child)


@contextmanager
def naming_options() -> Iterator[None]:
    """Let errors of the block name the options of `benchmark`, not the fields of a project file that nobody wrote."""
    try:
        yield
    except UserError as error:
        raise type(error)(with_options(str(error))) from error


def with_options(sentence: str) -> str:
    """Return a sentence that advises to use options in place of the fields that they decide.

    Where it advises to change other fields, --set is mentioned at its end.
    """
    others: list[str] = []

    def named(match: re.Match[str]) -> str:
        field = match["ticked"] or match["plain"]
        if field in OPTIONS:
            return f"{match['verb']}{OPTIONS[field]}"
        if _is_field(field):
            others.append(field)
        return match[0]

    changed = _ADVICE.sub(named, sentence)
    if not others or "--set" in changed:
        return changed
    return f"{changed.rstrip('.')} (fields are changed with --set, as in --set {others[0]}=VALUE)."


def _is_field(dotted: str) -> bool:
    section, _, name = dotted.partition(".")
    name = name.partition(".")[0]
    found = Project.model_fields.get(section)
    kind = None if found is None else found.annotation
    return isinstance(kind, type) and issubclass(kind, Section) and name in kind.model_fields
