"""A project of the user whose `data` names scans and masks, as the subject of a benchmark."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from diffrendergan.config.load import load_project
from diffrendergan.config.project import Project
from diffrendergan.config.words import some
from diffrendergan.errors import ConfigError, DataError
from diffrendergan.image_files.listing import list_scans
from diffrendergan.image_files.names import nfc
from diffrendergan.labels.annotations import open_annotations
from diffrendergan.micrographs.splitting import unknown_scan
from diffrendergan.patches.stored import INDEX, STAGE, read_index
from diffrendergan.pipeline.benchmark.rows import Kind
from diffrendergan.pipeline.benchmark.subject import PaperRow, Scans
from diffrendergan.runs.reporter import Reporter, SilentReporter


@dataclass(frozen=True)
class AnnotatedProject:
    """Scans and masks of a project file."""

    path: Path

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.stem

    @property
    def rows(self) -> tuple[Kind, ...]:
        """What needs no training: hours of it are begun only when they are asked for."""
        return "run", "generalist", "classical"

    @property
    def paper(self) -> tuple[PaperRow, ...]:
        """Nothing."""
        return ()

    @property
    def keeper(self) -> str:
        """The project or its run keeps scans back."""
        return f"data.test_scans of {self.path}, or the split of its run,"

    @property
    def remedy(self) -> str:
        """Say where annotations belong."""
        return "add it to the folder that data.masks names"

    def project(self, overrides: Sequence[str] = ()) -> Project:
        """Return the configuration; a choice of patches by hand, which may be of any scan, has no part in it."""
        project = load_project(self.path, None, overrides)
        return project.model_copy(update={"data": project.data.model_copy(update={"overrides": None})})

    def scans(self, overrides: Sequence[str] = (), reporter: Reporter | None = None) -> Scans:
        """Return the scans; those that `data.test_scans` names, or else the run has kept back, are kept back.

        Raises
        ------
        ConfigError
            If the project names no masks, or keeps back a scan that does not exist.
        DataError
            If no scan is annotated, or an annotation cannot be used.
        """
        project, reporter = self.project(overrides), reporter or SilentReporter()
        data = project.data
        if data.masks is None:
            raise ConfigError(
                f"{self.path} names no annotations, but a benchmark compares with them; set data.masks to the folder "
                "of label images."
            )
        listing = list_scans(data.images)
        listing.usable(reporter)
        annotations = open_annotations(project, listing.files)
        if annotations is None:
            raise DataError(
                f"{data.masks} holds no label image of any scan in {data.images}; add some, or correct "
                "data.mask_suffix."
            )
        annotations.say(reporter)
        broken = {name: why for name, why in annotations.failures.items() if name in listing.files}
        if broken:
            more = f" {len(broken) - 1} more cannot be used either." if len(broken) > 1 else ""
            raise DataError(next(iter(broken.values())) + more)
        kept = _kept_back(project, listing.files)
        annotated = sorted(name for name in listing.files if annotations.holds(name))
        others = sorted(set(listing.files) - set(annotated))
        if others:
            reporter.note(
                f"{len(others)} of {len(listing.files)} scans have no annotation in {data.masks}, so that nothing in "
                f"them is scored: {some(others)}."
            )
        return Scans(
            tuple(name for name in annotated if name not in kept),
            tuple(name for name in annotated if name in kept),
            unlabelled=tuple(name for name in others if name not in kept),
        )

    def require_masks(self, names: Collection[str], project: Project) -> None:
        """Nothing is to be found out: scans without annotation are not scored."""


def _kept_back(project: Project, names: Collection[str]) -> set[str]:
    """Return the scans that a project, or else its run, keeps back."""
    if project.data.test_scans is not None:
        kept = {nfc(name) for name in project.data.test_scans}
        for name in sorted(kept - set(names)):
            raise ConfigError(unknown_scan("data.test_scans", name, names))
        return kept
    if (project.run / STAGE / INDEX).is_file():
        return set(read_index(project.run)["test"]) & set(names)
    return set()
