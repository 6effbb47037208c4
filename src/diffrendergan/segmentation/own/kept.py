"""Trained networks of other packages on disk: what made them, and whether that is what is installed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import read_json, write_json
from diffrendergan.runs.digest import sha256_of_file

DESCRIPTION = "own.json"
"""In the folder of a training, written last."""
FILES = "network"
"""The folder of the network's files, beside it."""


@dataclass(frozen=True)
class OwnInfo:
    """What a network of another package must tell whoever uses it."""

    network: str
    """Its name among the entry points."""
    package: str
    package_version: str
    version: str
    """That of the network's files."""
    settings: dict[str, Any]
    seed: int
    pixel_size_nm: float | None
    """Scale of the training images [nm], if known."""
    trained_on: str
    """`synthetic` or `real`."""
    files: dict[str, str]
    """SHA-256 of its files, by their paths in its folder."""


def keep(folder: Path, info: OwnInfo) -> Path:
    """Write the description of a network whose files are whole, and return where it lies."""
    write_json(folder / DESCRIPTION, asdict(info))
    return folder / DESCRIPTION


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of all files of a network."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in paths}


def load(path: Path) -> OwnInfo:
    """Read the description of a network whose files are as they were written.

    Raises
    ------
    RunFolderError
        If the description or a file is missing, broken or changed.
    """
    again = f"remove the folder {path.parent}, and give the command again to train that network anew"
    fields = read_json(path)
    try:
        info = OwnInfo(**fields)
    except TypeError as error:
        raise RunFolderError(f"{path} is broken ({error}); {again}.") from error
    there = digests(path.parent / FILES)
    changed = sorted(name for name in {*info.files, *there} if info.files.get(name) != there.get(name))
    if changed:
        raise RunFolderError(f"{path.parent / FILES / changed[0]} is missing or changed; {again}.")
    return info
