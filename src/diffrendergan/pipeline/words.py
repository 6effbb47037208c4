"""Times in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return ``7.3 s``, ``4 min 05 s`` or ``2 h 11 min``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
