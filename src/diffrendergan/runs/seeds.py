"""Explicit randomness: every stream says what it is for."""

from __future__ import annotations

import zlib

import numpy as np


def sequence(seed: int, *purpose: str | int) -> np.random.SeedSequence:
    """Return the seed sequence of a purpose, e.g. ``sequence(0, "synthesis", "noise", 17)``.

    Streams of different purposes are independent, and none depends on what was drawn before.
    """
    key = tuple(part if isinstance(part, int) else zlib.crc32(part.encode()) for part in purpose)
    return np.random.SeedSequence(seed, spawn_key=key)


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a NumPy generator for a purpose."""
    return np.random.default_rng(sequence(seed, *purpose))


def integer(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit seed for a library with generators of its own (torch)."""
    return int(sequence(seed, *purpose).generate_state(1, np.uint64)[0] >> 1)


def integer32(seed: int, *purpose: str | int) -> int:
    """Return a 32-bit seed (Mitsuba)."""
    return int(sequence(seed, *purpose).generate_state(1, np.uint32)[0])
