"""What is truly there, given what was found: the packaged posterior, and what it says of a set of scans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from diffrendergan.inference.coordinates import scaled, to_coordinates, to_quantities, unscaled
from diffrendergan.inference.forest import Forest
from diffrendergan.inference.rules import RULES
from diffrendergan.inference.statistics import Statistics
from diffrendergan.inference.truth import QUANTITIES
from diffrendergan.runs import seeds
from diffrendergan.runs.atomic import atomic_path
from diffrendergan.runs.json_text import parse_json

Values = NDArray[np.float64]

FILE = "posterior.safetensors"
FORMAT = 1
"""Of the file; a reader of another number refuses it."""
INTERVAL = 0.9
"""What an interval is stated to hold."""
ARRAYS = ("middle", "spread", "off", "widths", "precision", "prior")
TREES = ("asked", "thresholds", "others", "starts", "leaves", "shares")


@dataclass(frozen=True)
class Interval:
    """What one quantity is believed to be.

    Attributes
    ----------
    value : float
        The median of the posterior.
    low, high : float
        Between them the truth lies in nine of ten virtual sets.
    """

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return it in another unit, of which one of this takes `factor`."""
        return Interval(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True, eq=False)
class Belief:
    """What a set of scans truly shows, as far as can be told.

    Attributes
    ----------
    intervals : mapping
        By quantity (`truth.QUANTITIES`).
    draws : float64 (m, 5)
        Joint draws of the quantities.
    strangeness : float
        Distance of the statistics from those of the virtual sets, in units of the usual largest one.
    """

    intervals: Mapping[str, Interval]
    draws: Values
    strangeness: float

    @property
    def strange(self) -> bool:
        """Whether nothing like it was among the virtual sets: intervals are widened then, or mean nothing."""
        return self.strangeness > 1

    @property
    def alien(self) -> bool:
        """Whether it is so strange that intervals mean nothing."""
        return self.strangeness > RULES.alien


@dataclass(frozen=True, eq=False)
class Posterior:
    """Examples of virtual sets, and a forest that tells which of them a set of scans is like.

    What is truly there differs from what was found as it did in these examples.

    Attributes
    ----------
    names : tuple of str
        Of the statistics.
    middle, spread : float64 (d,)
        By which statistics are standardised.
    off : float64 (n, 5)
        True less found quantities of the examples, as `coordinates.scaled`.
    forest : Forest
    widths : float64 (5,)
        By how much intervals are widened, so that as many hold as is stated.
    precision : float64 (d, d)
        Inverse covariance of the standardised statistics.
    usual : float
        Distance from the middle below which nearly all virtual sets are.
    prior : float64 (3, 5)
        5th, 50th and 95th percentile of the quantities in the virtual sets, as `coordinates.scaled`.
    record : mapping
        How it was made.
    """

    names: tuple[str, ...]
    middle: Values
    spread: Values
    off: Values
    forest: Forest
    widths: Values
    precision: Values
    usual: float
    prior: Values
    record: Mapping[str, Any]

    def replaced(self, **values: Any) -> Posterior:
        """Return it with other values."""
        return replace(self, **values)

    def draws(self, statistics: Values, found: Values, seed: int = 0) -> Values:
        """Return draws of the true quantities (m, 5), given statistics (d,) and what was found (5,), all `scaled`."""
        weights = self.forest.weights((statistics - self.middle) / self.spread)
        chosen = seeds.generator(seed, "inference", "draws").choice(len(weights), RULES.draws, p=weights)
        values = np.asarray(found + self.off[chosen])
        values[:, 1] = np.minimum(values[:, 1], values[:, 0])
        values[:, 2] = np.maximum(values[:, 2], values[:, 0])
        return values

    def given(self, statistics: Statistics, seed: int = 0) -> Belief:
        """Return what statistics tell of the truth.

        Raises
        ------
        ValueError
            If they are not those that it was taught by.
        """
        if statistics.names != self.names:
            raise ValueError("the packaged posterior was taught by other statistics; make it anew (make posterior)")
        strangeness = float(distances(self, statistics.values[None])[0] / self.usual)
        found = scaled(to_quantities(to_coordinates(statistics.found)[None]))[0]
        logs = self.draws(statistics.values, found, seed)
        middle = np.median(logs, axis=0)
        logs = middle + self.widths * max(1.0, strangeness) * (logs - middle)
        quantities = unscaled(logs)
        levels = np.quantile(quantities, [0.5, (1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0)
        intervals = {name: Interval(*map(float, levels[:, place])) for place, name in enumerate(QUANTITIES)}
        return Belief(intervals, quantities, strangeness)


def distances(posterior: Posterior, statistics: Values) -> Values:
    """Return how far statistics (m, d) are from the virtual sets: Mahalanobis' distance, (m,)."""
    values = (statistics - posterior.middle) / posterior.spread
    # One statistic far out counts, but not without limit.
    values = np.clip(values, -3 * RULES.beyond, 3 * RULES.beyond)
    return np.sqrt(np.einsum("ni,ij,nj->n", values, posterior.precision, values))


def save_posterior(path: Path, posterior: Posterior, record: Mapping[str, Any]) -> None:
    """Write a posterior: tensors, and all else as JSON in the file's header."""
    tensors = {name: getattr(posterior, name).astype(np.float32) for name in ARRAYS}
    tensors |= {f"forest {name}": getattr(posterior.forest, name) for name in TREES}
    tensors["forest shares"] = posterior.forest.shares.astype(np.float32)
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    described = {"format": FORMAT, "names": posterior.names, "usual": posterior.usual, "record": dict(record)}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, {"posterior": json.dumps(described, sort_keys=True)})


def load_posterior(path: Path) -> Posterior:
    """Read a posterior.

    Raises
    ------
    ValueError
        If the file is of another format.
    """
    with safe_open(path, framework="numpy") as file:
        described = parse_json(file.metadata()["posterior"])
        tensors = {name: file.get_tensor(name) for name in list(file.keys())}
    if described["format"] != FORMAT:
        raise ValueError(f"{path} is a posterior of format {described['format']}, and this reads {FORMAT}")
    arrays = {name: tensors[name].astype(float) for name in ARRAYS}
    trees = {name: tensors[f"forest {name}"] for name in TREES}
    trees["shares"] = trees["shares"].astype(float)
    return Posterior(
        names=tuple(described["names"]), usual=described["usual"], forest=Forest(**trees), record=described["record"],
        **arrays,
    )  # fmt: skip


@cache
def packaged_posterior() -> Posterior | None:
    """Return the packaged posterior; None if there is none."""
    packaged = resources.files(__package__).joinpath(FILE)
    if not packaged.is_file():
        return None
    with resources.as_file(packaged) as path:
        return load_posterior(path)
