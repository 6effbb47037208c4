"""A command in a process of its own that has imported everything already: a fork of this one.

A new interpreter takes two seconds of processor time to import the package; a fork takes milliseconds. It must be made
before this process computes anything with PyTorch or Dr.Jit, whose threads a fork does not have.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.faults.traps import Trap, install

MB = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it did.

    Attributes
    ----------
    status : int
        Of its exit; minus the signal that killed it.
    said : str
        All that it printed, in one line.
    cpu_s, wall_s : float
        Processor time and time [s].
    grown_mb : float
        Peak of its resident memory above that of the process it was forked from [MB].
    changes : tuple of str
        Changes of files, each the event and its path.
    hung : bool
        Whether it was ended since it took too long.
    """

    status: int
    said: str
    cpu_s: float
    wall_s: float
    grown_mb: float
    changes: tuple[str, ...]
    hung: bool

    @property
    def put(self) -> list[str]:
        """The files that were put in their places, whole."""
        return [change.split("\t", 1)[1] for change in self.changes if change.startswith("os.rename\t")]

    @property
    def plain(self) -> bool:
        """Whether an error is one of our sentences: no stack trace, nothing unexpected, no death by a signal."""
        bad = ("Traceback", "something unexpected", "the system refused")
        return self.status >= 0 and not self.hung and not any(word in self.said for word in bad)


def warm_up() -> None:
    """Import the package and what it computes with, so that forks have it; without computing anything."""
    import torch

    import diffrendergan

    torch.set_num_threads(1)
    left_out = ("studio", "__main__", "worker", "notebook")
    for module in pkgutil.walk_packages(diffrendergan.__path__, "diffrendergan."):
        if not any(word in module.name for word in left_out):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()  # looking through all of it for garbage would copy it into each fork


def command(*arguments: str | Path) -> Callable[[], None]:
    """Return the command line of these arguments as something to call in a child."""

    def call() -> None:
        from diffrendergan.cli.main import app

        app([str(argument) for argument in arguments], prog_name="diffrendergan")

    return call


@dataclass
class Child:
    """A process that was started."""

    number: int
    began: float
    base_mb: float
    limit_s: float
    said: IO[bytes]
    told: IO[bytes]

    def wait(self) -> Ended:
        """Wait for its end."""
        status, usage, hung = _waited(self.number, self.began + self.limit_s)
        with self.said as said, self.told as told:
            said.seek(0)
            told.seek(0)
            return Ended(
                os.waitstatus_to_exitcode(status),
                " ".join(said.read().decode(errors="replace").split()),
                usage.ru_utime + usage.ru_stime,
                time.monotonic() - self.began,
                max(0.0, usage.ru_maxrss / 1024 - self.base_mb),
                tuple(told.read().decode(errors="replace").splitlines()),
                hung,
            )


def started(
    call: Callable[[], None],
    cwd: Path,
    trap: Trap | None = None,
    limit_s: float = 600,
    memory_mb: int | None = None,
    before: Sequence[Callable[[], None]] = (),
) -> Child:
    """Call something in a child, with a trap set.

    Parameters
    ----------
    call : callable
        Ends as a command does: by returning, by `SystemExit`, or by an error, whose stack trace is then in `said`.
    cwd : Path
        Where; changes of files outside of it are not counted.
    trap : Trap, optional
    limit_s : float
        A child that takes longer is killed [s].
    memory_mb : int, optional
        What it may ask the system for, above what it was forked with.
    before : sequence of callable
        Called in the child first, for example to set the clock.
    """
    said, told = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # `Child.wait` closes them
    sys.stdout.flush()
    sys.stderr.flush()
    began, base = time.monotonic(), _resident_mb()
    child = os.fork()
    if child == 0:
        _in_child(call, cwd, trap or Trap(), memory_mb, before, said.fileno(), told.fileno())
    return Child(child, began, base, limit_s, said, told)


def forked(call: Callable[[], None], cwd: Path, trap: Trap | None = None, **options: Any) -> Ended:
    """Return how a call in a child ended; see `started`."""
    return started(call, cwd, trap, **options).wait()


def _in_child(
    call: Callable[[], None],
    cwd: Path,
    trap: Trap,
    memory_mb: int | None,
    before: Sequence[Callable[[], None]],
    said: int,
    told: int,
) -> None:
    """Do it, and never return."""
    status = 70
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        # Whoever forked may catch what is printed by objects of its own.
        sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
        os.chdir(cwd)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.fsync = lambda handle: None  # type: ignore[assignment, misc]  # what is killed is the process, not the system
        if memory_mb is not None:
            limit = _data_bytes() + memory_mb * MB
            resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        for each in before:
            each()
        install(trap, cwd, told)
        call()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _waited(child: int, until: float) -> tuple[int, resource.struct_rusage, bool]:
    """Wait for the end of a child, or end it; without asking again and again, which would take its processor time."""
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], max(0.0, until - time.monotonic()))
    os.close(handle)
    if not ended:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    return status, usage, not ended


def _status_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _resident_mb() -> float:
    """Return what is this process's own: a fork has the pages of files only when it reads them."""
    return _status_kb("RssAnon") / 1024


def _data_bytes() -> int:
    return _status_kb("VmData") * 1024
