"""Earlier results are not given up for an option with which no scan can be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from diffrendergan.errors import DataError
from diffrendergan.pipeline.quantify.records import MARKER
from diffrendergan.pipeline.quantify.scan import read_for
from diffrendergan.pipeline.quantify.settings import QuantifySettings, ScanReader


def refuse_unreadable(paths: Sequence[Path], reader: ScanReader, settings: QuantifySettings, out: Path) -> None:
    """Refuse a data bar, series or channel that no scan has, where there are results that would be lost.

    Parameters
    ----------
    paths : sequence of Path
        The scans; they are tried until one can be read.
    reader : ScanReader
    settings : QuantifySettings
    out : Path
        The folder of the results.

    Raises
    ------
    DataError
        Why the first cannot be read.
    """
    asked = (settings.data_bar, settings.series, settings.channel)
    if all(one is None for one in asked) or not (out / MARKER).is_file():
        return
    why = ""
    for path in paths:
        try:
            read_for(path, reader, settings)
        except (DataError, OSError) as error:
            why = why or str(error)
        else:
            return
    raise DataError(f"{why.rstrip('. ')}. No scan can be read like that; the results in {out} are left as they were.")
