"""The process of a job: one command of the command line, in a folder that says how far it is.

It holds the lock of its folder as long as it lives, so that whoever looks knows whether it does, however it ended. It
knows nothing of the page, and goes on when that is closed.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.lock import locked

JOB, END, LOG, PROGRESS = "job.json", "end.json", "log.txt", "progress.json"


def perform(folder: Path) -> int:
    """Run the command of a job folder and write down its exit status."""
    with locked(folder, "start another one"):
        write_json(folder / "process.json", {"pid": os.getpid()})
        status = _run([str(part) for part in read_json(folder / JOB)["arguments"]])
        write_json(folder / END, {"status": status})
    return status


def _run(arguments: list[str]) -> int:
    """Run `diffrendergan` with arguments in this process, as the command line does."""
    sys.argv = ["diffrendergan", *arguments]
    try:
        runpy.run_module("diffrendergan", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(perform(Path(sys.argv[1])))
