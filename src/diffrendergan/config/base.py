"""What all configuration models share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MOST = 10**9
"""No number of things is larger: what needs more is a mistake, and would fill the memory."""
MOST_SEED = 2**63 - 1


class Section(BaseModel):
    """A frozen section of the configuration; unknown keys are refused, and numbers that are none."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class _NoResult:
    """The type of `NO_RESULT`."""

    def __repr__(self) -> str:
        return "NO_RESULT"


NO_RESULT = _NoResult()
"""Marks a field, as ``Annotated[..., NO_RESULT]``, that changes no result: no stage starts anew when it changes."""


class Learned(Section):
    """A parameter that the generator learns, within a closed range."""

    learn: tuple[float, float]
    """Lowest and highest value the generator may give."""

    @model_validator(mode="after")
    def _ordered(self) -> Learned:
        low, high = self.learn
        if not low < high:
            raise ValueError(f"the range must rise, got [{low}, {high}]")
        return self


Parameter = float | Learned
"""A fixed number, or ``{learn: [low, high]}``."""


def _not_negative(value: float | Learned) -> float | Learned:
    low = value.learn[0] if isinstance(value, Learned) else value
    if low < 0:
        raise ValueError(f"it cannot be negative, got {low:g}")
    return value


NonNegativeParameter = Annotated[Parameter, AfterValidator(_not_negative)]
"""A parameter of which no value is below zero."""


def _above_zero(value: float | Learned) -> float | Learned:
    low = value.learn[0] if isinstance(value, Learned) else value
    if low <= 0:
        raise ValueError(f"it must be above zero, got {low:g}")
    return value


PositiveParameter = Annotated[Parameter, AfterValidator(_above_zero)]
"""A parameter of which all values are above zero."""


def _unit(value: float | Learned) -> float | Learned:
    low, high = value.learn if isinstance(value, Learned) else (value, value)
    if low < 0 or high > 1:
        found = f"[{low:g}, {high:g}]" if isinstance(value, Learned) else f"{value:g}"
        raise ValueError(f"it lies between 0 and 1, got {found}")
    return value


UnitParameter = Annotated[Parameter, AfterValidator(_unit)]
"""A parameter whose values lie between 0 and 1."""


@dataclass(frozen=True)
class DefaultTag:
    """Tells which of several kinds a section is, where the usual kind need not be named.

    Attributes
    ----------
    key : str
        The key that names the kind.
    usual : str
        The kind of a section without that key.
    """

    key: str
    usual: str

    @property
    def __name__(self) -> str:
        """The name by which pydantic calls it."""
        return self.key

    def __call__(self, value: Any) -> Any:
        """Return the kind of a section, given as values or as a model."""
        return value.get(self.key, self.usual) if isinstance(value, Mapping) else getattr(value, self.key, None)


def fixed_at(value: Parameter, number: float) -> bool:
    """Tell whether a parameter is not learned and has the given value."""
    return not isinstance(value, Learned) and value == number


def rising(value: tuple[float, float]) -> tuple[float, float]:
    """Refuse a range whose first number is the larger one."""
    if value[0] > value[1]:
        raise ValueError(f"the range must not fall, got [{value[0]:g}, {value[1]:g}]")
    return value


def _different(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"each number may stand there once, got {list(values)}")
    return values


Different = AfterValidator(_different)
"""Of a list whose numbers all differ."""

Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=MOST)]
CountOrNone = Annotated[int, Field(ge=0, le=MOST)]
"""A number of things, of which there may be none."""

Size = Annotated[int, Field(ge=1, le=4096)]
"""A number that memory grows with: of images at once, of channels."""
PatchSize = Annotated[int, Field(ge=32, le=4096)]
"""Edge of a patch [px]."""
Samples = Annotated[int, Field(ge=1, le=10**6)]
"""Rays or directions of a pixel."""
