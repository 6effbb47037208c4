"""Scans and what was found in them, in a few words."""

from __future__ import annotations

from pathlib import Path

from diffrendergan.quantification.results import read_record
from diffrendergan.studio.views import View


def scan_words(view: View, given_nm: float | None) -> str:
    """Return size, pixel size and data bar of a scan."""
    if view.failure:
        return ""
    size = view.pixel_size_nm if given_nm is None else given_nm
    words = [f"{view.width} × {view.height} px", "pixel size unknown" if size is None else f"{size:.4g} nm/px"]
    if view.data_bar_rows:
        words.append(f"data bar {view.data_bar_rows} px")
    return " · ".join(words)


def count_words(results: Path, name: str) -> str:
    """Return number and median size of the particles of a scan, as `quantify` found them; empty before it has."""
    record = read_record(results, name)
    if record is None:
        return ""
    count, median = int(record.row["number"]), record.row[f"d50_{record.unit}"]
    if not count:
        return "no particle"
    words = f"{count} particle{'s' if count > 1 else ''}"
    return words if median is None else f"{words}, median {median:.3g} {record.unit}"


def changed_at(path: Path) -> int:
    """Return when a file was changed [ns]; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
