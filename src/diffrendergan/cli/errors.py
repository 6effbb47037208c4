"""From exceptions to one sentence and an exit status."""

from __future__ import annotations

import errno
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer

from diffrendergan.errors import FormerWayWarning, UserError
from diffrendergan.runs.atomic import full_disk, is_full

USER_ERROR = 1
UNEXPECTED = 2
INTERRUPTED = 130
LONGEST = 1200
"""Characters of a line that is shown; of longer ones, its beginning and its end."""


class _TerminatedError(BaseException):
    """The process was asked to end; raised so that files and children are left in order."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def explained(debug: bool, resumes: bool = True) -> Iterator[None]:
    """Turn whatever ends the block into one sentence on standard error and an exit status.

    1: something the user can mend. 2: something unexpected. 130: Ctrl-C; 143: the process was told to end.
    With `debug` the stack trace comes first, and warnings of libraries are shown. `resumes` says whether the same
    command goes on where it was.
    """
    if not debug:
        warnings.simplefilter("ignore")
    warnings.simplefilter("always", FormerWayWarning)
    warnings.showwarning = _show_warning
    _raise_on_termination()
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except (KeyboardInterrupt, _TerminatedError) as error:
        status = INTERRUPTED if isinstance(error, KeyboardInterrupt) else 128 + error.number
        said = "the same command continues." if resumes else "give the command again."
        _end(f"interrupted; {said}", status, debug)
    except BrokenPipeError:
        # The reader of our output went away (`diffrendergan … | head`).
        sys.stderr.close()
        raise typer.Exit(USER_ERROR) from None
    except UserError as error:
        _end(str(error), USER_ERROR, debug)
    except MemoryError as error:
        _end(
            f"the memory is exhausted{_said(error)}; close other programs, or lower the batch sizes.", UNEXPECTED, debug
        )
    except Exception as error:
        refused = full_disk(error) or error
        if isinstance(refused, OSError):
            _end(_os_sentence(refused), USER_ERROR if is_full(refused) or _may_not(refused) else UNEXPECTED, debug)
        _end(f"{_unexpected(error)}; {_advice(debug)}", UNEXPECTED, debug)


def _raise_on_termination() -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        raise _TerminatedError(number)

    for name in ("SIGTERM", "SIGHUP"):
        # `nohup` sets SIGHUP to be ignored, and means it.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_DFL:
            try:
                signal.signal(getattr(signal, name), handle)
            except ValueError:  # not the main thread
                return


def _show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: object, **more: object
) -> None:
    """Say what is no longer the way as one line; warnings of libraries as Python shows them."""
    if issubclass(category, FormerWayWarning):
        typer.secho(f"diffrendergan: {message}", fg=typer.colors.YELLOW, err=True)
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


def _end(sentence: str, status: int, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    show_error(sentence)
    raise typer.Exit(status) from None


def show_error(sentence: str) -> None:
    """Write a sentence in red on standard error."""
    typer.secho(f"diffrendergan: {for_terminal(sentence)}", fg=typer.colors.RED, err=True)


def show_warning(sentence: str) -> None:
    """Write a sentence in yellow on standard error."""
    typer.secho(f"warning: {for_terminal(sentence)}", fg=typer.colors.YELLOW, err=True)


def for_terminal(text: str) -> str:
    """Return a text that may quote files of others: its lines bounded, without characters that steer terminals."""
    lines = ("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
             for line in text.splitlines())  # fmt: skip
    return "\n".join(
        line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} … {line[-LONGEST // 2 :]}" for line in lines
    )


def _unexpected(error: Exception) -> str:
    if "out of memory" in str(error).lower() or "can't allocate memory" in str(error).lower():
        return f"memory is exhausted{_said(error)}"
    return f"something unexpected happened ({type(error).__name__}{_said(error)})"


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f": {lines[0][:300]}" if lines else ""


def _advice(debug: bool) -> str:
    return "finished work is kept." if debug else "finished work is kept; --debug shows where."


def _may_not(error: OSError) -> bool:
    """Whether rights are missing, or the disk may only be read."""
    return error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)


def _os_sentence(error: OSError) -> str:
    place = f" ({error.filename})" if error.filename else ""
    if is_full(error):
        return f"the disk is full{place}; free some space and give the same command again: it continues."
    if _may_not(error):
        verb = "cannot be written" if error.errno == errno.EROFS else "may not be read or written"
        return f"{error.filename or 'a file'} {verb} ({error.strerror}); check the folder and its permissions."
    return f"the system refused{place}: {error.strerror or error}; --debug shows where."
