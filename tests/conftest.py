"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time: what fails, fails for everybody. `HYPOTHESIS_PROFILE=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before anything imports NumPy or PyTorch: workers that each take all cores wait for one another.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")

ROOT = Path(__file__).parents[1]

LONG_FIRST = (
    "e2e", "cli", "docs", "segmentation", "pipeline", "gan", "rendering", "calibration", "synthesis", "reporting",
    "micrographs", "inspection",
)  # fmt: skip
"""Folders whose files take minutes: begun last, one of them would keep one worker busy when all others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; order within a file stays."""

    def rank(item: pytest.Item) -> int:
        room = item.path.relative_to(ROOT / "tests").parts[0] if item.path.is_relative_to(ROOT / "tests") else ""
        return LONG_FIRST.index(room) if room in LONG_FIRST else len(LONG_FIRST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("real data: no folder ../shared/data beside the repository")
    return folder
