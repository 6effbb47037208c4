"""Coverage-guided fuzzing of a reader by Atheris: `python -m tests.faults.fuzz READER CORPUS FOUND [OPTIONS]`.

What the fuzzer gives replaces one file of the corpus, whose place is the first byte; the others stay as they are.
Inputs that reach new branches are kept in FOUND, where the next fuzzing begins; options are libFuzzer's. Anything but a
result or one of our sentences is a crash. Atheris is no dependency: `pip install atheris`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

INSTRUMENTED = ("diffrendergan", "tifffile", "roifile", "ruamel.yaml", "trimesh", "PIL", "zarr")
"""Packages whose branches guide the fuzzer."""


def main() -> None:
    """Fuzz a reader until libFuzzer ends."""
    import atheris

    name, corpus, found = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    with atheris.instrument_imports(include=[*INSTRUMENTED]):
        from tests.faults.hostile import LIMIT_S, files_of, outcome
        from tests.faults.readers import READERS

        reader, files = READERS[name], files_of(corpus)
        work = Path(tempfile.mkdtemp(prefix="fuzz-"))
        shutil.copytree(corpus, work, dirs_exist_ok=True)
        for path in files:  # what readers import is imported now
            outcome(reader, work, work / path.relative_to(corpus))

    def once(data: bytes) -> None:
        path = files[data[0] % len(files)] if data else files[0]
        target = work / path.relative_to(corpus)
        target.write_bytes(data[1:])
        began = time.process_time()
        how = outcome(reader, work, target)
        if (
            time.process_time() - began > LIMIT_S
        ):  # libFuzzer's own limit is one of time, of which a busy machine takes more
            how = f"longer than {LIMIT_S:g} s"
        shutil.copy(path, target)
        if how not in ("read", "refused"):
            raise RuntimeError(f"{path.name}: {how}")

    seeds = work.with_name(f"{work.name}-seeds")
    seeds.mkdir()
    for number, path in enumerate(files):
        (seeds / str(number)).write_bytes(bytes([number % 256]) + path.read_bytes())
    sys.stdout.flush()
    found.mkdir(parents=True, exist_ok=True)
    # The first folder gets what is found.
    atheris.Setup([sys.argv[0], str(found), str(seeds), "-timeout=120", *sys.argv[4:]], once)
    try:
        atheris.Fuzz()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
