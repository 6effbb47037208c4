"""How the scans of a folder are brought to the grey values that a segmenter needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from diffrendergan.errors import DataError
from diffrendergan.micrographs.common_range import measurable_stretch
from diffrendergan.micrographs.grey_range import fitting_stretch
from diffrendergan.micrographs.rules import ReadingRules
from diffrendergan.micrographs.scans import open_scan
from diffrendergan.micrographs.stretch import Stretch
from diffrendergan.micrographs.types import RawScan
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanReader

Reader = TypeVar("Reader", bound=ScanReader)


def fitted(reader: Reader, paths: Sequence[Path], settings: QuantifySettings) -> tuple[Reader, tuple[str, ...]]:
    """Return a reader with the range of grey values that holds for all scans of a folder, and what is to be said.

    Parameters
    ----------
    reader : ScanReader
        A segmenter, or only how its scans are read.
    paths : sequence of Path
        All scans; those that cannot be read are passed over here, and fail later.
    settings : QuantifySettings

    Where the settings say how a scan is read, nothing is left to choose.
    """
    if settings.read is not None:  # how the scans are read is settled
        return reader, ()
    rules = reading_rules(reader, settings)
    raws = _opened(paths, rules)
    stretch, said = range_for(raws, reader)
    if stretch == reader.rules.stretch:
        return reader, said
    return with_stretch(reader, stretch), said


def range_for(raws: Iterable[RawScan], reader: ScanReader) -> tuple[Stretch | None, tuple[str, ...]]:
    """Return the range of grey values that holds for scans, and what is to be said of it, a sentence each."""
    if reader.grey is not None:
        return fitting_stretch(raws, reader.grey)
    known = reader.rules.stretch
    return measurable_stretch(raws) if known is None else (known, ())


def with_stretch(reader: Reader, stretch: Stretch | None) -> Reader:
    """Return a reader with another range of grey values."""
    known: Any = reader  # a dataclass, as all that can be given another range are
    changed: Reader = replace(known, rules=replace(reader.rules, stretch=stretch))
    return changed


def reading_rules(reader: ScanReader, settings: QuantifySettings) -> ReadingRules:
    """Return how scans are read for a segmenter; their pixel sizes are judged apart."""
    heights = reader.rules.heights.model_copy(update=_chosen(settings, "nm_per_number", "tip_radius_nm"))
    chosen = _chosen(settings, "data_bar", "series", "channel")
    return replace(reader.rules, pixel_size_nm="auto", heights=heights, **chosen)


def _chosen(settings: QuantifySettings, *names: str) -> dict[str, Any]:
    """Return what the user chose of the settings of these names."""
    return {name: value for name in names if (value := getattr(settings, name)) is not None}


def _opened(paths: Sequence[Path], rules: ReadingRules) -> Iterator[RawScan]:
    for path in paths:
        try:
            yield open_scan(path, rules)
        except (DataError, OSError, MemoryError):
            continue
