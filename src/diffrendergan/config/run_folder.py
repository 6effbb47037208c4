"""Whether a folder is that of a run."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.config.load import RUN_CONFIG
from diffrendergan.config.words import some
from diffrendergan.errors import RunFolderError


def check_run_folder(run: Path) -> None:
    """Refuse what is no run folder, with those that lie in it: `measure` makes them in its own folder.

    Raises
    ------
    RunFolderError
        If it holds no configuration.
    """
    if (run / RUN_CONFIG).is_file():
        return
    why = f"it has no {RUN_CONFIG}" if run.exists() else "it does not exist"
    inside = sorted(str(path.parent) for path in run.glob(f"*/{RUN_CONFIG}"))
    meant = f"did you mean {some(inside)}?" if inside else "name one that `diffrendergan run` made."
    raise RunFolderError(f"{run} is no run folder ({why}); {meant}")
