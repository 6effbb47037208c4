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
    """Return the SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
