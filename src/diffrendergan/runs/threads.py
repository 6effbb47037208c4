"""How threads wait for each other on cores that other processes use as well."""

from __future__ import annotations

import os

POLICY = "OMP_WAIT_POLICY"
COUNT = "OMP_NUM_THREADS"
OWN_CHOICES = (POLICY, "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY")
"""Variables by which somebody may have said how threads are to wait."""


def wait_without_spinning() -> None:
    """Have the threads of PyTorch and NumPy sleep while they wait, to be called before either is imported.

    By default they spin, which takes a core from whatever else runs there, the thread that they wait for included
    (measured: docs/benchmarks.md, a busy machine). Who has set one of `OWN_CHOICES` is left alone.
    """
    if not any(name in os.environ for name in OWN_CHOICES):
        os.environ[POLICY] = "passive"


def asked_threads() -> int | None:
    """Return how many threads this process is to have, by the variable that PyTorch and NumPy read; None if any number.

    Dr.Jit does not read it, and would take all cores in each of several processes.
    """
    first = os.environ.get(COUNT, "").split(",")[0].strip()
    return int(first) if first.isdigit() and int(first) > 0 else None
