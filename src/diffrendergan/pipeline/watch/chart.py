"""The control chart: whether an instrument still does what it did, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from diffrendergan.pipeline.watch.rules import WATCH_RULES, WatchRules

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """What a figure is usually like."""

    mean: float
    spread: float
    """Standard deviation between scans."""
    number: int
    """Scans that tell it."""

    def reach(self, rules: WatchRules = WATCH_RULES) -> float:
        """Return by how much an unchanged instrument's next scan may be off: a prediction interval."""
        quantile = float(student.ppf(1 - rules.false_alarm / 2, self.number - 1))
        return quantile * self.spread * math.sqrt(1 + 1 / self.number)

    def reach_of_mean(self, rules: WatchRules = WATCH_RULES) -> float:
        """Return the same of the running mean, once it has run for long."""
        quantile = float(student.ppf(1 - rules.false_alarm / 2, self.number - 1))
        smoothed = rules.smoothing / (2 - rules.smoothing)
        return quantile * self.spread * math.sqrt(smoothed + 1 / self.number)


@dataclass(frozen=True, eq=False)
class Chart:
    """The course of one figure."""

    figure: str
    usual: Usual
    values: Values
    """Of each scan in the order of arrival, shape (n,); NaN where it has none."""
    running: Values
    """Mean of what came up to each scan, the later weighing more, shape (n,)."""
    outside: NDArray[np.bool_]
    """Scans beyond the limits."""
    drifting: NDArray[np.bool_]
    """Scans at which the instrument counts as changed: several outside in a row, or the running mean beyond limits."""

    @property
    def since(self) -> int | None:
        """From which scan on it drifts without a break to the last; None where it does not drift now."""
        if not len(self.drifting) or not self.drifting[-1]:
            return None
        steady = np.flatnonzero(~self.drifting)
        return int(steady[-1]) + 1 if len(steady) else 0


def usual_of(rows: Sequence[Mapping[str, float]], rules: WatchRules = WATCH_RULES) -> dict[str, Usual]:
    """Return what figures are usually like, by name; those that too few scans have are left out."""
    names = {name for row in rows for name in row}
    found = {}
    for name in sorted(names):
        values = np.array([row[name] for row in rows if name in row])
        if len(values) >= rules.least_scans:
            least = rules.least_grey if name.startswith("grey") else rules.least_log
            found[name] = Usual(float(values.mean()), max(float(values.std(ddof=1)), least), len(values))
    return found


def chart(figure: str, usual: Usual, values: Values, rules: WatchRules = WATCH_RULES) -> Chart:
    """Return the course of a figure.

    Parameters
    ----------
    figure : str
        Its name.
    usual : Usual
        What it is compared with.
    values : ndarray, shape (n,)
        Of scans in the order of arrival, NaN where a scan has none.
    rules : WatchRules

    Source: S. W. Roberts, Technometrics 1, 239 (1959), for the running mean (EWMA) beside Shewhart's limits.
    """
    running, outside = np.empty(len(values)), np.zeros(len(values), bool)
    drifting = np.zeros(len(values), bool)
    mean, in_a_row = usual.mean, 0
    reach, reach_of_mean = usual.reach(rules), usual.reach_of_mean(rules)
    for place, value in enumerate(values):
        if math.isfinite(value):
            mean += rules.smoothing * (value - mean)
            outside[place] = abs(value - usual.mean) > reach
            in_a_row = in_a_row + 1 if outside[place] else 0
        running[place] = mean
        drifting[place] = in_a_row >= rules.in_a_row or abs(mean - usual.mean) > reach_of_mean
    return Chart(figure, usual, values, running, outside, drifting)
