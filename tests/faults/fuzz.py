"""Coverage-guided fuzzing of a reader by Atheris: `python -m tests.faults.fuzz READER CORPUS FOUND SECONDS [OPTIONS]`.

What the fuzzer gives replaces one file of the corpus, whose place is the first byte; the others stay as they are.
Inputs that reach new branches are kept in FOUND, where the next fuzzing begins; options are libFuzzer's. Anything but a
result or one of our sentences is a crash. It ends after SECONDS of processor time, imports not counted, and says how
much it took and how many inputs it tried: libFuzzer knows only the clock on the wall, which says little of a busy
machine. Atheris is no dependency: `pip install atheris`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

INSTRUMENTED = ("diffrendergan", "tifffile", "roifile", "ruamel.yaml", "trimesh", "PIL", "zarr")
"""Packages whose branches guide the fuzzer."""

FOUND = 77
"""Status of a process that found something, as libFuzzer's."""
TOLD_S = 5.0
"""What was done is said each time that so much was spent [s], for processes that are ended from outside."""


def main() -> None:
    """Fuzz a reader until libFuzzer ends."""
    import atheris

    name, corpus, found, seconds = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])
    with atheris.instrument_imports(include=[*INSTRUMENTED]):
        from tests.faults.hostile import LIMIT_S, files_of, outcome, too_long
        from tests.faults.readers import READERS

        reader, files = READERS[name], files_of(corpus)
        work = Path(tempfile.mkdtemp(prefix="fuzz-"))
        shutil.copytree(corpus, work, dirs_exist_ok=True)
        for path in files:  # what readers import is imported now
            outcome(reader, work, work / path.relative_to(corpus))

    spent, tried, told = 0.0, 0, 0.0

    def once(data: bytes) -> None:
        nonlocal spent, tried, told
        if spent > seconds:
            ended(spent, tried)
        if spent - told > TOLD_S:
            told = spent
            said(spent, tried)
        path = files[data[0] % len(files)] if data else files[0]
        target = work / path.relative_to(corpus)
        target.write_bytes(data[1:])
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)  # of processor time; libFuzzer's own limit is one of the clock
        began = time.process_time()
        how = outcome(reader, work, target)
        signal.setitimer(signal.ITIMER_PROF, 0)
        spent, tried = spent + time.process_time() - began, tried + 1
        shutil.copy(path, target)
        if how not in ("read", "refused"):
            found_wrong(data, f"{path.name}: {how}", spent, tried)

    signal.signal(signal.SIGPROF, too_long)
    seeds = work.with_name(f"{work.name}-seeds")
    seeds.mkdir()
    for number, path in enumerate(files):
        (seeds / str(number)).write_bytes(bytes([number % 256]) + path.read_bytes())
    sys.stdout.flush()
    found.mkdir(parents=True, exist_ok=True)
    # The first folder gets what is found.
    atheris.Setup([sys.argv[0], str(found), str(seeds), "-timeout=3600", *sys.argv[5:]], once)
    try:
        atheris.Fuzz()
    finally:
        os._exit(1)  # whoever has had its time has ended before


def found_wrong(data: bytes, what: str, spent: float, tried: int) -> None:
    """Keep an input, say what it does, and end: an exception would end the process as if nothing had happened."""
    prefix = next((part.partition("=")[2] for part in sys.argv if part.startswith("-artifact_prefix=")), "")
    Path(f"{prefix}crash-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
    said(spent, tried)
    sys.stderr.write(f"Error: {what}\n")
    sys.stderr.flush()
    os._exit(FOUND)


def said(spent: float, tried: int) -> None:
    """Say what was done."""
    sys.stderr.write(f"\n#{tried} SPENT {spent:.1f} s\n")
    sys.stderr.flush()


def ended(spent: float, tried: int) -> None:
    """Say what was done, and end the process where it stands: what was found is on the disk."""
    said(spent, tried)
    os._exit(0)


if __name__ == "__main__":
    main()
