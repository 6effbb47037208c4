"""What all tests share."""

from __future__ import annotations

import functools
import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import typer.testing
from hypothesis import settings

from diffrendergan.runs.memory import collect_seldom, keep_large_buffers

# The same examples every time: what fails, fails for everybody. `HYPOTHESIS_PROFILE=default` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# All that collecting makes stays to the end. To look for garbage among it, as Python does again and again, takes a
# tenth of the time of all tests (measured); see `pytest_collection_finish`.
gc.disable()
keep_large_buffers()

ROOT = Path(__file__).parents[1]

LONG_FIRST = (
    "docs/test_docs.py", "segmentation/nnunet/test_prediction.py", "e2e/test_api.py", "e2e/test_measure.py",
    "rendering/test_published_images.py", "rendering/test_agreement.py", "rendering/test_gradients.py", "e2e",
    "segmentation", "reporting/page/test_page.py", "inspection/test_estimate.py", "rendering", "pipeline", "cli",
    "generalist", "calibration", "gan", "synthesis", "reporting", "patches", "test_imports.py", "micrographs",
    "inspection", "particles", "evaluation",
)  # fmt: skip
"""Files and folders of files that take long: begun last, one would keep one worker busy when all others are done.

Two files that need the same long preparation, as those of nnU-Net and of the whole run, do not follow each other.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Let workers compute by one thread each: those that each take all cores wait for one another.

    Here, before they start, since plugins of pytest that other packages bring import NumPy before any line of ours.
    """
    if config.getoption("numprocesses", None):
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; order within a file stays."""

    def rank(item: pytest.Item) -> int:
        tests = ROOT / "tests"
        place = item.path.relative_to(tests).as_posix() if item.path.is_relative_to(tests) else ""
        return next((k for k, long in enumerate(LONG_FIRST) if f"{place}/".startswith(f"{long}/")), len(LONG_FIRST))

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Look for garbage from here on, but only among what tests make."""
    collect_seldom()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def unhurried_disk() -> Iterator[None]:
    """Let no file wait until the disk holds it: what a test writes need not outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


DRAWN_SMALL = (
    "docs", "e2e", "evaluation", "faults", "generalist", "judging", "pipeline", "realism", "segmentation", "synthesis",
    "twins", "cli/commands/test_correct.py", "cli/commands/test_quantify.py", "cli/commands/test_run.py",
)  # fmt: skip
"""Whose tests look at no figure."""

UNPLACED = "calibration", "cli", "gan", "inspection", "reporting/page"
"""Whose tests look at what stands in figures or how large they are, and not at where."""


@pytest.fixture(scope="module", autouse=True)
def quick_figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Where no test looks at figures, they are drawn small; where none looks at places, nothing is moved in them."""

    def within(places: tuple[str, ...]) -> bool:
        return any(request.path.is_relative_to(ROOT / "tests" / place) for place in places)

    if not within(DRAWN_SMALL + UNPLACED):
        yield
        return
    from tests.fixtures.small_pictures import small_pictures, unplaced_axes  # matplotlib: not every module needs it

    with small_pictures() if within(DRAWN_SMALL) else unplaced_axes():
        yield


@pytest.fixture(scope="session", autouse=True)
def commands_once() -> Iterator[None]:
    """Let Typer read the annotations of all commands once, and not again for each command that a test calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository."""
    folder = ROOT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("real data: no folder ../shared/data beside the repository")
    return folder
