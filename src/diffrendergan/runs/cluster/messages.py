"""What a worker and the process that works for it say to each other, and what a worker reports."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

_LENGTH = struct.Struct("!Q")


@dataclass(frozen=True)
class Done:
    """What became of one index.

    Attributes
    ----------
    index : int
    kind : str
        ``result``, ``error``, or ``machine``: an error that another machine may not have, as a full disk.
    payload : bytes
        Result or exception, pickled.
    seconds, cpu_s : float
        What it took [s].
    """

    index: int
    kind: Literal["result", "error", "machine"]
    payload: bytes
    seconds: float
    cpu_s: float


@dataclass(frozen=True)
class Lost:
    """An index that was not finished, and why: ``killed by SIGKILL``, ``used no processor time for 300 s``."""

    index: int
    why: str


@dataclass(frozen=True)
class Report:
    """What became of a chunk.

    Attributes
    ----------
    done : tuple of Done
        In the order of the chunk; ends where something was lost, or failed.
    lost : Lost or None
    memory_mb : float
        The most that the process ever had in memory [MB], as far as the system tells.
    """

    done: tuple[Done, ...]
    lost: Lost | None = None
    memory_mb: float = 0.0


@dataclass(frozen=True)
class Order:
    """What a process is for.

    Attributes
    ----------
    function : bytes
        Pickled.
    threads : int
    folder : str
        Where relative paths begin.
    idle_s : float
        It ends when it was given nothing for so long.
    """

    function: bytes
    threads: int
    folder: str
    idle_s: float


def write_message(stream: BinaryIO, value: Any) -> None:
    """Write a value, pickled, after its length."""
    data = pickle.dumps(value)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: BinaryIO) -> Any:
    """Read a value.

    Raises
    ------
    EOFError
        If the other side is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)
