"""Numbers and times in words, as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence

_HOUR, _DAY, _MONTH, _YEAR = 3600.0, 86400.0, 2.63e6, 3.156e7
"""Seconds."""


def duration(seconds: float) -> str:
    """Return a time as two units at most, e.g. ``0.4 s``, ``12 s``, ``3 min 5 s``, ``1 h 7 min``."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(seconds / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def rough_duration(seconds: float) -> str:
    """Return ``about 30 hours``, ``about 9 days``, ``about 8 months`` or ``about 4 years``, for an estimate."""
    for unit, name in ((_YEAR, "years"), (_MONTH, "months"), (_DAY, "days")):
        if seconds >= 2 * unit:
            return f"about {seconds / unit:.0f} {name}"
    return f"about {plural(max(1, round(seconds / _HOUR)), 'hour')}"


def score(value: float | None) -> str:
    """Return a score in [0, 1] with three decimals as papers print it, e.g. ``.916``; a dash if there is none."""
    if value is None or math.isnan(value):
        return "–"
    text = f"{value:.3f}"
    return text[1:] if text.startswith("0.") else text


def number(value: float) -> str:
    """Return a number with three significant digits, without an exponent where that is short."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def plural(count: int, singular: str, several: str | None = None) -> str:
    """Return a count with its noun, e.g. ``1 scan``, ``1,000 scans``."""
    return f"{count:,} {singular if count == 1 else several or singular + 's'}"


def listing(items: Sequence[str]) -> str:
    """Join words with commas and a final *and*."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def percent(share: float) -> str:
    """Return a share in per cent, with a decimal where it is small, e.g. ``31 %``, ``2.4 %``."""
    return f"{100 * share:.{0 if share >= 0.0995 or share == 0 else 1}f} %"
