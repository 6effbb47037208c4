"""How a network answers to particles by their size, in a few numbers: what it misses, merges, splits, invents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from diffrendergan.twins.linking import ALONE, MERGED, MISSED, SPLIT, Linked
from diffrendergan.twins.rules import RULES

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """A probability that changes with size: expit(level + slope · (log size − middle))."""

    level: float
    slope: float
    middle: float

    def at(self, log_size: Values) -> Values:
        """Return it at sizes, shape (k,)."""
        return np.asarray(expit(self.level + self.slope * (log_size - self.middle)), np.float64)


@dataclass(frozen=True)
class Shift:
    """How the logarithm of a size changes: normal, around level + slope · (log size − middle)."""

    level: float
    slope: float
    middle: float
    spread: float

    def mean(self, log_size: Values) -> Values:
        """Return the mean change at sizes, shape (k,)."""
        return self.level + self.slope * (log_size - self.middle)


@dataclass(frozen=True)
class Response:
    """The few numbers, of which all but `missed` speak of particles that were not missed.

    Attributes
    ----------
    missed, merged, split : Chance
        A particle is missed; one that is not is merged with others; one that is neither is split.
    alone, as_merged, as_split : Shift
        From the size of a true particle to that of the found one.
    merged_share, pieces : float
        Found particles that one merged, or split, particle gives.
    false_per_px : float
        Found particles per pixel where there is none.
    false_size, false_spread : float
        Mean and standard deviation of the logarithm of their diameters [px].
    covered : float
        By how much the log odds of the covered fraction are found too high.
    """

    missed: Chance
    merged: Chance
    split: Chance
    alone: Shift
    as_merged: Shift
    as_split: Shift
    merged_share: float
    pieces: float
    false_per_px: float
    false_size: float
    false_spread: float
    covered: float

    def fates(self, log_size: Values) -> Values:
        """Return the probabilities of `FATES` at sizes, shape (4, k)."""
        missed, merged, split = (chance.at(log_size) for chance in (self.missed, self.merged, self.split))
        found = 1 - missed
        rest = found * (1 - merged)
        return np.stack([missed, rest * (1 - split), found * merged, rest * split])

    def matrix(self, edges: Values) -> Values:
        """Return how many found particles of each bin one true particle of each bin gives, shape (k, k).

        Parameters
        ----------
        edges : ndarray, shape (k + 1,)
            Of the bins of log sizes; rows are found ones, columns true ones.
        """
        middles = (edges[:-1] + edges[1:]) / 2
        fates = self.fates(middles)
        kinds = ((ALONE, 1.0, self.alone), (MERGED, self.merged_share, self.as_merged),
                 (SPLIT, self.pieces, self.as_split))  # fmt: skip
        return np.asarray(
            sum(number * fates[fate] * _binned(edges, middles + shift.mean(middles), shift.spread)
                for fate, number, shift in kinds)
        )  # fmt: skip

    def false(self, edges: Values) -> Values:
        """Return how many particles of each bin are found per pixel where there is none, shape (k,)."""
        return self.false_per_px * _binned(edges, np.array([self.false_size]), self.false_spread)[:, 0]

    def true_coverage(self, found: float) -> float:
        """Return the covered fraction that is found as `found`.

        Most of what is wrong with it lies at outlines, and so grows and falls with it.
        """
        return float(expit(log_odds(found) - self.covered))


def log_odds(share: float) -> float:
    """Return the log odds of a share, which is kept from 0 and 1."""
    kept = min(max(share, RULES.least_share), 1 - RULES.least_share)
    return float(np.log(kept / (1 - kept)))


def _binned(edges: Values, means: Values, spread: float) -> Values:
    """Return the probabilities (k, n) of bins under normal distributions; what lies beyond is in the outer ones."""
    below = ndtr((edges[1:-1, None] - means) / spread)
    return np.diff(np.concatenate([np.zeros((1, len(means))), below, np.ones((1, len(means)))]), axis=0)


def learn(linked: Linked) -> Response:
    """Learn the response from images whose truth is known.

    Chances are logistic in the logarithm of the size, with a prior (`RULES.prior`) that keeps them from 0 and 1 and
    from steepness that few particles suggest.
    """
    size, weight, fate = linked.true.log_size, linked.true.weight, linked.fate
    used = weight > 0
    size, weight, fate = size[used], weight[used], fate[used]
    middle = float(np.average(size, weights=weight)) if len(size) else 0.0
    found, cut = fate != MISSED, fate != MERGED
    missed = _chance(size, ~found, weight, middle)
    merged = _chance(size[found], ~cut[found], weight[found], middle)
    rest = found & cut
    split = _chance(size[rest], fate[rest] == SPLIT, weight[rest], middle)
    shifts = {kind: _shift(linked, kind, middle) for kind in (ALONE, MERGED, SPLIT)}
    false = linked.found.weight * linked.false
    size_false = linked.found.log_size
    mean, spread = _moments(size_false, false, (middle, RULES.usual_spread))
    return Response(
        missed,
        merged,
        split,
        shifts[ALONE],
        shifts[MERGED],
        shifts[SPLIT],
        _mean(linked.share[used][fate == MERGED], RULES.merged_share),
        _mean(linked.share[used][fate == SPLIT], RULES.pieces),
        float(false.sum()) / linked.pixels,
        mean,
        spread,
        log_odds(linked.found_px / linked.pixels) - log_odds(linked.true_px / linked.pixels),
    )


def _mean(values: Values, usual: float) -> float:
    """Return the mean of values, drawn towards what is usual as if that had been seen `RULES.prior` times."""
    return float((values.sum() + RULES.prior * usual) / (len(values) + RULES.prior))


def _chance(size: Values, happened: NDArray[np.bool_], weight: Values, middle: float) -> Chance:
    """Fit a logistic regression on size, by Newton's method with a normal prior on the slope."""
    number = float(weight.sum())
    # Weights count as many particles as there are.
    weight = weight * (len(weight) / number) if number > 0 else weight
    place = np.column_stack([np.ones(len(size)), size - middle])
    # The prior's pseudo-particles lie in the middle.
    level = np.log((float(weight @ happened) + RULES.prior * RULES.usual_chance) / (
        float(weight @ ~happened) + RULES.prior * (1 - RULES.usual_chance)))  # fmt: skip
    at = np.array([level, 0.0])
    for _ in range(RULES.newton_steps):
        chance = expit(place @ at)
        usual = expit(at[0])
        slope = place.T @ (weight * (happened - chance)) - [
            RULES.prior * (usual - RULES.usual_chance), at[1] / RULES.slope_spread**2]  # fmt: skip
        curve = (place * (weight * chance * (1 - chance))[:, None]).T @ place
        curve += np.diag([RULES.prior * usual * (1 - usual) + 1e-9, RULES.slope_spread**-2])
        step = np.linalg.solve(curve, slope)
        at = at + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return Chance(float(at[0]), float(at[1]), middle)


def _shift(linked: Linked, kind: int, middle: float) -> Shift:
    """Fit how sizes of one fate change; of few, the slope is left out, and what is usual stands in."""
    chosen = (linked.fate[linked.of_true] == kind) & (linked.found.weight[linked.of_found] > 0)
    size = linked.true.log_size[linked.of_true[chosen]]
    change = linked.found.log_size[linked.of_found[chosen]] - size
    weight = linked.part[chosen]
    usual = {ALONE: 0.0, MERGED: RULES.merged_shift, SPLIT: RULES.split_shift}[kind]
    if len(size) < RULES.least_for_shift:
        return Shift(usual, 0.0, middle, RULES.usual_spread if kind != ALONE else RULES.least_spread)
    if kind == ALONE:
        # Outlines that go astray are not what most particles are shifted by.
        weight = weight * (np.abs(change - np.median(change)) <= RULES.astray)
    place = np.column_stack([np.ones(len(size)), size - middle])
    curve = (place * weight[:, None]).T @ place + np.diag([0.0, RULES.shift_prior])
    level, slope = np.linalg.solve(curve, place.T @ (weight * change))
    rest = change - place @ [level, slope]
    spread = float(np.sqrt(np.average(rest**2, weights=weight)))
    return Shift(float(level), float(slope), middle, max(spread, RULES.least_spread))


def _moments(values: Values, weights: Values, usual: tuple[float, float]) -> tuple[float, float]:
    if np.count_nonzero(weights) < RULES.least_for_shift:
        return usual
    mean = float(np.average(values, weights=weights))
    return mean, max(float(np.sqrt(np.average((values - mean) ** 2, weights=weights))), RULES.least_spread)
