"""What tells one content from another."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


def sha256_of(content: bytes | NDArray) -> str:
    """Return the SHA-256 of bytes, or of an array's values in C order, as hexadecimal digits."""
    return hashlib.sha256(
        content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
    ).hexdigest()
