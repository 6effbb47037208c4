"""What the tests of the cluster have done: functions that other processes import, without NumPy, which takes long."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.runs.atomic import explain_os_error, write_text


def drawn(index: int) -> list[float]:
    rng = random.Random(index)
    return [rng.gauss() for _ in range(5)]


def where(index: int) -> tuple[int, int, str, str]:
    return index, os.getpid(), os.environ["OMP_NUM_THREADS"], os.environ["OPENBLAS_NUM_THREADS"]


class Tools:
    """Cannot be sent."""

    def __init__(self) -> None:
        self.made_in = os.getpid()

    def __reduce__(self) -> tuple[()]:
        raise TypeError("tools cannot be sent")


def all_told(tools: Tools, index: int) -> tuple[int, list[float], int, str, bool]:
    return index, drawn(index), os.getpid(), os.environ["OMP_NUM_THREADS"], tools.made_in == os.getpid()


def refuses(bad: int, index: int) -> int:
    print("what libraries say must not get between the answers")
    if index == bad:
        raise DataError(f"image {index} is bad.")
    return index


def killed_always(bad: int, index: int) -> int:
    if index == bad:
        os.kill(os.getpid(), signal.SIGKILL)
    return index


def once(folder: Path, name: str) -> bool:
    """Whether this is the first to ask."""
    try:
        os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def ended_once(folder: Path, bad: int, number: int, index: int) -> int:
    """Send a signal to its own process, the first time."""
    if index == bad and once(folder, f"ended-{index}-{number}"):
        os.kill(os.getpid(), number)
    return index


def written(folder: Path, pause_s: float, index: int) -> int:
    """Write a file, and keep a record of who did."""
    time.sleep(pause_s)
    write_text(folder / f"{index}.txt", str(drawn(index)))
    with (folder / "written.log").open("a") as log:
        log.write(f"{index} {os.getpid()} {os.getppid()}\n")
    return index


def on_a_disk(folder: Path, index: int) -> str:
    """Write to the disk of this machine, which may be full: `DISK` names a file, as /dev/full."""
    try:
        with Path(os.environ.get("DISK", os.devnull)).open("wb", buffering=0) as file:
            file.write(b"1")
    except OSError as error:
        raise explain_os_error(error, folder / "image.png") from error
    return os.uname().nodename


def waits(folder: Path, seconds: int) -> None:
    """Tell its process, and wait."""
    (folder / "process.new").write_text(str(os.getpid()))
    (folder / "process.new").replace(folder / "process")
    time.sleep(seconds)


def ends_and_refuses(folder: Path, ends: int, bad: int, index: int) -> int:
    return refuses(bad, ended_once(folder, ends, signal.SIGKILL, index))
