"""All numbers by which `fit` compares patches and searches, in one table (`docs/fit.md`)."""

from __future__ import annotations

from typing import NamedTuple


class FitRules(NamedTuple):
    """Numbers of `fit`; each says what it decides and where it comes from."""

    profile_px: int = 6
    """Grey levels across an outline are compared up to this far on both sides [px]. Rule of thumb: beyond the blur and
    the rim of most micrographs, within a particle of 12 px."""
    ground_px: float = 6.0
    """Ground is what lies farther than this from all particles [px]: beyond blur, glow and contact shadow, as
    `profile_px`."""
    inside_px: float = 3.0
    """The inside of particles begins so far from their outline [px]. Rule of thumb: beyond the blur."""
    still_px: float = 1.0
    """A scan that drifts or sways farther than this is warned of [px]: outlines are compared where they were."""
    least_pixels: int = 200
    """Zones of fewer pixels in a patch say nothing of it. Rule of thumb."""
    zone_samples: int = 2048
    """Pixels of a zone whose grey levels are sorted: the quartiles of so many are right to 1/50 of their spread."""
    levels: tuple[float, ...] = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
    """Quantiles of grey levels that are compared."""
    lags: tuple[tuple[int, int], ...] = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (0, 4), (4, 0), (0, 8), (8, 0))
    """Distances down and to the right at which grey levels are subtracted within a zone: white noise, blur, lines along
    the scan and slow shading each show at another one [px]."""
    spectrum_bins: int = 12
    """Bins of the power spectra along and across the scan lines, even in the logarithm of the frequency."""
    pyramid_levels: int = 3
    """Levels of the pyramid: details of 1, 2 and 4 px."""
    pyramid_quantiles: tuple[float, ...] = (0.5, 0.9)
    """Quantiles of the absolute details that are compared: the common ones, and edges."""
    pyramid_tail: float = 0.99
    """Of the strongest details, this quantile of bright and of dark ones is compared: rims are bright."""
    pyramid_samples: int = 4096
    """Details of a level that are sorted."""
    least_spread: float = 0.15
    """Statistics whose real patches differ less than this share of what the widest looks make of them are taken to
    differ by that: so that one that hardly varies does not outweigh all others. Rule of thumb."""
    directions: int = 64
    """Directions of the sliced distance, which holds statistics together that go together. Rule of thumb."""
    sliced_weight: float = 1.0
    """Weight of the sliced distance beside those of the single groups."""
    batch: int = 8
    """Images in a step."""
    rate: float = 0.12
    """Largest step of the descent, in the logit of a parameter's range; it falls to a hundredth."""
    first_spread: float = 0.5
    """Spread of a parameter between images from which the descent starts, in the logit of its range."""
    widest_spread: float = 1.5
    """Largest spread between images, in the logit of its range: wider ones pile up at both ends."""


RULES = FitRules()
