"""Pictures with squares as particles, and networks that know where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.verdicts import fine_evidence

from diffrendergan.judging.evidence import Evidence
from diffrendergan.micrographs.types import Micrograph

GROUND, PARTICLE = 0.2, 0.8


def squares(edge: int, size: int, step: int) -> np.ndarray:
    """Return a label image with squares on a lattice, none at the border."""
    labels = np.zeros((edge, edge), np.int32)
    for number, (row, column) in enumerate(np.ndindex(edge // step, edge // step), 1):
        top, left = row * step + (step - size) // 2, column * step + (step - size) // 2
        labels[top : top + size, left : left + size] = number
    return labels


def scan_of(labels: np.ndarray, name: str = "scan") -> Micrograph:
    """Return a scan that shows particles."""
    pixels = np.where(labels > 0, PARTICLE, GROUND).astype(np.float32)
    return Micrograph(name=name, pixels=pixels, pixel_size_nm=None, source=Path(name), bit_depth=8)


@pytest.fixture
def fine() -> Evidence:
    """The evidence of a run of which nothing is wrong."""
    return fine_evidence()
