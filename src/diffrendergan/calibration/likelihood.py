"""How likely what calibration may change is, given the real patches: a synthetic likelihood of learned summaries.

Each arrangement is drawn with changes of its own. What it shows is brought down to as many summaries as there are
coordinates: those combinations of the statistics that tell the coordinates best. How the summaries depend on the
coordinates is a quadratic, and how they vary among patches is measured; so the mean summaries of the real patches have
a likelihood at any coordinates.

Source: P. Fearnhead, D. Prangle, J. R. Stat. Soc. B 74, 419 (2012) (summaries); S. N. Wood, Nature 466, 1102 (2010)
(synthetic likelihood).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diffrendergan.calibration.rules import RULES
from diffrendergan.calibration.surface import terms
from diffrendergan.inference.coordinates import scaled
from diffrendergan.inference.posterior import Belief

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Arrangements that were drawn, each with changes of its own.

    Attributes
    ----------
    vectors : float64 (k, d)
        Coordinates of the changes.
    features : float64 (k, f)
        What was found in each.
    truths : float64 (k, 5)
        Coordinates of what each truly shows (`inference.coordinates`); NaN where no particle is whole.
    """

    vectors: Values
    features: Values
    truths: Values


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws from what is believed after the comparison.

    Attributes
    ----------
    vectors : float64 (m, d)
        Coordinates of changes.
    truths : float64 (m, 5)
        Coordinates of what arrangements of these changes truly show.
    """

    vectors: Values
    truths: Values


def flat(rows: Sequence[Mapping[str, Values]]) -> Values:
    """Return features of patches as float64 (k, f): shares in place of counts, so that all are of one size."""
    found = []
    for row in rows:
        parts = [row[name] * np.sqrt(RULES.weights[name]) for name in row]
        found.append(np.concatenate(parts))
    return np.stack(found)


def draw_posterior(
    samples: Samples,
    real: Values,
    centre: Values,
    widths: Values,
    belief: Belief | None,
    rng: np.random.Generator,
) -> Draws:
    """Return draws of changes, given real patches.

    Parameters
    ----------
    samples : Samples
    real : float64 (n, f)
        Features of the real patches.
    centre, widths : float64 (d,)
        Of the normal distribution that is believed before the comparison; draws stay within two of its widths.
    belief : Belief, optional
        What the scans truly show, learned from virtual sets.
    rng
    """
    summary, observed = _summaries(samples, real)
    known = (samples.vectors - centre) / widths
    weight = np.exp(-0.5 * (known**2).mean(axis=1) / RULES.nearness**2)
    fitted = _fit(known, summary, weight)
    candidates = np.clip(rng.normal(size=(RULES.candidates, known.shape[1])), -2, 2)
    predicted, leverage = fitted.at(candidates)
    spread = fitted.residual
    # What the neutral look shows and what the scans do differ by more than chance.
    unlike = RULES.unlike**2 * np.diag(summary.var(axis=0))
    logs = np.empty(len(candidates))
    for begin in range(0, len(candidates), 1000):
        part = slice(begin, begin + 1000)
        covariance = spread * (1 / len(real) + leverage[part])[:, None, None] + unlike
        off = observed - predicted[part]
        solved = np.linalg.solve(covariance, off[..., None])[..., 0]
        logs[part] = -0.5 * ((off * solved).sum(axis=1) + np.linalg.slogdet(covariance)[1])
    usable = np.isfinite(samples.truths).all(axis=1)
    truths = _fit(known[usable], samples.truths[usable], weight[usable]).at(candidates)[0]
    if belief is not None and not belief.alien:
        logs += _believed(truths, belief)
    chosen = rng.choice(len(candidates), RULES.posterior_draws, p=_chances(logs))
    return Draws(centre + candidates[chosen] * widths, truths[chosen])


def _chances(logs: Values) -> Values:
    """Return the chances of candidates, flattened until enough of them count.

    A likelihood that singles out a few of them is surer than a quadratic can be.
    """
    steepness = 1.0
    while True:
        chances = np.exp(steepness * (logs - logs.max()))
        chances /= chances.sum()
        if 1 / float((chances**2).sum()) >= RULES.least_effective:
            return np.asarray(chances, np.float64)
        steepness *= RULES.flattened


def _believed(truths: Values, belief: Belief) -> Values:
    """Return the logarithm of the density that a belief gives to the median of (m, 5).

    Patches are chosen for their particles: of coverage and number, what is believed of scans says nothing.
    """
    drawn = scaled(belief.draws)[:, 0]
    return np.asarray(-0.5 * (truths[:, 0] - np.median(drawn)) ** 2 / drawn.var())


def _summaries(samples: Samples, real: Values) -> tuple[Values, Values]:
    """Return the summaries of the samples, (k, d), and those of the real patches together, (d,)."""
    from sklearn.linear_model import RidgeCV

    middle, spread = samples.features.mean(axis=0), samples.features.std(axis=0) + 1e-9
    varied = samples.features.std(axis=0) > 1e-9
    ridge = RidgeCV(alphas=np.geomspace(1, 1e4, 13))
    ridge.fit(((samples.features - middle) / spread)[:, varied], samples.vectors)
    told = ((np.concatenate([samples.features, real.mean(axis=0, keepdims=True)]) - middle) / spread)[:, varied]
    summary = np.asarray(ridge.predict(told)).reshape(len(told), -1)
    varying = summary[:-1].std(axis=0) > 1e-6 * max(float(summary[:-1].std()), 1e-12)
    return summary[:-1, varying], summary[-1, varying]


@dataclass(frozen=True, eq=False)
class _Quadratic:
    coefficients: Values
    inverse: Values
    residual: Values

    def at(self, places: Values) -> tuple[Values, Values]:
        """Return values (m, q) at places (m, d), and how uncertain they are in units of the scatter of one sample."""
        design = terms(places)
        return design @ self.coefficients, np.einsum("ni,ij,nj->n", design, self.inverse, design)


def _fit(places: Values, values: Values, weight: Values) -> _Quadratic:
    root = np.sqrt(weight)[:, None]
    design = terms(places) * root
    strength = np.full(design.shape[1], RULES.ridge)
    strength[: places.shape[1] + 1] = 1e-6
    normal = design.T @ design + np.diag(strength * float(weight.sum()))
    inverse = np.asarray(np.linalg.inv(normal), np.float64)
    coefficients = inverse @ (design.T @ (values * root))
    off = (values - terms(places) @ coefficients) * root
    residual = np.asarray(off.T @ off / weight.sum() + 1e-9 * np.eye(values.shape[1]), float)
    return _Quadratic(coefficients, inverse, residual)
