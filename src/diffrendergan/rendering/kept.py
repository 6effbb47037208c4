"""What is traced once of each constellation and kept in a folder, beside a key of everything that it depends on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from diffrendergan.errors import RunFolderError
from diffrendergan.runs.atomic import atomic_path, write_json
from diffrendergan.runs.digest import sha256_of
from diffrendergan.runs.executor import PerProcess, map_indices
from diffrendergan.runs.provenance import Stamp
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import seal, sealed_names

Tools = TypeVar("Tools")


CHECKSUM = "sha256"
"""In the metadata of a file: the digest of its arrays; files of earlier versions have none."""


def claim_folder(folder: Path, key: Mapping[str, Any]) -> None:
    """Empty a folder that holds what was traced with another key, and write this one into it."""
    stamp, path = Stamp.of(key), folder / "key.json"
    if not stamp.is_that_of(path):
        shutil.rmtree(folder, ignore_errors=True)
        write_json(path, dict(stamp.values))


def traced_files(
    folder: Path,
    count: int,
    trace: PerProcess[Tools, None],
    reporter: Reporter,
    workers: int = 1,
    announce: Callable[[int], None] | None = None,
) -> list[Path]:
    """Return the files of all constellations in a claimed folder, after tracing those that are not there yet.

    Parameters
    ----------
    folder : pathlib.Path
        See `claim_folder`.
    count : int
        Constellations.
    trace : PerProcess
        Writes the file (`file_of`) of one.
    reporter : Reporter
        Shows progress.
    workers : int
        Processes.
    announce : callable, optional
        Called with the number of those that are missing, if any are.
    """
    paths = [file_of(folder, index) for index in range(count)]
    missing = [index for index, path in enumerate(paths) if not path.exists()]
    if missing and announce is not None:
        announce(len(missing))
    for _ in map_indices(trace, missing, reporter, "Tracing constellations", workers):
        pass
    if missing or _unsealed(folder, paths):
        seal(folder)
    return paths


def _unsealed(folder: Path, paths: Sequence[Path]) -> bool:
    """Tell whether files were written, and what wrote them was killed before it sealed the folder."""
    return not {path.name for path in paths} <= set(sealed_names(folder))


def file_of(folder: Path, index: int) -> Path:
    """Return the file of a constellation."""
    return folder / f"{index:05d}.safetensors"


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays atomically.

    Raises
    ------
    RunFolderError
        If the disk is full or the folder cannot be written.
    """
    with atomic_path(path) as temporary:
        held = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        temporary.write_bytes(safetensors.numpy.save(held, {CHECKSUM: _checksum(held)}))


def _checksum(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a digest of arrays by name, with their kinds and shapes."""
    parts = [f"{name} {arrays[name].dtype} {arrays[name].shape} {sha256_of(arrays[name])}" for name in sorted(arrays)]
    return sha256_of("\n".join(parts).encode())


def load_arrays(path: Path, made: Callable[[dict[str, NDArray[Any]]], Tools]) -> Tools:
    """Return what is made of the arrays of a file.

    Parameters
    ----------
    path : pathlib.Path
        Written by `save_arrays`.
    made : callable
        Makes it; a ValueError, KeyError or TypeError says that the file holds something else.

    Raises
    ------
    RunFolderError
        If the file is broken, has changed since it was written, or holds something else.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            kept = (file.metadata() or {}).get(CHECKSUM)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
        if kept is not None and kept != _checksum(arrays):
            raise ValueError("it has changed since it was written")
        return made(arrays)
    except (OSError, ValueError, TypeError, KeyError, EOFError, safetensors.SafetensorError) as error:
        raise RunFolderError(
            f"{path} is broken ({error}); delete it and give the command again to trace it anew."
        ) from error
