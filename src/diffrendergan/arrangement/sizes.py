"""Sizes of particles, drawn from a distribution or from a list of measured ones."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.arrangement import (
    BimodalSize,
    EmpiricalSize,
    LognormalSize,
    MixtureSize,
    NormalSize,
    Size,
    UniformSize,
)
from diffrendergan.errors import DataError, PlacementError

MAX_REDRAWS = 100


def draw_sizes(
    size: Size, count: int, rng: np.random.Generator, measured: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Draw positive sizes.

    Parameters
    ----------
    size
        The distribution; draws that are not positive finite numbers are redrawn.
    count
    rng
    measured : float64 (k,), optional
        What `read_sizes` returned for an empirical distribution; read anew without it.

    Returns
    -------
    float64 (count,)

    Raises
    ------
    PlacementError
        If some draws are still not positive after MAX_REDRAWS rounds.
    DataError
        If measured sizes cannot be read.

    Notes
    -----
    Source: METHOD §3.
    """
    if isinstance(size, EmpiricalSize):
        return rng.choice(read_sizes(size) if measured is None else measured, count)
    sizes = _draw(size, count, rng)
    for _ in range(MAX_REDRAWS):
        wrong = ~(np.isfinite(sizes) & (sizes > 0))
        if not wrong.any():
            return sizes
        sizes[wrong] = _draw(size, int(wrong.sum()), rng)
    raise PlacementError(
        f"arrangement.size ({size.distribution}) still gave {int(wrong.sum())} of {count} sizes that are not positive "
        f"after {MAX_REDRAWS} redraws; lower its sigma or raise its mean."
    )


def read_sizes(size: EmpiricalSize) -> NDArray[np.float64]:
    """Read measured sizes from a CSV file, with or without a heading.

    Returns
    -------
    float64 (k,)
        At least one, all positive.

    Raises
    ------
    DataError
        If the file cannot be read, has no such column, or holds something else than positive numbers.
    """
    rows = _rows(size.file)
    heading = [] if _is_number(rows[0][0]) else [cell.strip() for cell in rows[0]]
    width = len(rows[0])
    column = _column(size, heading, width)
    body = rows[1:] if heading else rows
    values: list[float] = []
    for number, row in enumerate(body, 2 if heading else 1):
        if len(row) != width:
            raise DataError(
                f"{size.file}, row {number}: it has {len(row)} cells where the first row has {width}; write decimals "
                "with a point, and quote what holds a comma."
            )
        text = row[column].strip()
        if not _is_number(text) or not 0 < float(text) < np.inf:
            raise DataError(f"{size.file}, row {number}: {text!r} is no positive number; correct the row or remove it.")
        values.append(float(text))
    if not values:
        raise DataError(f"{size.file} lists no sizes; give a row for each measured particle.")
    return np.array(values)


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(
            f"`arrangement.size.file` {path} cannot be read ({error.strerror or error}); correct the path."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"`arrangement.size.file` {path} is no text file; give a CSV with a size per row.") from error
    semicolons = ";" in text.splitlines()[0] if text.strip() else False
    rows = [row for row in csv.reader(text.splitlines(), delimiter=";" if semicolons else ",") if any(row)]
    if not rows:
        raise DataError(f"`arrangement.size.file` {path} is empty; give a CSV with a size per row.")
    return rows


def _column(size: EmpiricalSize, heading: list[str], width: int) -> int:
    if size.column is None:
        if width == 1:
            return 0
        known = f"; its columns are {', '.join(heading)}" if heading else ""
        raise DataError(
            f"{size.file} has {width} columns; name one in `arrangement.size.column`, and give it a heading{known}."
        )
    if size.column not in heading:
        found = f"its columns are {', '.join(heading)}" if heading else "it has no heading"
        raise DataError(f"{size.file} has no column {size.column!r} ({found}); correct `arrangement.size.column`.")
    return heading.index(size.column)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _draw(size: Size, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(size, NormalSize):
        return rng.normal(size.mean, size.sigma, count)
    if isinstance(size, LognormalSize):
        with np.errstate(over="ignore"):
            return np.exp(rng.normal(size.mu, size.sigma, count))
    if isinstance(size, UniformSize):
        return rng.uniform(size.low, size.high, count)
    if isinstance(size, MixtureSize):
        return _draw_mixture(size, count, rng)
    assert isinstance(size, BimodalSize)
    second = rng.random(count) < size.p
    return rng.normal(np.where(second, size.mean2, size.mean1), np.where(second, size.sigma2, size.sigma1))


def _draw_mixture(size: MixtureSize, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    weights = np.array([mode.weight for mode in size.modes])
    chosen = rng.choice(len(size.modes), count, p=weights / weights.sum())
    mean = np.array([mode.mean for mode in size.modes])[chosen]
    sigma = np.array([mode.sigma for mode in size.modes])[chosen]
    logarithmic = np.array([mode.kind == "lognormal" for mode in size.modes])[chosen]
    standard = rng.standard_normal(count)
    with np.errstate(over="ignore"):
        return np.where(logarithmic, mean * np.exp(np.where(logarithmic, sigma, 0) * standard), mean + sigma * standard)
