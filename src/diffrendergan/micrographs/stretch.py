"""The range of a file's numbers that becomes grey values from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stretch:
    """Values `low` and `high` of the file become 0 and 1, the same for a whole project."""

    low: float
    high: float
    eight_bit: tuple[float, float] | None = None
    """The same two values of 8-bit scans, where a network knows deeper scans alone; None leaves those at 0 and 255."""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        values: dict[str, Any] = {"low": self.low, "high": self.high}
        return values if self.eight_bit is None else {**values, "eight_bit": list(self.eight_bit)}

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Stretch | None:
        """Return the stretch that `to_json` described, or None."""
        if value is None:
            return None
        eight = value.get("eight_bit")
        return cls(float(value["low"]), float(value["high"]), eight and (float(eight[0]), float(eight[1])))
