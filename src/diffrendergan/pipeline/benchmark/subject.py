"""What a benchmark is about: annotated scans, and the configuration that describes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from diffrendergan.config.project import Project
from diffrendergan.pipeline.benchmark.rows import Kind
from diffrendergan.runs.reporter import Reporter


@dataclass(frozen=True)
class Scans:
    """Names of scans, sorted."""

    open: tuple[str, ...]
    """Annotated ones that may be learned from, so that they are divided into folds."""
    kept_back: tuple[str, ...]
    """Annotated ones that were kept back from all development."""
    missing: tuple[str, ...] = ()
    """Those kept back that are not there."""
    unlabelled: tuple[str, ...] = ()
    """Without annotation: they may be learned from on every split, and are never scored."""


class PaperRow(NamedTuple):
    """A row that a paper reports."""

    title: str
    dsc: float
    ap50: float
    foreground_iou: float


class Subject(Protocol):
    """Annotated scans with their configuration: a published data set, or a project of the user."""

    @property
    def name(self) -> str:
        """A word for titles."""
        ...

    @property
    def rows(self) -> tuple[Kind, ...]:
        """The rows that are made unless others are asked for."""
        ...

    @property
    def paper(self) -> tuple[PaperRow, ...]:
        """What a paper reports of such scans."""
        ...

    @property
    def keeper(self) -> str:
        """Say what keeps scans back, as the subject of a sentence."""
        ...

    @property
    def remedy(self) -> str:
        """Say how what is missing comes there, as the end of a sentence."""
        ...

    def project(self, overrides: Sequence[str] = ()) -> Project:
        """Return the configuration, with the folders of scans and masks.

        Raises
        ------
        ConfigError
            If an override is wrong.
        """
        ...

    def scans(self, overrides: Sequence[str] = (), reporter: Reporter | None = None) -> Scans:
        """Return the scans, and say which cannot be scored.

        Raises
        ------
        UserError
            If there is none that can.
        """
        ...

    def require_masks(self, names: Collection[str], project: Project) -> None:
        """Find out before any training that a scan cannot be scored.

        Raises
        ------
        DataError
            If a scan has no annotation.
        """
        ...
