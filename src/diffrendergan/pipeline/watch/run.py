"""`watch`: scans are measured as they arrive, samples compared, the instrument watched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from diffrendergan.errors import DataError, RunFolderError
from diffrendergan.image_files.names import scan_name
from diffrendergan.micrographs.types import Micrograph
from diffrendergan.pipeline.quantify.grey import fitted, with_stretch
from diffrendergan.pipeline.quantify.records import basis, open_results, refuse_changed
from diffrendergan.pipeline.quantify.run import Outcome, outcome_of
from diffrendergan.pipeline.quantify.scan import read_for
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.pipeline.watch.arrivals import Arrivals, Stamp
from diffrendergan.pipeline.watch.instrument import instrument_of
from diffrendergan.pipeline.watch.ledger import LEDGER, Entry, Ledger
from diffrendergan.pipeline.watch.page import PAGE, write_page
from diffrendergan.pipeline.watch.samples import grouping, sample_of
from diffrendergan.pipeline.watch.seen import Overview, Shelf, overview
from diffrendergan.pipeline.watch.state import STATE, WatchState, read_state, write_state
from diffrendergan.pipeline.watch.tables import write_tables_of
from diffrendergan.quantification.results import read_columns
from diffrendergan.runs.lock import LOCK, locked
from diffrendergan.runs.observation import observed
from diffrendergan.runs.reporter import Reporter
from diffrendergan.runs.seal import SEAL, broken, seal_files
from diffrendergan.runs.words import plural

TABLE_ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True)
class WatchSettings:
    """What the user chose."""

    pattern: str | None = None
    """Names of scans with `{sample}` in place of the sample's; None: each folder is a sample."""
    reference: str | None = None
    """The sample that the others are compared with; None: all pairs, or with the first."""
    every_s: float = 10.0
    """Between two looks at the folder [s]."""
    settle_s: float = 10.0
    """A file that has not changed for so long is whole [s]."""
    once: bool = False
    """Measure what is there, and end."""


@dataclass
class Waiting:
    """How time passes; tests have their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def check_watched(folder: Path, chosen: WatchSettings) -> None:
    """Refuse a folder that is not there, and a pattern of names that is none.

    Raises
    ------
    DataError
    ConfigError
    """
    if not folder.is_dir():
        raise DataError(f"the folder {folder} does not exist; name the folder that scans arrive in.")
    grouping(chosen.pattern)


def watch_folder(
    folder: Path,
    segmenter: ScanSegmenter,
    settings: QuantifySettings,
    out: Path,
    reporter: Reporter,
    trained: Sequence[dict[str, float]] = (),
    chosen: WatchSettings | None = None,
    waiting: Waiting | None = None,
) -> Overview:
    """Measure the scans of a folder, and of the folders in it, as they arrive.

    What was measured before is kept. Without `once` it goes on until it is interrupted.

    Parameters
    ----------
    folder : Path
        May be on a network drive.
    segmenter : ScanSegmenter
        Finds the particles.
    settings : QuantifySettings
        How each scan is measured.
    out : Path
        Folder for the results.
    reporter : Reporter
        Shows progress.
    trained : sequence of dict
        Figures of the network's training scans (`watch.trained`).
    chosen : WatchSettings, optional
    waiting : Waiting, optional

    Raises
    ------
    DataError
        If the folder is not there at the start.
    RunFolderError
        If `out` holds something else, is in use, or cannot be written.
    """
    chosen, waiting = chosen or WatchSettings(), waiting or Waiting()
    check_watched(folder, chosen)
    pattern = grouping(chosen.pattern)
    with _opened(out, folder):
        arrivals = Arrivals(folder, chosen.settle_s, out, waiting.clock)
        bench = _Bench(folder, segmenter, settings, out, reporter)
        shelf, said = Shelf(out), set[str]()
        seen: Overview | None = None
        arrivals.look()
        while True:
            waiting.sleep(chosen.settle_s if chosen.once else min(chosen.every_s, chosen.settle_s))
            whole = arrivals.look()
            new = {path: stamp for path, stamp in whole.items() if not bench.ledger.knows(bench.named(path), stamp)}
            if new:
                bench.measure(new, {path: sample_of(path, folder, pattern) for path in new})
            arriving = [path.name for path in arrivals.arriving]
            if new or seen is None:
                entries = bench.ledger.entries.values()
                scans = [scan for entry in entries if (scan := shelf.take(entry)) is not None]
                failed = [entry for entry in entries if entry.failure]
                seen = overview(scans, failed, trained, chosen.reference, settings.bootstrap, seen, segmenter.doubts)
                write_tables_of(out, seen)
                write_page(out, seen, arriving, not chosen.once)
                # What goes on growing has checksums of its own.
                seal_files(out, [PAGE, *sorted(path.name for path in out.iterdir() if path.suffix in TABLE_ENDINGS)])
            warned = (*(doubt.removesuffix(".") for doubt in seen.doubts), *seen.drifts)
            _tell([*arrivals.troubles, *(f"warning: {sentence}." for sentence in warned)], said, reporter)
            if chosen.once:
                for name in arriving:
                    reporter.note(f"{name} is still being written, and left out.")
                return seen


def _tell(sentences: Sequence[str], said: set[str], reporter: Reporter) -> None:
    """Say what was not said before; what is over is said again when it comes back."""
    for sentence in sentences:
        if sentence not in said:
            reporter.note(sentence)
    said.clear()
    said |= set(sentences)


class _Bench:
    """Measures scans one after the other, each sample in a folder of its own."""

    def __init__(
        self, folder: Path, segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, reporter: Reporter
    ) -> None:
        self.ledger = Ledger(out)
        self._folder, self._out = folder, out
        self._segmenter, self._settings, self._reporter = segmenter, settings, reporter
        self._figures: dict[str, float] = {}
        if self.ledger.changed:
            several = plural(self.ledger.changed, "line", "lines")
            reporter.note(f"warning: {several} of {out / LEDGER} changed since; these files are measured as new ones.")
        for sample in dict.fromkeys(entry.sample for entry in self.ledger.entries.values()):
            place = out / "samples" / sample
            refuse_changed(place)
            if not (place / SEAL).is_file() or broken(place, whole=False):  # ended before all was written, or removed
                self.ledger.doubt(sample)

    def named(self, path: Path) -> str:
        """Return a file's name in the ledger."""
        return path.relative_to(self._folder).as_posix()

    def measure(self, new: Mapping[Path, Stamp], samples: Mapping[Path, str]) -> None:
        """Measure new files, and write each into the ledger as soon as it is done."""
        with observed(self._out, self._reporter, ["watch"]) as seen:
            for sample in dict.fromkeys(samples.values()):
                paths = [path for path in new if samples[path] == sample]
                segmenter = self._reader_of(sample, paths)
                settings = replace(self._settings, read=self._read_by(segmenter))
                out, shared = self._out / "samples" / sample, basis(segmenter, settings)
                with open_results(out, shared, settings):
                    for path in seen.track(paths, f"Measuring {sample}"):
                        seen.say(f"{sample}: {path.name}")
                        outcome = self._one(path, sample, segmenter, settings, out, shared)
                        if outcome.note:
                            seen.note(f"warning: {outcome.note}")
                        self.ledger.add(self._entry(path, new[path], sample, outcome, out))

    def _one(
        self, path: Path, sample: str, segmenter: ScanSegmenter, settings: QuantifySettings, out: Path, shared: Any
    ) -> Outcome:
        name, file = scan_name(path), self.named(path)
        self._figures = {}
        for entry in self.ledger.entries.values():
            if (entry.sample, entry.scan) == (sample, name) and entry.file != file and not entry.failure:
                why = f"{entry.file} of the same sample has the same name; rename one"
                return Outcome(name, None, None, failure=why, note=f"{file} is passed over: {why}")
        outcome = outcome_of(path, segmenter, settings, out, shared)
        if outcome.record is not None and not self._figures and settings.read is not None:
            settings.read(path)  # its results were there before: it was measured, and no line written
        return outcome

    def _entry(self, path: Path, stamp: Stamp, sample: str, outcome: Outcome, out: Path) -> Entry:
        record, figures = outcome.record, dict(self._figures)
        if record is not None:
            (sure,) = read_columns(out, record, ("confidence",))
            sure = sure.astype(float)
            if np.isfinite(sure).any():
                figures["surety"] = round(float(np.nanmean(sure)), 5)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return Entry(self.named(path), sample, outcome.name, *stamp, now, figures, outcome.failure)

    def _read_by(self, segmenter: ScanSegmenter) -> Callable[[Path], Micrograph]:
        def read(path: Path) -> Micrograph:
            scan = read_for(path, segmenter, self._settings)
            self._figures = instrument_of(scan)
            return scan

        return read

    def _reader_of(self, sample: str, paths: Sequence[Path]) -> ScanSegmenter:
        """Return the segmenter with the range of grey values that the first scans of a sample settled."""
        state = read_state(self._out)
        if sample not in state.stretches:
            settled, said = fitted(self._segmenter, paths, self._settings)
            for line in said:
                self._reporter.note(f"{sample}: {line}")
            state = state.with_stretch(sample, settled.rules.stretch)
            write_state(self._out, state)
        stretch = state.stretch(sample)
        same = stretch == self._segmenter.rules.stretch
        return self._segmenter if same else with_stretch(self._segmenter, stretch)


@contextmanager
def _opened(out: Path, folder: Path) -> Iterator[None]:
    """Make the folder of the results, or take up one that watched the same folder.

    Raises
    ------
    RunFolderError
        If it holds something else.
    """
    if out.is_dir() and not (out / STATE).is_file() and any(path.name != LOCK for path in out.iterdir()):
        raise RunFolderError(f"{out} holds files that are no results of `watch`; name another folder with --out.")
    with locked(out, "name another folder with --out"):
        if (out / STATE).is_file():
            before = read_state(out).folder
            if before != str(folder.resolve()) and (out / LEDGER).is_file():
                raise RunFolderError(f"{out} holds what arrived in {before}; name another folder with --out.")
        else:
            write_state(out, WatchState(folder=str(folder.resolve()), stretches={}))
        yield
