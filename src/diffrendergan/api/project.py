"""Project files: what `init` writes and `run` works on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from diffrendergan.api.progress import Progress, reporter_of
from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project as Configuration
from diffrendergan.errors import ConfigError

if TYPE_CHECKING:
    from diffrendergan.judging.verdict import Verdict


@dataclass(frozen=True)
class Project:
    """A project file and what it says.

    Attributes
    ----------
    file : Path
        The YAML file, to be read and edited.
    configuration : diffrendergan.config.project.Project
        What it says, every field with its default.
    """

    file: Path
    configuration: Configuration

    @classmethod
    def from_scans(
        cls,
        folder: str | Path,
        file: str | Path = "project.yaml",
        preset: str | None = None,
        progress: Progress = False,
        pixel_size_nm: float | None = None,
    ) -> Project:
        """Look at a folder of micrographs and write a commented project file, as the command `init` does.

        Parameters
        ----------
        folder : path
            Micrographs.
        file : path
            The project file to write; it must not exist.
        preset : str, optional
            Preset to start from; by default the nearest.
        progress : bool or Reporter
            See `Progress`.
        pixel_size_nm : float, optional
            Edge of a pixel of all scans [nm], whatever their files say.

        Raises
        ------
        ConfigError
            If the file exists, or there is no such preset.
        DataError
            If the folder holds nothing to look at.
        """
        from diffrendergan.generalist.first_look import first_look
        from diffrendergan.inspection.config_file import initial_config
        from diffrendergan.runs.atomic import write_text

        target = Path(file)
        if target.exists():
            raise ConfigError(f"{target} exists already; open it with Project.open, or name another file.")
        found = first_look(Path(folder), reporter_of(progress), pixel_size_nm=pixel_size_nm)
        write_text(target, initial_config(found, Path(folder), target, preset))
        return cls.open(target)

    @classmethod
    def open(cls, file: str | Path, settings: Mapping[str, Any] | None = None) -> Project:
        """Read a project file.

        Parameters
        ----------
        file : path
            A YAML file.
        settings : mapping, optional
            Values that take the place of the file's, by dotted name: ``{"training.epochs": 5}``.

        Raises
        ------
        ConfigError
            If the file cannot be read, or a key or value is wrong.
        """
        return cls(Path(file), load_project(Path(file), None, _overrides(settings)))

    @classmethod
    def measure(
        cls,
        folder: str | Path,
        out: str | Path,
        quick: bool = False,
        progress: Progress = False,
        pixel_size_nm: float | None = None,
    ) -> Project:
        """Make a network for a folder of micrographs and measure them all with it, as the command `measure` does.

        Parameters
        ----------
        folder : path
            Micrographs.
        out : path
            Folder for everything; the results lie in `measured` (`quick-measured`).
        quick : bool
            Few images and steps.
        progress : bool or Reporter
            See `Progress`.
        pixel_size_nm : float, optional
            Edge of a pixel of all scans [nm], whatever their files say.

        Returns
        -------
        Project
            That of the network; its `verdict` says how far to trust it.

        Raises
        ------
        UserError
            If an input cannot be used; what is finished stays, and the next call continues.
        """
        from diffrendergan.pipeline.measure.run import measure_folder

        made = measure_folder(Path(folder), Path(out), reporter_of(progress), quick, pixel_size_nm)
        return cls(made.file, made.project)

    def run(self, until: str | None = None, progress: Progress = False) -> Path:
        """Run the stages that are not finished yet, as the command `run` does, and return the run folder.

        Parameters
        ----------
        until : str, optional
            The last stage to run, with those it needs; by default all.
        progress : bool or Reporter
            See `Progress`.

        Raises
        ------
        UserError
            If an input cannot be used; what is finished stays, and the next call continues.
        """
        from diffrendergan.pipeline.runner import Asked, run_project

        run_project(self.configuration, reporter_of(progress), Asked(until))
        return self.configuration.run

    def correct(
        self,
        corrected: str | Path,
        out: str | Path | None = None,
        scans: str | Path | None = None,
        steps: int | None = None,
        progress: Progress = False,
    ) -> Path:
        """Let the run's network learn from corrected label images, as the command `correct` does.

        Parameters
        ----------
        corrected : path
            Folder of label images, or of ROI archives of Fiji.
        out : path, optional
            Folder for the corrected network; by default `corrected` in the run folder.
        scans : path, optional
            Folder of the scans; by default that of the project.
        steps : int, optional
            Training steps; by default 120.
        progress : bool or Reporter
            See `Progress`.

        Returns
        -------
        Path
            A run folder with the corrected network, for `Segmenter.load`. The run itself stays as it is.

        Raises
        ------
        UserError
            If the run, a scan or a label image cannot be used.
        """
        from diffrendergan.pipeline.correcting import correct_run

        folders = [None if folder is None else Path(folder) for folder in (out, scans)]
        run, reporter = self.configuration.run, reporter_of(progress)
        return correct_run(run, Path(corrected), reporter, folders[0], folders[1], steps=steps).folder

    def verdict(self) -> Verdict | None:
        """Return what is to be thought of the run without labels: `judgement`, `sentences`, `evidence`.

        None before the stage `judge` has run. See docs/verdict.md.

        Raises
        ------
        RunFolderError
            If its file is broken.
        """
        from diffrendergan.judging.verdict import read_verdict

        return read_verdict(self.configuration.run)


def _overrides(settings: Mapping[str, Any] | None) -> Sequence[str]:
    return [f"{name}={json.dumps(value, default=_plain)}" for name, value in (settings or {}).items()]


def _plain(value: object) -> object:
    """Return a path or a number of NumPy as what JSON knows."""
    return value.item() if isinstance(value, np.generic) else str(value)
