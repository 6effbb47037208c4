"""Names of files that hold meshes; nothing heavy is imported here."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".ply", ".obj", ".stl")
"""Mesh files that can be read."""
LIBRARY_MANIFEST = "library.json"
"""Lists the meshes of a library and makes them valid."""


def mesh_names(folder: Path) -> tuple[str, ...]:
    """Return the names of all mesh files in a folder, sorted."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file()))
