"""Times in words."""

from __future__ import annotations

_HOUR, _DAY, _MONTH, _YEAR = 3600.0, 86400.0, 2.63e6, 3.156e7


def duration(seconds: float) -> str:
    """Return ``7.3 s``, ``4 min 05 s`` or ``2 h 11 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def rough_duration(seconds: float) -> str:
    """Return ``about 30 hours``, ``about 9 days``, ``about 8 months`` or ``about 4 years``, for an estimate."""
    for unit, name in ((_YEAR, "years"), (_MONTH, "months"), (_DAY, "days")):
        if seconds >= 2 * unit:
            return f"about {seconds / unit:.0f} {name}"
    hours = max(1, round(seconds / _HOUR))
    return f"about {hours} hour{'s' if hours > 1 else ''}"
