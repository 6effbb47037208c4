"""What is left of grey values once the look explains them: fields of the same spread and the same correlation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from diffrendergan.twins.rules import RULES

Field = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Texture:
    """Residual grey values of one phase.

    Attributes
    ----------
    covariance : float64 (2r + 1, 2r + 1)
        Of two pixels, by how far they are apart [px]; r is `RULES.reach_px` at most.
    levels : float64 (q,)
        Quantiles of the residual, at even steps.
    """

    covariance: NDArray[np.float64]
    levels: NDArray[np.float64]

    def drawn(self, shape: tuple[int, int], rng: np.random.Generator) -> Field:
        """Return a field (H, W) of this covariance whose values have these quantiles."""
        reach = self.covariance.shape[0] // 2
        size = [fft.next_fast_len(length + 2 * reach, real=True) for length in shape]
        wide = np.zeros(size)
        wide[: 2 * reach + 1, : 2 * reach + 1] = self.covariance
        wide = np.roll(wide, (-reach, -reach), (0, 1))
        amplitude = np.sqrt(np.maximum(fft.rfft2(wide).real, 0))
        noise = fft.irfft2(fft.rfft2(rng.standard_normal(size)) * amplitude, s=size)[: shape[0], : shape[1]]
        spread = float(np.sqrt(max(self.covariance[reach, reach], 1e-12)))
        steps = np.linspace(-3.5, 3.5, len(self.levels))
        return np.interp(noise / spread, steps, self.levels).astype(np.float32)


def texture_of(residual: Field, mask: Mask, reach_px: float = RULES.reach_px) -> Texture:
    """Return the texture of what is left (H, W) within a mask of at least one pixel.

    Covariances are means over the pairs of pixels of which both are within, tapered to nothing at their reach [px].
    """
    reach = int(min(max(reach_px, 1), min(residual.shape) // 4))
    inside = residual[mask]
    mean = float(inside.mean())
    # Sparks and what was overlooked would be smeared over all of the twin.
    low, high = np.quantile(inside, [RULES.tail, 1 - RULES.tail])
    shape = [fft.next_fast_len(length + reach, real=True) for length in residual.shape]
    values = fft.rfft2(np.where(mask, np.clip(residual, low, high) - mean, 0), s=shape)
    places = fft.rfft2(mask.astype(np.float64), s=shape)
    products, pairs = (fft.irfft2(np.abs(spectrum) ** 2, s=shape) for spectrum in (values, places))
    window = np.ix_(*(np.arange(-reach, reach + 1) % length for length in shape))
    counted = pairs[window]
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) / (reach + 1)
    taper = np.cos(np.pi / 2 * np.minimum(away, 1)) ** 2
    covariance = np.where(counted >= RULES.least_pairs, products[window] / np.maximum(counted, 1), 0) * taper
    from scipy.special import ndtr

    levels = np.quantile(np.clip(inside, low, high), ndtr(np.linspace(-3.5, 3.5, 57)))
    return Texture(covariance, levels)
