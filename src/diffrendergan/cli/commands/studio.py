"""`studio`: the whole method by mouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffrendergan.cli.errors import explained
from diffrendergan.cli.options import DebugOption


def studio(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="The studio's folder, or one of scans.", show_default=True)
    ] = Path("studio"),
    host: Annotated[
        str, typer.Option("--host", help="Address to bind to; any but 127.0.0.1 asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8010,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
    debug: DebugOption = False,
) -> None:
    """Work by mouse in the browser: drop scans, see masks and sizes, correct, run, export. Needs the extra `studio`."""
    with explained(debug, resumes=False):
        from diffrendergan.studio.serve import serve

        serve(folder, host, port, browser)
