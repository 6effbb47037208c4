"""Errors whose message is written for the person at the keyboard."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend.

    The message is one sentence that says what was wrong, where, and what to do.
    The command line prints it without a stack trace and exits with status 1.
    """


class FormerWayWarning(FutureWarning):
    """What was given still works, and a later version will refuse it; the command line prints it as one line."""


class ConfigError(UserError):
    """The configuration has a wrong key or value."""


class DataError(UserError):
    """An input file cannot be used."""


class PlacementError(UserError):
    """A particle arrangement cannot be placed as asked."""


class RunFolderError(UserError):
    """A run folder cannot be used: another configuration, a broken checkpoint, a full disk."""


class FolderInUseError(RunFolderError):
    """Another process works in a folder."""


class TrainingDivergedError(UserError):
    """A loss became NaN or infinite."""


class MissingDependencyError(UserError):
    """A library or an optional extra is missing."""


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
