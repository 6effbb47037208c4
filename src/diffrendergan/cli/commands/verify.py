"""`verify`: whether the files of a run are what they were when its stages finished."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption, QuietOption

FolderArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Run folder, or any folder that holds run folders, such as a benchmark.")
]


def verify(folder: FolderArgument, quiet: QuietOption = False, debug: DebugOption = False) -> None:
    """Read every file that a finished stage has left, and compare it with its checksum.

    Ends with an error if a file is missing or has changed, naming each.
    """
    with explained(debug):
        from diffrendergan.pipeline.verifying import verify_folder
        from diffrendergan.runs.console import make_reporter

        for line in verify_folder(folder, make_reporter(quiet)):
            typer.echo(line)
