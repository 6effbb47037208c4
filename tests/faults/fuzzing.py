"""Fuzzing in slices of processor time, which are added up: the next campaign goes on where one was stopped."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults.hostile import corpus_of
from tests.faults.projects import Places
from tests.faults.records import Book, Case, Verdict

ROOT = Path(__file__).resolve().parents[2]
Fuzz = Callable[[str, float], Verdict]
SLICE_S = 60
"""Processor time of one process of the fuzzer [s]: what is lost when the campaign is stopped."""
MOST_FAULTS = 5
"""Slices of a reader that may end by a fault."""
SPENT = re.compile(r"#(\d+) SPENT ([\d.]+) s")
STEP = re.compile(r"#\d+\s+\w+\s+cov: (\d+)")


def fuzz_cases(
    places: Places, seconds: float, book: Book, readers: Sequence[str], fuzz: Fuzz | None = None
) -> Iterator[Case]:
    """Yield slices of time for readers in turn, until each has had its seconds, over all campaigns of this book.

    Parameters
    ----------
    places : Places
    seconds : float
        Of processor time for each reader [s].
    book : Book
        Where the results of cases are written before the next is asked for.
    readers : sequence of str
    fuzz : callable, optional
        Tries a reader for so many seconds; by default `fuzzed`.
    """
    fuzz = fuzz or (lambda name, left: fuzzed(places, name, left))
    while waiting := [name for name in readers if _wants_more(book, name, seconds)]:
        for name in waiting:
            number = len(_slices(book, name)) + 1
            left = min(SLICE_S, seconds - _spent(_slices(book, name)))
            yield Case(f"{name}, slice {number}", lambda name=name, left=left: fuzz(name, left))


def _slices(book: Book, name: str) -> list[dict[str, Any]]:
    return [entry for entry in book.read().values() if entry.get("reader") == name]


def _spent(slices: Sequence[dict[str, Any]]) -> float:
    return sum(entry.get("cpu_s", 0.0) for entry in slices)


def _wants_more(book: Book, name: str, seconds: float) -> bool:
    """Tell whether a reader has time left; one that ended by a fault too often waits until that is mended."""
    slices = _slices(book, name)
    done = _spent(slices) > seconds - 1 or any("skipped" in entry for entry in slices)
    return not done and sum(not entry["good"] for entry in slices) < MOST_FAULTS


def fuzzed(places: Places, name: str, seconds: float) -> Verdict:
    """Let Atheris look for files that a reader stumbles over; it goes on from what it found before."""
    found, crashes = places.lasting / "found" / name, places.lasting / "crashes"
    crashes.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.faults.fuzz", name, str(corpus_of(places, name)), str(found), str(seconds)]
    command += ["-rss_limit_mb=4096", "-max_len=200000", f"-artifact_prefix={crashes}/{name.replace(' ', '-')}-"]
    scratch = places.root / "fuzz"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))), "TMPDIR": str(scratch)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace",
                          check=False)  # fmt: skip
    shutil.rmtree(scratch)  # libFuzzer ends the process where it stands
    if "No module named 'atheris'" in done.stderr:
        return Verdict(True, facts={"reader": name, "skipped": "Atheris is not installed"})
    spent = SPENT.findall(done.stderr)
    inputs, cpu = (int(spent[-1][0]), float(spent[-1][1])) if spent else (0, 0.0)
    branches = max(map(int, STEP.findall(done.stderr)), default=0)
    lines = [line for line in done.stderr.splitlines() if "Error" in line or "ERROR" in line]
    faults = [] if done.returncode == 0 else lines[-2:] or [done.stderr[-300:]]
    return Verdict(not faults, faults, {"reader": name, "cpu_s": cpu, "inputs": inputs, "branches": branches})
