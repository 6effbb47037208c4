"""Which mesh files belong to the authors' generators, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diffrendergan.config.words import nearest
from diffrendergan.errors import DataError
from diffrendergan.particles.names import ENDINGS
from diffrendergan.runs.json_text import parse_json


@dataclass(frozen=True)
class MeshFiles:
    """Mesh files under the names that the authors' order uses; several names may share a file.

    Attributes
    ----------
    files : dict
        File of each name, in the order found.
    source : pathlib.Path
        Where they were found.
    """

    files: dict[str, Path]
    source: Path

    def ordered(self, names: Sequence[str] | None) -> list[tuple[str, Path]]:
        """Return name and file of each particle in the given order, by default sorted by name.

        Raises
        ------
        DataError
            If a name is not among the files.
        """
        if names is None:
            return sorted(self.files.items())
        for name in names:
            if name not in self.files:
                close = nearest(name, self.files)
                hint = f"; did you mean {' or '.join(close)}?" if close else "."
                raise DataError(f"the order names the mesh {name!r}, which is not in {self.source}{hint}")
        return [(name, self.files[name]) for name in names]


def find_meshes(place: Path, folder_name: str) -> MeshFiles:
    """Find the mesh files of a model.

    Parameters
    ----------
    place : pathlib.Path
        A folder of mesh files; or one in which NAME.json maps their file names to files beside it, or which has a
        folder NAME of files; or such a JSON file itself.
    folder_name : str
        NAME: what the settings call the folder.

    Raises
    ------
    DataError
        If there are none.
    """
    if not place.exists():
        raise DataError(f"{place} does not exist; give the folder of the authors' meshes with --meshes.")
    listing = place if place.suffix == ".json" else place / f"{folder_name}.json"
    if listing.is_file():
        return MeshFiles(_mapped(listing), listing)
    folder = place / folder_name if (place / folder_name).is_dir() else place
    files = {path.name: path for path in sorted(folder.iterdir()) if path.suffix.lower() in ENDINGS}
    if not files:
        raise DataError(
            f"{place} holds neither mesh files ({', '.join(ENDINGS)}) nor a list {folder_name}.json of them; "
            "give the folder of the authors' meshes with --meshes."
        )
    return MeshFiles(files, folder)


def _mapped(listing: Path) -> dict[str, Path]:
    try:
        values = parse_json(listing.read_text(encoding="utf-8"))
        return {str(name): listing.parent / str(file) for name, file in values.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{listing} is no list of mesh files ({error}); it maps names to files.") from error


def read_order(path: Path) -> list[str]:
    """Read the order of meshes: a text file with a name a line, a JSON list, or an NPZ file with `mesh_files`.

    Raises
    ------
    DataError
        If the file holds no such list.
    """
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as values:
                return [str(name) for name in values["mesh_files"]]
        text = path.read_text(encoding="utf-8")
        names = parse_json(text) if path.suffix == ".json" else [line.strip() for line in text.splitlines()]
        if not isinstance(names, list):
            raise ValueError("not a list")
        return [str(name) for name in names if name]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path} gives no order of meshes ({error}); give a text file with a name a line, a JSON list, "
            "or an NPZ file with mesh_files."
        ) from error
