"""Coverage-guided fuzzing of one reader by Atheris: `python -m tests.faults.fuzz READER CORPUS [options of libFuzzer]`.

What the fuzzer gives replaces one file of the corpus, whose place is the first byte; the others stay as they are.
Anything but a result or one of our sentences is a crash. Atheris is no dependency: `pip install atheris`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

INSTRUMENTED = ("diffrendergan", "tifffile", "roifile", "ruamel.yaml", "trimesh", "PIL", "zarr")
"""Packages whose branches guide the fuzzer."""


def main() -> None:
    """Fuzz a reader until libFuzzer ends."""
    import atheris

    name, corpus = sys.argv[1], Path(sys.argv[2])
    with atheris.instrument_imports(include=[*INSTRUMENTED]):
        from tests.faults.hostile import files_of, outcome
        from tests.faults.readers import READERS

        reader, files = READERS[name], files_of(corpus)
        work = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
        shutil.copytree(corpus, work, dirs_exist_ok=True)
        for path in files:  # what readers import is imported now
            outcome(reader, work, work / path.relative_to(corpus))

    def once(data: bytes) -> None:
        path = files[data[0] % len(files)] if data else files[0]
        target = work / path.relative_to(corpus)
        target.write_bytes(data[1:])
        how = outcome(reader, work, target)
        shutil.copy(path, target)
        if how not in ("read", "refused"):
            raise RuntimeError(f"{path.name}: {how}")

    seeds = work.with_name(f"{work.name}-seeds")
    seeds.mkdir()
    for number, path in enumerate(files):
        (seeds / str(number)).write_bytes(bytes([number % 256]) + path.read_bytes())
    sys.stdout.flush()
    atheris.Setup([sys.argv[0], str(seeds), "-timeout=10", *sys.argv[3:]], once)
    try:
        atheris.Fuzz()
    finally:
        for folder in (work, seeds):
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()
