"""How an installation is tried: particles are found in a scan of the virtual microscope."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

TRY = """
import sys
from pathlib import Path
import diffrendergan as dg
from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data
assert Path(dg.__file__).is_relative_to(sys.prefix), dg.__file__
(scan,) = write_demo_data(Path("scans"), 1, MicroscopeSettings(width=256, height=240), 0, SilentReporter())
labels = dg.Segmenter.generalist().segment(scan)
print(dg.__version__, "found", labels.max(), "particles")
assert labels.max() >= 3
"""


def run(*command: str | Path, cwd: Path, without: Collection[str] = ()) -> str:
    """Run a command, end with what it said if it fails, and return what it printed.

    Environment variables whose names begin as those of `without` are not passed on.
    """
    left_out = ("PYTHONPATH", *without)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout
