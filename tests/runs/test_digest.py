from __future__ import annotations

import hashlib

import numpy as np

from diffrendergan.runs.digest import sha256_of


def test_arrays_are_told_apart_by_their_values_in_order() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert sha256_of(array) == hashlib.sha256(array.tobytes()).hexdigest() == sha256_of(array.tobytes())
    assert sha256_of(array.T) == sha256_of(np.ascontiguousarray(array.T)) != sha256_of(array)
    assert sha256_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
