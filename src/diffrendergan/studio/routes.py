"""Files of the studio's folder by address: tiles, thumbnails, outlines, pictures and pages of results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffrendergan.studio.workspace import Workspace

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Of files whose address changes with what they hold."""
NOT_KEPT = {"Cache-Control": "no-cache"}
SHOWN_ENDINGS = (".png", ".html", ".json", ".css", ".svg", ".txt", ".csv", ".yaml", ".parquet", ".pdf", ".tif", ".zip")


def add_routes(app: Any, space: Workspace) -> None:
    """Let a server hand out files of a studio's folder, and nothing else."""
    from starlette.responses import FileResponse, PlainTextResponse, Response

    def kept(path: str) -> Response:
        return answer(space.cache, path, FOR_EVER)

    def results(path: str) -> Response:
        return answer(space.folder, path, NOT_KEPT)

    def answer(root: Path, path: str, headers: dict[str, str]) -> Response:
        file = inside(root, path)
        if file is None:
            return PlainTextResponse("There is no such file.", 404)
        return FileResponse(file, headers=headers)

    app.get("/cache/{path:path}")(kept)
    app.get("/files/{path:path}")(results)


def inside(root: Path, path: str) -> Path | None:
    """Return a file of a folder by its relative path; None if it is not there, lies outside, or is of another kind."""
    try:
        file = (root / path).resolve()
        known = file.is_relative_to(root.resolve()) and file.suffix.lower() in SHOWN_ENDINGS and file.is_file()
    except (OSError, ValueError):
        return None
    return file if known else None
