"""What the stages before left in a run folder, read in one place.

A part that is not there yet is None or empty, since a report of an unfinished run is worth having. A part that is
there but broken is an error that names the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.load import RUN_CONFIG, dump_project
from diffrendergan.config.project import Project
from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.gan.history import EpochRecord, read_history
from diffrendergan.gan.layout import TrainingFolder
from diffrendergan.gan.saved import DESCRIPTION
from diffrendergan.patches.prepare import INDEX, Prepared, load_prepared
from diffrendergan.runs.atomic import read_json
from diffrendergan.runs.json_lines import read_lines
from diffrendergan.synthesis.manifest import MANIFEST
from diffrendergan.synthesis.writers import Pair, read_pair

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class ParameterTrack:
    """θ of all arrangements after each epoch."""

    names: tuple[str, ...]
    ranges: NDArray[np.float64]
    """(P, 2): lowest and highest value each parameter can take."""
    epochs: tuple[int, ...]
    values: tuple[NDArray[np.float32], ...]
    """(m, P) for each epoch."""


@dataclass(frozen=True)
class Candidate:
    """An epoch that might have been chosen."""

    epoch: int
    fid: float
    breadth: float
    kernel: float | None = None


@dataclass(frozen=True)
class Selection:
    """The choice of the epoch and why."""

    epoch: int
    fid: float
    extractor: str
    reason: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class SyntheticSet:
    """The synthetic images that are whole on disk."""

    folder: Path
    records: tuple[dict[str, Any], ...]
    """The lines of the manifest."""

    @property
    def particles(self) -> int:
        """Particles in all images together."""
        return sum(int(record["particles"]) for record in self.records)

    @property
    def rejected(self) -> int:
        """Draws that were rejected on the way."""
        return sum(int(record["rejected_draws"]) for record in self.records)

    def pair(self, number: int) -> Pair:
        """Read the image of line `number` with its masks.

        Raises
        ------
        RunFolderError
            If a file is missing or broken.
        """
        try:
            return read_pair(self.folder, int(self.records[number]["index"]))
        except DataError as error:
            raise RunFolderError(str(error)) from error


@dataclass(frozen=True)
class SegmentationHistory:
    """The course of one segmentation network's training."""

    seed: int
    best_step: int
    records: tuple[dict[str, float], ...]
    """`step`, `train_loss` and, if images were held out, `validation_dice`."""


@dataclass(frozen=True)
class StageCost:
    """What a stage took."""

    stage: str
    seconds: float
    peak_memory_mib: float | None


def read_prepared(folder: Path) -> Prepared | None:
    """Return the prepared patches, None before `prepare` has finished.

    Raises
    ------
    RunFolderError
        If a file is broken.
    """
    path = folder / "prepare" / INDEX
    return _parsed(path, lambda: load_prepared(folder)) if path.exists() else None


def read_records(folder: Path) -> list[EpochRecord]:
    """Return one record per finished epoch of the GAN, none before the first.

    Raises
    ------
    RunFolderError
        If the history is broken.
    """
    path = TrainingFolder(folder / "train").history
    # The trainer makes the file before the first epoch has ended.
    return read_history(path) if path.exists() and path.stat().st_size else []


def read_parameters(folder: Path, records: Sequence[EpochRecord]) -> ParameterTrack | None:
    """Return the learned parameters over the finished epochs, None if none were kept.

    Raises
    ------
    RunFolderError
        If a file is broken or does not fit the others.
    """
    layout = TrainingFolder(folder / "train")
    description = layout.path / DESCRIPTION
    paths = {record.epoch: layout.parameters(record.epoch) for record in records}
    paths = {epoch: path for epoch, path in paths.items() if path.exists()}
    if not paths or not description.exists():
        return None
    specs = _read_json(description, lambda value: [(s["name"], s["low"], s["high"]) for s in value["parameters"]])
    tables = tuple(_read_table(path, len(specs)) for path in paths.values())
    ranges = np.array([spec[1:] for spec in specs], np.float64)
    return ParameterTrack(tuple(spec[0] for spec in specs), ranges, tuple(paths), tables)


def read_selection(folder: Path) -> Selection | None:
    """Return the choice of the epoch, None before `select` has run.

    Raises
    ------
    RunFolderError
        If `selection.json` is broken.
    """
    path = folder / "select" / "selection.json"

    def parse(value: Any) -> Selection:
        candidates = tuple(
            Candidate(int(entry["epoch"]), float(entry["fid"]), float(entry["breadth"]), entry.get("kernel"))
            for entry in value["candidates"]
        )
        chosen = int(value["epoch"]), float(value["fid"]), str(value["extractor"]), str(value["reason"])
        return Selection(*chosen, candidates)

    return _read_json(path, parse) if path.exists() else None


def read_synthetic(folder: Path) -> SyntheticSet | None:
    """Return the synthetic set, None before its first image.

    The last line of the manifest may be cut off where the process was killed; that image does not count.

    Raises
    ------
    RunFolderError
        If the manifest is broken.
    """
    path = folder / "synthesize" / MANIFEST
    if not path.exists():
        return None
    records = _parsed(path, lambda: [_checked_record(record) for record in read_lines(path, growing=True)])
    return SyntheticSet(path.parent, tuple(records)) if records else None


def read_segmentation(folder: Path) -> list[SegmentationHistory]:
    """Return the trainings of the segmentation networks that have ended, in the order of their seeds.

    Raises
    ------
    RunFolderError
        If a history is broken.
    """

    def parse(value: Any) -> tuple[int, tuple[dict[str, float], ...]]:
        records = tuple({key: float(number) for key, number in record.items()} for record in value["records"])
        if not all({"step", "train_loss"} <= record.keys() for record in records):
            raise KeyError("step")
        return int(value["best_step"]), records

    found = []
    for path in (folder / "segment").glob("seed_[0-9]*/history.json"):
        best_step, records = _read_json(path, parse)
        found.append(SegmentationHistory(int(path.parent.name.removeprefix("seed_")), best_step, records))
    return sorted(found, key=lambda history: history.seed)


def read_costs(folder: Path) -> list[StageCost]:
    """Return time and peak memory of the stages so far, in the order in which they first ran.

    Raises
    ------
    RunFolderError
        If `timings.json` is broken.
    """
    path = folder / "timings.json"

    def parse(value: Any) -> list[StageCost]:
        # The report's own time is known only after it is written.
        return [
            StageCost(str(stage), float(cost["seconds"]), _optional(cost.get("peak_rss_mb")))
            for stage, cost in value.items()
            if stage != "report"
        ]

    return _read_json(path, parse) if path.exists() else []


def read_environment(folder: Path) -> dict[str, str]:
    """Return versions and machine by name, empty if they were not recorded.

    Raises
    ------
    RunFolderError
        If `environment.json` is broken.
    """
    path = folder / "environment.json"

    def parse(value: Any) -> dict[str, str]:
        libraries = {f"{name}": version for name, version in value.get("libraries", {}).items()}
        plain = {name.replace("_", " "): entry for name, entry in value.items() if name != "libraries"}
        return {name: str(entry) for name, entry in (plain | libraries).items() if entry is not None}

    return _read_json(path, parse) if path.exists() else {}


def read_configuration(folder: Path, project: Project) -> str:
    """Return the resolved configuration as YAML: the recorded one, or that of the project.

    Raises
    ------
    RunFolderError
        If `config.yaml` is no text.
    """
    path = folder / RUN_CONFIG
    return _parsed(path, path.read_text) if path.exists() else dump_project(project)


def _checked_record(record: Any) -> dict[str, Any]:
    int(record["index"]), int(record["particles"]), int(record["rejected_draws"])
    return dict(record)


def _read_table(path: Path, columns: int) -> NDArray[np.float32]:
    table = _parsed(path, lambda: np.load(path, allow_pickle=False).astype(np.float32))
    if table.ndim != 2 or table.shape[1] != columns or not len(table) or not np.isfinite(table).all():
        raise broken(path, f"a finite table of {columns} columns was expected, got shape {table.shape}")
    return table


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _read_json(path: Path, parse: Callable[[Any], T]) -> T:
    return _parsed(path, lambda: parse(read_json(path)))


def _parsed(path: Path, parse: Callable[[], T]) -> T:
    """Return what `parse` returns; what it says of a broken file becomes one sentence."""
    try:
        return parse()
    except RunFolderError:
        raise
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise broken(path, f"{type(error).__name__}: {error}") from error


def broken(path: Path, reason: str) -> RunFolderError:
    """Say in one sentence that a file of the run is broken."""
    return RunFolderError(f"{path} is broken ({reason}); give its stage again with --redo, then `report`.")
