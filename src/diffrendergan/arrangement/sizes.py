"""Size factors of particles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffrendergan.config.arrangement import BimodalSize, LognormalSize, NormalSize
from diffrendergan.errors import PlacementError

MAX_REDRAWS = 100


def draw_sizes(
    size: NormalSize | LognormalSize | BimodalSize, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw positive size factors.

    Parameters
    ----------
    size
        The distribution; draws that are not positive finite numbers are redrawn.
    count
    rng

    Returns
    -------
    float64 (count,)

    Raises
    ------
    PlacementError
        If some draws are still not positive after MAX_REDRAWS rounds.

    Notes
    -----
    Source: METHOD §3.
    """
    sizes = _draw(size, count, rng)
    for _ in range(MAX_REDRAWS):
        wrong = ~(np.isfinite(sizes) & (sizes > 0))
        if not wrong.any():
            return sizes
        sizes[wrong] = _draw(size, int(wrong.sum()), rng)
    raise PlacementError(
        f"arrangement.size ({size.distribution}) still gave {int(wrong.sum())} of {count} sizes that are not positive "
        f"after {MAX_REDRAWS} redraws; lower its sigma or raise its mean."
    )


def _draw(size: NormalSize | LognormalSize | BimodalSize, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    if isinstance(size, NormalSize):
        return rng.normal(size.mean, size.sigma, count)
    if isinstance(size, LognormalSize):
        with np.errstate(over="ignore"):
            return np.exp(rng.normal(size.mu, size.sigma, count))
    second = rng.random(count) < size.p
    return rng.normal(np.where(second, size.mean2, size.mean1), np.where(second, size.sigma2, size.sigma1))
