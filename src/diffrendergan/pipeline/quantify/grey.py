"""How the scans of a folder are brought to the grey values that a segmenter needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from diffrendergan.errors import DataError
from diffrendergan.micrographs.common_range import measurable_stretch
from diffrendergan.micrographs.grey_range import fitting_stretch
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import open_scan
from diffrendergan.micrographs.types import RawScan
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanSegmenter
from diffrendergan.runs.reporter import Reporter


def fitted(
    segmenter: ScanSegmenter, paths: Sequence[Path], settings: QuantifySettings, reporter: Reporter
) -> ScanSegmenter:
    """Return the segmenter with the range of grey values that holds for all scans of a folder.

    Parameters
    ----------
    segmenter : ScanSegmenter
    paths : sequence of Path
        All scans; those that cannot be read are passed over here, and fail later.
    settings : QuantifySettings
    reporter : Reporter
        Is told what was done, if anything was.

    Where the settings say how a scan is read, nothing is left to choose.
    """
    if settings.read is not None:  # how the scans are read is settled
        return segmenter
    rules = reading_rules(segmenter, settings)
    raws = _opened(paths, rules)
    if segmenter.grey is None:
        stretch, said = measurable_stretch(raws) if segmenter.stretch is None else (segmenter.stretch, ())
    else:
        stretch, said = fitting_stretch(raws, segmenter.grey)
    for line in said:
        reporter.note(line)
    if stretch == segmenter.stretch:
        return segmenter
    known: Any = segmenter  # a dataclass, as all that can be given another range are
    changed: ScanSegmenter = replace(known, stretch=stretch)
    return changed


def reading_rules(segmenter: ScanSegmenter, settings: QuantifySettings) -> ReadingRules:
    """Return how scans are read for a segmenter; their pixel sizes are judged apart."""
    bar = segmenter.data_bar if settings.data_bar is None else settings.data_bar
    series = segmenter.series if settings.series is None else settings.series
    channel = segmenter.channel if settings.channel is None else settings.channel
    return ReadingRules(data_bar=bar, stretch=segmenter.stretch, series=series, channel=channel)


def _opened(paths: Sequence[Path], rules: ReadingRules) -> Iterator[RawScan]:
    for path in paths:
        try:
            yield open_scan(path, rules)
        except (DataError, OSError, MemoryError):
            continue
