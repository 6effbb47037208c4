"""One distribution of sizes in place of another, about as large and as wide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

USUAL: Final = (1.0, 0.2)
"""Middle and relative spread where the former distribution tells none, as a table: those of `arrangement.size`."""
WIDEST: Final = 0.5
"""Relative spread of evenly spread sizes, at most: their smallest stays above zero."""


def as_kind(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return a distribution of another kind.

    Parameters
    ----------
    value : mapping
        A distribution of sizes, as in the project file.
    kind : str
        ``normal``, ``lognormal``, ``bimodal``, ``uniform``, ``mixture`` or ``empirical``.
    """
    middle, spread = middle_and_spread(value)
    wide = math.sqrt(3) * min(spread, WIDEST)
    made: dict[str, dict[str, Any]] = {
        "normal": {"mean": middle, "sigma": spread * middle},
        "lognormal": {"mu": math.log(middle), "sigma": spread},
        "bimodal": {
            "mean1": middle, "sigma1": spread * middle, "mean2": middle / 2, "sigma2": spread * middle / 2, "p": 0.3,
        },
        "uniform": {"low": middle * (1 - wide), "high": middle * (1 + wide)},
        "mixture": {
            "modes": [
                {"weight": weight, "kind": "lognormal", "mean": _short(mean), "sigma": _short(spread)}
                for weight, mean in ((0.7, middle), (0.3, middle / 2))
            ]
        },
        "empirical": {},
    }  # fmt: skip
    numbers = {key: _short(number) if isinstance(number, float) else number for key, number in made[kind].items()}
    return {"distribution": kind, **numbers}


def middle_and_spread(value: Mapping[str, Any]) -> tuple[float, float]:
    """Return where sizes lie, in their own unit, and their standard deviation over that.

    Parameters
    ----------
    value : mapping
        A distribution of sizes, as in the project file, whole or in part.
    """
    try:
        kind = value["distribution"]
        if kind == "normal":
            return value["mean"], value["sigma"] / value["mean"]
        if kind == "lognormal":
            return math.exp(value["mu"]), value["sigma"]
        if kind == "bimodal":
            return value["mean1"], value["sigma1"] / value["mean1"]
        if kind == "uniform":
            middle = (value["low"] + value["high"]) / 2
            return middle, (value["high"] - value["low"]) / (2 * math.sqrt(3) * middle)
        if kind == "mixture":
            part = max(value["modes"], key=lambda part: part["weight"])
            return part["mean"], part["sigma"] / (1 if part["kind"] == "lognormal" else part["mean"])
    except (KeyError, TypeError, ZeroDivisionError, OverflowError):
        pass
    return USUAL


def _short(number: float) -> float:
    return float(f"{number:.4g}")
