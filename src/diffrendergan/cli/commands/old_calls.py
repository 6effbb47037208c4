"""Calls of earlier versions that still work, with a word on what they have become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from diffrendergan.cli.errors import USER_ERROR, show_error

RENAMED = "`evaluate PRED GT` is called `score PRED GT` now; the next version takes only that."
FOR_PROJECTS = "is for a project, and means nothing for two folders; leave it out."
FOR_FOLDERS = "is for scoring folders; name a folder of predictions and one of annotations, as in `score PRED GT`."


class Commands(TyperGroup):
    """The commands, and `evaluate PRED GT`, which is `score PRED GT` now."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        if name != "evaluate":
            return name, command, rest
        score = self.commands["score"]
        ours, others = _options(command), _options(score)
        given, arguments = _parsed(rest, ours | others)
        if len(arguments) == 2:
            _refuse(given, ours.keys() - others.keys(), FOR_PROJECTS)
            if not given & {"-q", "--quiet"}:
                typer.echo(RENAMED, err=True)
            return "score", score, rest
        _refuse(given, others.keys() - ours.keys(), FOR_FOLDERS)
        return name, command, rest


def _options(command: Any) -> dict[str, bool]:
    """Return the options of a command, and whether each is followed by a value."""
    return {
        option: not param.is_flag
        for param in command.params
        if param.param_type_name == "option"
        for option in (*param.opts, *param.secondary_opts)
    }


def _parsed(words: Sequence[str], takes_value: dict[str, bool]) -> tuple[set[str], list[str]]:
    """Return the options among the words of a call, and the arguments."""
    given: set[str] = set()
    arguments: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            arguments += remaining
        elif word.startswith("-") and len(word) > 1:
            option, _, value = word.partition("=")
            given.add(option)
            if takes_value.get(option, False) and not value:
                next(remaining, None)
        else:
            arguments.append(word)
    return given, arguments


def _refuse(given: set[str], wrong: Iterable[str], why: str) -> None:
    found = sorted(given.intersection(wrong))
    if found:
        show_error(f"{found[0]} {why}")
        raise typer.Exit(USER_ERROR)
