"""The server of the page: bound to this machine unless told otherwise, and then only for whoever has the token."""

from __future__ import annotations

import asyncio
import os
import secrets
from contextlib import suppress
from pathlib import Path

from diffrendergan.errors import ConfigError, UserError
from diffrendergan.studio import jobs
from diffrendergan.studio.flow import Flow
from diffrendergan.studio.guard import LOCAL, Guard
from diffrendergan.studio.layout import build_page
from diffrendergan.studio.lazy import require_nicegui
from diffrendergan.studio.page import Studio
from diffrendergan.studio.routes import add_routes
from diffrendergan.studio.worker import Worker
from diffrendergan.studio.workspace import STATE, open_workspace

LOOKS_EVERY_S = 0.7
"""How often it is looked whether new scans are there [s]."""


def serve(folder: Path, host: str, port: int, show: bool) -> None:
    """Show the studio until the process is interrupted. Jobs go on.

    Parameters
    ----------
    folder : Path
        The studio's folder, or one of scans.
    host : str
        Address to bind to.
    port : int
        Port; 0 takes a free one.
    show : bool
        Open a browser.

    Raises
    ------
    MissingDependencyError
        If NiceGUI is not installed.
    ConfigError
        If the folder cannot be used, or the port is taken.
    """
    require_nicegui()
    space = open_workspace(folder)
    if not (space.folder / STATE).is_file():
        space.remember()
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(space.cache / "page"))
    from nicegui import app, ui

    token = "" if host in LOCAL else secrets.token_urlsafe(18)
    port = _free_port(host, port)
    studio = Studio(space, Worker(), Worker())
    app.add_middleware(Guard, token=token)
    add_routes(app, space)
    ui.page("/")(lambda: build_page(studio))
    app.on_startup(lambda: _look_after(studio))
    app.on_shutdown(studio.worker.close)
    app.on_shutdown(studio.live.close)
    shown = "localhost" if host == "::1" else host
    path = f"/?token={token}" if token else "/"
    address = f"http://{shown}:{port}{path}"
    print(f"The studio is at {address}\nResults lie in {space.folder}; Ctrl-C ends the page, jobs go on.", flush=True)
    with suppress(KeyboardInterrupt):  # the way to end it
        ui.run(
            host=host, port=port, title="DiffRenderGAN studio", reload=False, show=path if show else False,
            show_welcome_message=False, dark=None, reconnect_timeout=30.0,
        )  # fmt: skip
    left = jobs.running(space.jobs)
    if left:
        print(f"{', '.join(job.name for job in left)} goes on; `diffrendergan studio {space.folder}` shows it again.")


async def _look_after(studio: Studio) -> None:
    """Start what is due, as long as the server lives, whether a page is open or not."""
    flow = Flow(studio.space)

    async def look() -> None:
        while True:
            try:
                flow.step()
            except (UserError, OSError) as error:
                studio.trouble = str(error)
            await asyncio.sleep(LOOKS_EVERY_S)

    studio.tasks.append(asyncio.create_task(look()))


def _free_port(host: str, port: int) -> int:
    """Return a port that can be bound to.

    Raises
    ------
    ConfigError
        If the one that was named cannot.
    """
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            return int(trial.getsockname()[1])
    except (OSError, OverflowError) as error:
        raise ConfigError(f"{host}:{port} cannot be used ({error}); name another one with --port.") from error
