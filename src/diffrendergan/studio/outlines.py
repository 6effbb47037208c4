"""Outlines and numbers of particles, as the viewer reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.labels.outlines import outlines

TEXTS = ("scan",)
"""Columns that are not shown."""


def document(labels: NDArray[np.int32], table: Mapping[str, Sequence[Any]], unit: str) -> dict[str, Any]:
    """Return the particles of a label image as plain values.

    Parameters
    ----------
    labels : int32 (H, W)
        0 ground, particles above.
    table : mapping
        Columns of the particle table.
    unit : str
        nm or px.

    Returns
    -------
    dict
        ``unit``, ``columns``, and ``particles``: of each ``l`` its label, ``d`` diameter, ``c`` confidence or None,
        ``b`` whether the border cuts it, ``o`` its outline as x, y, x, y, … [px], ``r`` the numbers of all columns.
    """
    columns = [name for name in table if name not in TEXTS]
    rows = {label: index for index, label in enumerate(table["label"])}
    size = table[f"diameter_{unit}"]
    particles = [
        {
            "l": int(label),
            "d": float(size[rows[label]]),
            "c": _plain(table["confidence"][rows[label]]),
            "b": bool(table["touches_border"][rows[label]]),
            "o": np.asarray(corners).ravel().tolist(),
            "r": [_plain(table[name][rows[label]]) for name in columns],
        }
        for label, corners in outlines(labels)
        if label in rows
    ]
    return {"unit": unit, "columns": columns, "particles": particles}


def _plain(value: Any) -> Any:
    """Return a number of few digits, for the page; None for what is no number."""
    if isinstance(value, float):
        return None if not np.isfinite(value) else float(f"{value:.5g}")
    return value


def bins_of(diameters: NDArray[np.float64], most: int = 40) -> NDArray[np.float64]:
    """Return edges of bins of equal width at round numbers, near those of Freedman and Diaconis, at most so many."""
    if not len(diameters):
        return np.linspace(0, 1, 9)
    low, high = float(diameters.min()), float(diameters.max())
    if high <= low:
        return np.asarray(np.histogram_bin_edges(diameters, 8))
    bins = np.clip(len(np.histogram_bin_edges(diameters, "fd")) - 1, 8, most - 2)
    width = round_length((high - low) / bins)
    return np.asarray(width * np.arange(np.floor(low / width), np.floor(high / width) + 2))


def round_length(length: float) -> float:
    """Return the nearest of 1, 2, 2.5, 5 and 10 times a power of ten, by its ratio."""
    power = 10.0 ** np.floor(np.log10(length))
    return float(power * min((1, 2, 2.5, 5, 10), key=lambda step: abs(np.log(step * power / length))))
