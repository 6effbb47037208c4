"""Weights of images: sums of numbers times what parameters contribute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch

Values = Callable[[str], torch.Tensor]
"""Where a weight looks up a learned parameter by name: a tensor of shape (B,)."""

Form = Literal["p", "1-p", "p²", "cos p", "sin p"]
"""Angles are in degrees."""


@dataclass(frozen=True, order=True)
class Factor:
    """What a parameter contributes to a weight: p, 1 − p, p², cos p or sin p."""

    parameter: str
    form: Form = "p"

    def of(self, value: torch.Tensor | float) -> torch.Tensor | float:
        """Return the factor at a value of the parameter."""
        if self.form in ("cos p", "sin p"):
            library: Any = torch if isinstance(value, torch.Tensor) else math
            turned = library.cos if self.form == "cos p" else library.sin
            return cast("torch.Tensor | float", turned(value * (math.pi / 180)))
        return {"p": value, "1-p": 1 - value, "p²": value * value}[self.form]


Monomial = tuple[Factor, ...]
Polynomial = tuple[tuple[float, Monomial], ...]
"""A sum of numbers times products of factors."""


def evaluated(polynomial: Polynomial, values: Values, batch: int, device: torch.device | None) -> torch.Tensor:
    """Return the polynomial at the values, shape (B,)."""
    total = torch.zeros(batch, device=device)
    for number, monomial in polynomial:
        product = torch.full((batch,), number, device=device)
        for factor in monomial:
            product = product * factor.of(values(factor.parameter))
        total = total + product
    return total


def spelled(number: float, monomial: Monomial) -> str:
    """Return a term of a polynomial in words."""
    words = {"p": "{}", "1-p": "(1 − {})", "p²": "{}²", "cos p": "cos {}", "sin p": "sin {}"}
    text = "·".join(words[factor.form].format(factor.parameter) for factor in monomial)
    return (text if number == 1 else f"{number:.3g}·{text}") if text else f"{number:.3g}"
