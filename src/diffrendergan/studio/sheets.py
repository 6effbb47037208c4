"""The particles of a scan as the viewer shows them: outlines and numbers, as found or as corrected by hand.

All of it runs in the worker's process; what comes back is a few numbers for each particle, and files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.labels.reading import read_numbers
from diffrendergan.labels.tiff import write_imagej_tiff
from diffrendergan.quantification.results import PARTICLES
from diffrendergan.quantification.tables import read_table
from diffrendergan.runs.atomic import read_json, write_json, write_text
from diffrendergan.sizes.units import scale_of
from diffrendergan.studio.edits import Labels, Step, corrected, line_label
from diffrendergan.studio.outlines import document


@dataclass(frozen=True)
class Sheet:
    """The particles of a scan, in a few numbers each."""

    name: str
    unit: str
    outlines: str
    """Address of the outlines and all numbers, below the cache."""
    labels: tuple[int, ...]
    diameters: tuple[float, ...]
    confidence: tuple[float | None, ...]
    border: tuple[bool, ...]
    steps: int
    """Corrections that were made."""
    undone: int
    """Corrections that can be made again."""
    elsewhere: bool
    """Whether it was corrected on other results, which a correction here takes the place of."""


@dataclass(frozen=True)
class Place:
    """Where the particles of a scan are found, and where corrections go.

    Attributes
    ----------
    results : Path
        A folder of `quantify`.
    scan : Path
        The scan itself.
    name : str
        Its name.
    folder : Path
        The studio's folder.
    pixel_size_nm : float or None
        Edge of a pixel as a person gave it [nm].
    """

    results: Path
    scan: Path
    name: str
    folder: Path
    pixel_size_nm: float | None = None

    @property
    def labels(self) -> Path:
        """The label image that was found."""
        return self.results / "labels" / f"{self.name}.tif"

    @property
    def journal(self) -> Path:
        """The steps of the correction."""
        return self.folder / "edits" / self.results.name / f"{self.name}.json"

    @property
    def target(self) -> Path:
        """The corrected label image, for `correct`."""
        return self.folder / "corrected" / f"{self.name}.tif"


def open_sheet(place: Place) -> Sheet:
    """Return the particles of a scan, corrected if they were.

    Raises
    ------
    DataError
        If results or scan cannot be read.
    """
    steps, undone = read_steps(place)
    return _sheet(place, steps, undone)


def warm_up(place: Place) -> None:
    """Read the scan, so that the first correction need not wait for it."""
    _scan(place.scan, place.scan.stat().st_mtime_ns)


def take_step(place: Place, step: Step) -> Sheet:
    """Correct the particles of a scan by one more step, and write the corrected label image.

    Raises
    ------
    DataError
        If the step does nothing, in a sentence for the person who made it.
    """
    steps, _ = read_steps(place)
    if step["do"] == "split":
        before = _labels(place, steps)
        step = {**step, "label": line_label(before, step["line"])}
    return _kept(place, (*steps, step), ())


def undo(place: Place) -> Sheet:
    """Take the last step back."""
    steps, undone = read_steps(place)
    if not steps:
        return open_sheet(place)
    return _kept(place, steps[:-1], (steps[-1], *undone))


def redo(place: Place) -> Sheet:
    """Take the last step that was taken back once more."""
    steps, undone = read_steps(place)
    if not undone:
        return open_sheet(place)
    return _kept(place, (*steps, undone[0]), undone[1:])


def read_steps(place: Place) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Return the steps of a correction and those that were taken back; none where it is of another label image."""
    try:
        values = read_json(place.journal)
    except RunFolderError:
        return (), ()
    if values.get("of") != _stamp(place):
        return (), ()
    return tuple(values["steps"]), tuple(values["undone"])


def _kept(place: Place, steps: tuple[Step, ...], undone: tuple[Step, ...]) -> Sheet:
    """Write down a correction: the label image first, the steps that led to it last."""
    labels = _labels(place, steps)
    if steps:
        write_imagej_tiff(place.target, labels, _pixel_size(place))
    elif read_steps(place)[0]:
        place.target.unlink(missing_ok=True)
    write_json(place.journal, {"of": _stamp(place), "steps": list(steps), "undone": list(undone)})
    return _sheet(place, steps, undone)


def _sheet(place: Place, steps: tuple[Step, ...], undone: tuple[Step, ...]) -> Sheet:
    known = _document(place, steps)
    particles = known["particles"]
    return Sheet(
        place.name,
        known["unit"],
        _address(place, steps),
        tuple(one["l"] for one in particles),
        tuple(one["d"] for one in particles),
        tuple(one["c"] for one in particles),
        tuple(one["b"] for one in particles),
        len(steps),
        len(undone),
        not steps and place.target.is_file(),
    )


def _document(place: Place, steps: tuple[Step, ...]) -> dict[str, Any]:
    """Return outlines and numbers as the page reads them; after a step only what it changed is measured anew."""
    file = place.folder / "cache" / _address(place, steps)
    if file.is_file():
        return dict(read_json(file))
    labels = _labels(place, steps)
    if not steps:
        table = read_table(place.results / PARTICLES / f"{place.name}.parquet").to_pydict()
        known = document(labels, table, scale_of(_pixel_size(place)).unit)
    else:
        known = _changed(place, _document(place, steps[:-1]), _labels(place, steps[:-1]), labels)
    write_text(file, json.dumps(known, separators=(",", ":")))
    return known


def _changed(place: Place, known: dict[str, Any], before: Labels, after: Labels) -> dict[str, Any]:
    """Return outlines and numbers after a step, those that it did not touch as they were."""
    from diffrendergan.api import measure_particles

    differs = before != after
    touched = np.union1d(np.unique(before[differs]), np.unique(after[differs]))
    among = np.zeros(int(max(before.max(initial=0), after.max(initial=0))) + 1, bool)
    among[touched] = True
    among[0] = False
    anew = np.where(among[after], after, 0)
    scan = _scan(place.scan, place.scan.stat().st_mtime_ns)
    table = measure_particles(anew, _pixel_size(place), scan, place.name).to_pydict()
    changed = document(anew, table, known["unit"])
    kept = [one for one in known["particles"] if not among[one["l"]]]
    return {**known, "particles": sorted([*kept, *changed["particles"]], key=lambda one: int(one["l"]))}


def _address(place: Place, steps: tuple[Step, ...]) -> str:
    """Return where outlines and numbers lie, below the cache."""
    text = json.dumps([_stamp(place), list(steps), place.pixel_size_nm], sort_keys=True)
    return f"outlines/{place.name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _pixel_size(place: Place) -> float | None:
    """Return the pixel size with which the results were measured."""
    if place.pixel_size_nm is not None:
        return place.pixel_size_nm
    row = read_json(place.results / "scans" / f"{place.name}.json")["row"]
    size = row.get("pixel_size_nm")
    return None if size is None else float(size)


def _stamp(place: Place) -> str:
    """Return what changes with the label image that was found."""
    try:
        about = place.labels.stat()
    except OSError as error:
        raise DataError(f"{place.name} was not measured yet.") from error
    return f"{place.results.name} {about.st_size} {about.st_mtime_ns}"


def _labels(place: Place, steps: tuple[Step, ...]) -> Labels:
    return _corrected(place.labels, _stamp(place), json.dumps(list(steps)))


@lru_cache(maxsize=4)
def _corrected(path: Path, stamp: str, steps: str) -> Labels:
    """Return a label image after some steps; the last few are kept, so that a step does not begin anew."""
    todo = json.loads(steps)
    if not todo:
        return read_numbers(path).numbers.astype(np.int32)
    return corrected(_corrected(path, stamp, json.dumps(todo[:-1])), todo[-1:])


@lru_cache(maxsize=2)
def _scan(path: Path, changed: int) -> Any:
    from diffrendergan.api import read_scan

    return read_scan(path)
