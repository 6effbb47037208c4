"""Large buffers that stay mapped between training steps, garbage that is not looked for all the time, memory in use."""

from __future__ import annotations

import ctypes
import gc
import platform
from pathlib import Path

# Names and numbers from glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3

_MMAP_THRESHOLD_BYTES = 1 << 30
_TRIM_THRESHOLD_BYTES = (1 << 31) - 1

NEW_OBJECTS = 10_000
"""Python looks for garbage when so many more objects were made than freed, in place of 700. Tried: with more, commands
start no sooner."""


def keep_large_buffers() -> bool:
    """Tell glibc to keep freed memory instead of giving it back to the kernel at once.

    By default an allocation of some megabytes is mapped when made and unmapped when freed, so that a
    training step on the CPU page-faults all its activations anew. With both thresholds raised, the
    pages of one step serve the next.

    Returns
    -------
    bool
        Whether the thresholds were raised; False where the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    mallopt.argtypes = (ctypes.c_int, ctypes.c_int)
    mallopt.restype = ctypes.c_int
    # mallopt returns 1 on success; older glibc refuses a threshold above half its heap size (32 MiB).
    raised = mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD_BYTES) or mallopt(_M_MMAP_THRESHOLD, 32 << 20)
    trimmed = mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
    return bool(raised and trimmed)


def collect_seldom() -> None:
    """Have Python look for garbage less often, to be called where a process begins.

    What is imported stays, but makes so many objects that Python looks through all of them again and again: a tenth
    of the time that a command takes to start (measured).
    """
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def rss_mb() -> float | None:
    """Return the resident memory of this process [MB]; None where the system does not tell."""
    kilobytes = status_kb("VmRSS")
    return None if kilobytes is None else round(kilobytes / 2**10, 1)


def status_kb(name: str) -> int | None:
    """Return a number of this process as Linux keeps it [kB], such as `VmRSS` or `VmHWM`; None elsewhere."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None
