"""What calibration may change, as a vector, and a project with it changed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.rules import RULES
from diffrendergan.config.arrangement import (
    ArrangementConfig,
    BimodalSize,
    EmpiricalSize,
    LognormalSize,
    MixtureSize,
    NormalSize,
    Size,
    UniformSize,
)
from diffrendergan.config.project import Project
from diffrendergan.config.shapes import FilesShape

GROUPED = ("agglomerated", "chains", "fractal")
"""Placements that `arrangement.agglomerates` matters to."""


@dataclass(frozen=True)
class Change:
    """How an arrangement differs from the one that was configured.

    Attributes
    ----------
    size : float
        Factor on all sizes.
    spread : float
        Factor on the relative spread of sizes.
    number : float
        Mean number of particles.
    number_spread : float
        Half the width of the range of numbers, as a fraction of the mean; in [0, 0.95].
    limit : float
        Factor on `arrangement.limit`.
    agglomerates : float
        Most agglomerates.
    """

    size: float
    spread: float
    number: float
    number_spread: float
    limit: float
    agglomerates: float


def starting_change(project: Project) -> Change:
    """Return the change that leaves a project as it is (but for a spread of numbers where they were fixed)."""
    count = project.particles.count
    low, high = project.arrangement.number or (count, count)
    mean = (low + high) / 2
    return Change(1.0, 1.0, mean, min(max((high - low) / 2 / mean, 0.1), 0.95), 1.0, project.arrangement.agglomerates)


def to_vector(change: Change) -> NDArray[np.float64]:
    """Return a change as coordinates in which a step of 1 is large everywhere."""
    return np.array(
        [
            2 * math.log(change.size),
            math.log(change.spread),
            math.log(change.number),
            3 * change.number_spread,
            1.5 * math.log(change.limit),
            math.log(change.agglomerates),
        ]
    )


def from_vector(vector: NDArray[np.float64]) -> Change:
    """Return the change of coordinates, kept within bounds."""
    size, spread, number, number_spread, limit, agglomerates = vector
    return Change(
        size=math.exp(np.clip(size, -3, 3) / 2),
        spread=math.exp(np.clip(spread, -2, 1.5)),
        number=math.exp(np.clip(number, 0, math.log(RULES.most_particles))),
        number_spread=float(np.clip(number_spread / 3, 0, 0.95)),
        limit=math.exp(np.clip(limit, -2.5, 2.5) / 1.5),
        agglomerates=math.exp(np.clip(agglomerates, 0, math.log(40))),
    )


def changed(project: Project, change: Change) -> Project:
    """Return a project with its sizes, numbers and places changed; all else stays."""
    arrangement = project.arrangement
    most = project.particles.count if count_is_fixed(project) else RULES.most_particles
    mean = min(change.number, most)
    low = max(1, round(mean * (1 - change.number_spread)))
    high = max(low, min(most, round(mean * (1 + change.number_spread))))
    count = project.particles.count if count_is_fixed(project) else high
    values: dict[str, Any] = {
        "number": (low, high) if low < high or high < count else None,
        "limit": _rounded(arrangement.limit * change.limit),
    }
    if arrangement.placement in GROUPED:
        values["agglomerates"] = max(1, round(change.agglomerates))
    in_units = arrangement.size_in == "unit"
    # The unit follows the size, so that what the network reads stays near 1.
    values["unit"] = _rounded(arrangement.unit * change.size)
    values["size"] = resized(arrangement.size, 1.0 if in_units else change.size, change.spread)
    return project.model_copy(
        update={
            "particles": project.particles.model_copy(update={"count": count}),
            "arrangement": ArrangementConfig.model_validate({**arrangement.model_dump(), **_plain(values)}),
        }
    )


def count_is_fixed(project: Project) -> bool:
    """Tell whether something else refers to the meshes by number: listed files, groups, a generator made elsewhere."""
    shape = project.particles.shape
    listed = isinstance(shape, FilesShape) and bool(shape.files)
    return listed or bool(project.rendering.groups) or project.generator.folder is not None


def resized(size: Size, factor: float, spread: float) -> Size:
    """Return a distribution of sizes with all sizes and their relative spread multiplied; the middle stays in place."""
    if isinstance(size, LognormalSize):
        return LognormalSize(
            mu=_rounded(size.mu + math.log(factor), 4), sigma=_rounded(max(size.sigma, RULES.least_spread) * spread)
        )
    if isinstance(size, NormalSize):
        sigma = max(size.sigma, RULES.least_spread * size.mean)
        return NormalSize(mean=_rounded(size.mean * factor), sigma=_rounded(sigma * factor * spread))
    if isinstance(size, UniformSize):
        middle, half = (size.low + size.high) / 2, (size.high - size.low) / 2 * spread
        half = min(half, 0.95 * middle)
        return UniformSize(low=_rounded((middle - half) * factor), high=_rounded((middle + half) * factor))
    if isinstance(size, BimodalSize):
        numbers = {name: _rounded(getattr(size, name) * factor) for name in ("mean1", "mean2")}
        sigmas = {name: _rounded(getattr(size, name) * factor * spread) for name in ("sigma1", "sigma2")}
        return size.model_copy(update=numbers | sigmas)
    if isinstance(size, MixtureSize):
        modes = tuple(
            mode.model_copy(
                update={
                    "mean": _rounded(mode.mean * factor),
                    "sigma": _rounded(mode.sigma * spread * (factor if mode.kind == "normal" else 1.0)),
                }
            )
            for mode in size.modes
        )
        return size.model_copy(update={"modes": modes})
    assert isinstance(size, EmpiricalSize)
    return size


def without(change: Change, project: Project) -> Change:
    """Return a change without what has no effect on a project."""
    size = project.arrangement.size
    start = starting_change(project)
    if isinstance(size, EmpiricalSize):
        # Measured sizes stay as they are.
        change = replace(change, spread=1.0, size=change.size if project.arrangement.size_in == "unit" else 1.0)
    if project.arrangement.placement not in GROUPED:
        change = replace(change, agglomerates=start.agglomerates)
    return change


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value.model_dump() if hasattr(value, "model_dump") else value for key, value in values.items()}


def _rounded(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")
