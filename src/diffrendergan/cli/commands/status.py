"""`status`: how a run stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder, of a run that is going on or not.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def status(run: RunArgument, as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """Say how a run stands: which stage, how far, how long to go, since when nothing moved, what went wrong.

    Of each stage, time and memory. The run is not touched, and may be on another machine that shares the folder.
    """
    with explained(debug):
        from diffrendergan.pipeline.status import status_of
        from diffrendergan.pipeline.status_words import told

        found = status_of(run)
        if as_json:
            typer.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
        else:
            typer.echo("\n".join(told(found)))
