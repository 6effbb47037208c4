"""What tells one content from another."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 20


def sha256_of(content: bytes | NDArray) -> str:
    """Return the SHA-256 of bytes, or of an array's values in C order, as hexadecimal digits."""
    return hashlib.sha256(
        content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
    ).hexdigest()


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks; of a folder, that of the names and contents of all files in it."""
    digest = hashlib.sha256()
    if path.is_dir():
        for part in files_of(path):
            digest.update(f"{part.relative_to(path).as_posix()}\n{sha256_of_file(part)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def files_of(path: Path) -> list[Path]:
    """Return all files of a folder at any depth, sorted; of a file, itself. Images of OME-Zarr are folders."""
    return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
