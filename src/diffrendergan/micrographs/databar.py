"""The strip of text that microscopes burn into the bottom, or the top, of a scan.

A data bar is a flat strip over the whole width: nearly all its pixels have one and the
same value, but for text and scale bar, and it begins at a sharp edge. A micrograph has noise, and
what lies at its bottom continues upwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.micrographs.percentiles import percentiles
from diffrendergan.micrographs.types import FloatImage, RawScan

TOLERANCE = 5
"""Levels of 255 within which a pixel counts as the ground of the bar (JPEG rings around text)."""
LARGEST_FRACTION = 0.25
"""A data bar takes at most this fraction of the rows."""
SMALLEST_ROWS = 10
TEXT_ROW_GROUND = 0.3
"""Rows of a bar show at least this fraction of its ground between text and scale bar."""
RULE_ROWS = 4
"""Rows that a ruled line may take at the top of a bar."""
FRAME_PART = 12
"""Rules and frames without ground may interrupt a bar over one in so many of the rows looked at."""
CLEAN_GROUND = 0.93
"""The first rows of a bar, above its text, are ground over at least this fraction."""
IMAGE_GROUND = 0.4
"""Rows of the micrograph right above a bar have at most this fraction of its ground value."""
WHOLE_GROUND = 0.6
"""A whole bar is ground over at least this fraction."""
INK = 0.15
"""Text differs from the ground of its bar by at least this fraction of the range of the scan."""
NOISE_FREE = 0.85
"""Fraction of neighbouring ground pixels that are equal: a detector is never that quiet."""


def data_bar_rows(raw: RawScan) -> int:
    """Return the rows of the data bar of a scan: from its metadata, or detected."""
    return raw.metadata_bar_rows if raw.metadata_bar_rows is not None else _detected(raw.values)


def top_bar_rows(raw: RawScan) -> int:
    """Return the rows of a data bar at the top of a scan, 0 if there is none."""
    rows = _detected(raw.values[::-1])
    # Without text it is a frame; lossy compression leaves rings in it.
    ink = np.abs(raw.values[:rows].astype(np.float64) - float(raw.values[0, 0])) > INK * np.ptp(raw.values)
    return rows if ink.any() else 0


def _detected(values: NDArray[np.generic]) -> int:
    """Return the rows of the data bar at the bottom of the numbers of a file, 0 if there is none.

    Scans of more than 8 bits are judged on the range that the rows above use: the text of a bar may be at full scale
    over a micrograph of a few per cent of it.
    """
    low, high = 0.0, 255.0
    if values.dtype != np.uint8:
        above = values[: max(1, int((1 - LARGEST_FRACTION) * len(values)))]
        low, high = (float(end) for end in percentiles(above, [0.5, 99.5]))
    numbers = values[_looked_at(len(values))].astype(np.float32)
    return _bar_of(np.clip((numbers - low) / max(high - low, 1e-12), 0, 1).astype(np.float32), len(values))


def detect_data_bar(pixels: FloatImage) -> int:
    """Return the rows of the data bar at the bottom, 0 if there is none.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Grey values in [0, 1], data bar included.

    Returns
    -------
    int
        Rows to crop [px].
    """
    return _bar_of(np.asarray(pixels)[_looked_at(len(pixels))], len(pixels))


def _looked_at(height: int) -> slice:
    """Return the rows of an image in which a bar and what is right above it lie."""
    return slice(max(0, height - int(LARGEST_FRACTION * height) - RULE_ROWS - 1), height)


def _bar_of(pixels: FloatImage, height: int) -> int:
    """Return the rows of the data bar at the bottom of the rows that are looked at; the image has `height` of them."""
    reach = int(LARGEST_FRACTION * height)
    if reach < SMALLEST_ROWS:
        return 0
    bottom = np.round(pixels * 255).astype(np.int16)
    # A frame may close the bar at the bottom, so that its last rows alone may not show the ground.
    counts = np.bincount(bottom[-max(SMALLEST_ROWS, height // 20) :].ravel().clip(0, 255), minlength=256)
    candidates = [int(ground) for ground in np.argsort(counts, kind="stable")[-2:]]
    return max(_bar_rows(bottom, ground, reach) for ground in candidates)


def _bar_rows(bottom: NDArray[np.int16], ground: int, reach: int) -> int:
    """Return the height of a bar of the given ground value, or 0 if the strip is not one."""
    is_ground = np.abs(bottom - ground) <= TOLERANCE
    share = is_ground.mean(axis=1)
    rows = _connected_rows(share)
    if not SMALLEST_ROWS <= rows <= reach:
        return 0
    top = len(share) - rows
    sharp = share[top : top + 2].mean() >= CLEAN_GROUND and share[top - RULE_ROWS : top].max() <= IMAGE_GROUND
    if not sharp or share[top:].mean() < WHOLE_GROUND:
        return 0
    if not _is_noise_free(bottom[top:], is_ground[top:]):
        return 0
    return rows + _ruled_rows(bottom[top - RULE_ROWS : top])


def _connected_rows(share: NDArray[np.float64]) -> int:
    """Count the rows from the bottom up that belong to the bar, across ruled lines."""
    rows, gap = 0, 0
    for distance, value in enumerate(share[::-1], start=1):
        if value >= TEXT_ROW_GROUND:
            # A row of text counts only if clean ground follows; the top of a bar is never a row of text.
            rows, gap = (distance if value > IMAGE_GROUND else rows), 0
        else:
            gap += 1
            if gap > max(RULE_ROWS, len(share) // FRAME_PART):
                break
    return rows


def _ruled_rows(above: NDArray[np.int16]) -> int:
    """Count the rows of a ruled line that closes the bar at its top."""
    rows = 0
    for row in above[::-1]:
        drawn = np.mean(row[1:] == row[:-1]) >= CLEAN_GROUND
        if not drawn or np.mean(np.abs(row - np.median(row)) <= TOLERANCE) < CLEAN_GROUND:
            break
        rows += 1
    return rows if rows < len(above) else 0


def _is_noise_free(strip: NDArray[np.int16], is_ground: NDArray[np.bool_]) -> bool:
    """Tell whether the ground is drawn, not measured."""
    both = is_ground[:, 1:] & is_ground[:, :-1]
    if not both.any():
        return False
    return float((strip[:, 1:] == strip[:, :-1])[both].mean()) >= NOISE_FREE
