"""A toy project on virtual micrographs: everything real, everything small."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.fixtures.command_line import in_this_process
from tests.fixtures.once import made_once
from tests.fixtures.toy_project import toy_project

from diffrendergan.runs.reporter import SilentReporter
from diffrendergan.simulator.settings import MicroscopeSettings
from diffrendergan.simulator.write import write_demo_data

PROJECT = toy_project(patches=4, particles=12, faces=400, images=6, steps=12)


@pytest.fixture(scope="session")
def cli():
    """The command line."""
    return in_this_process


@pytest.fixture(scope="session")
def scans(tmp_path_factory) -> Path:
    """Three small virtual scans with their particles, to be read only."""
    settings = MicroscopeSettings(width=320, height=232, data_bar=40, bare_strip_px=120, bare_probability=1.0)
    return made_once(
        tmp_path_factory, "scans", lambda folder: write_demo_data(folder, 3, settings, 0, SilentReporter())
    )


@pytest.fixture(scope="session")
def toy_text() -> str:
    """The toy project's configuration."""
    return PROJECT


@pytest.fixture
def toy(tmp_path, scans) -> Path:
    """A fresh project folder; returns the project file."""
    (tmp_path / "data").symlink_to(scans)
    path = tmp_path / "project.yaml"
    path.write_text(PROJECT)
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory, scans, toy_text, cli) -> tuple[Path, str]:
    """A toy run from scans to report, in one command, to be read only; with what the command printed."""

    def make(folder: Path) -> None:
        shutil.copytree(scans, folder / "data")
        (folder / "project.yaml").write_text(toy_text)
        done = cli("run", "project.yaml", "--with-real", cwd=folder)
        assert done.returncode == 0, done.stderr + done.stdout
        (folder / "printed.txt").write_text(done.stdout)

    folder = made_once(tmp_path_factory, "finished", make)
    return folder, (folder / "printed.txt").read_text()
