from __future__ import annotations

import pytest

from diffrendergan.generalist.bodies import FAMILIES, make_bodies
from diffrendergan.runs.reporter import SilentReporter

FEW = ("balls", "cubes", "flat rods")


@pytest.fixture(scope="session")
def bodies():
    """An atlas of three families, and the family of each body."""
    numbers = [number for number, family in enumerate(FAMILIES) if family.name in FEW]
    return make_bodies(numbers, 0, SilentReporter())
