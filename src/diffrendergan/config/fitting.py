"""Configuration of the fit of the look."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from diffrendergan.config.base import Count, Section


class FitConfig(Section):
    """The look fitted to the scans by their statistics, without an adversary (`docs/fit.md`)."""

    steps: Count = 160
    """Steps of the descent."""
    constellations: Annotated[int, Field(ge=8, le=10**5)] = 48
    """Arrangements that the descent draws."""
    patches: Annotated[int, Field(ge=8, le=10**5)] = 96
    """Most real patches that are measured."""
    spread: Annotated[float, Field(ge=0, le=4)] = 1.0
    """How wide parameters are drawn around the fit: 0 always its middle, 1 as they differ between the real patches,
    more to train on more than was seen."""
