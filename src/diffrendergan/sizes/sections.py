"""From the discs that a plane cuts of balls to the balls (stereology)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def lognormal_balls(discs: Values, weights: Values | None = None) -> tuple[float, float]:
    """Return median and logarithmic standard deviation of balls whose discs in a plane have the same moments.

    A plane meets a ball in proportion to its diameter D and cuts discs d of it, of which the mean d², d³ and d⁴ are
    2/3 D², 3π/16 D³ and 8/15 D⁴. For a lognormal law of D of the median m this makes E d³ / E d² = 9π/32 · m e^(7/2 σ²)
    and E d⁴ / E d³ = 128/45π · m e^(9/2 σ²). Small discs, of which many are missed, and specks hardly matter to either.

    Parameters
    ----------
    discs : float64 (k,)
        Diameters of discs, at least one above 0.
    weights : float64 (k,), optional
        How often each counts.

    Returns
    -------
    median : float
        In the unit of the discs.
    sigma : float
        Of the natural logarithm; 0 where discs differ less than those of equal balls.

    Source: S. D. Wicksell, The corpuscle problem (1925), for the discs of a ball.
    """
    second, third, fourth = (float(np.average(discs**power, weights=weights)) for power in (2, 3, 4))
    lower = math.log(third / second * 32 / (9 * math.pi))
    upper = math.log(fourth / third * 45 * math.pi / 128)
    variance = max(upper - lower, 0.0)
    return math.exp(lower - 3.5 * variance), math.sqrt(variance)


def unfolded(discs: Values, bins: int, weights: Values | None = None) -> tuple[Values, Values, Values]:
    """Return a distribution of balls from that of their discs, by the classes of Saltykov.

    Parameters
    ----------
    discs : float64 (k,)
        Diameters of discs.
    bins : int
        Classes of equal width, up to the largest disc. Noise grows with them; ten to fifteen are usual.
    weights : float64 (k,), optional
        How often each counts.

    Returns
    -------
    edges : float64 (bins + 1,)
        Diameters, in the unit of the discs.
    seen : float64 (bins,)
        Share of the discs in each class.
    balls : float64 (bins,)
        Share of the balls, each counting alike; none is below 0.

    Source: S. A. Saltykov, Stereometric Metallography (1958).
    """
    edges = np.linspace(0, float(discs.max()), bins + 1)
    seen = np.histogram(discs, edges, weights=weights)[0].astype(np.float64)
    upper = edges[1:]
    # A plane at the distance x from the middle of a ball D cuts a disc √(D² − 4x²): shares of x of each class.
    inside = np.maximum(upper[:, None] ** 2 - edges[None] ** 2, 0)
    cut = np.sqrt(inside[:, :-1]) - np.sqrt(inside[:, 1:])
    balls, left = np.zeros(bins), seen.copy()
    for number in reversed(range(bins)):
        balls[number] = max(left[number] / cut[number, number], 0.0)
        left -= balls[number] * cut[number]
    return edges, seen / seen.sum(), balls / max(balls.sum(), 1e-300)
