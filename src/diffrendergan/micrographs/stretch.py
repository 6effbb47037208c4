"""The range of a file's numbers that becomes grey values from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stretch:
    """Values `low` and `high` of the file become 0 and 1, the same for a whole project."""

    low: float
    high: float
    kinds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The same two values of scans of another kind of numbers (`number_kinds.kind_of`); without a range of their own,
    those of 8 bits stay at 0 and 255."""

    def ends(self, kind: str) -> tuple[float, float]:
        """Return the values that become 0 and 1 in scans of a kind of numbers other than 8 bits."""
        return self.kinds.get(kind, (self.low, self.high))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        values: dict[str, Any] = {"low": self.low, "high": self.high}
        return {**values, "kinds": {kind: list(ends) for kind, ends in self.kinds.items()}} if self.kinds else values

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Stretch | None:
        """Return the stretch that `to_json` described, or None."""
        if value is None:
            return None
        kinds = {kind: (float(low), float(high)) for kind, (low, high) in value.get("kinds", {}).items()}
        return cls(float(value["low"]), float(value["high"]), kinds)
