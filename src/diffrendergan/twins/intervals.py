"""Corrected figures with intervals: of the sample, of what the twins could not tell, and of what twins never show.

Three things are uncertain. Another place of the sample would have shown other particles: parts of the scans are drawn
again. Other twins would have taught another response: they are drawn again as well. And a twin is no scan: sizes,
numbers by size, and coverage are off by more than all twins together say, by as much as was seen on scans of an
independent virtual microscope (`TwinRules.off_…`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri, stdtrit

from diffrendergan.runs import seeds
from diffrendergan.sizes.bootstrap import drawn_again, percentile_band, wilson_band
from diffrendergan.sizes.distribution import effective_number
from diffrendergan.twins.linking import Linked, Sized, joined, sized
from diffrendergan.twins.response import Response, learn, log_odds
from diffrendergan.twins.rules import RULES, TwinRules
from diffrendergan.twins.unfolding import FIGURES, Described, binned, described, smoothing, unfolded

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FoundScan:
    """What was found in one scan.

    Attributes
    ----------
    particles : Sized
    shape : (int, int)
        Rows and columns of the scan.
    covered : float64 (side²,)
        Covered fraction of `side` × `side` parts of it, row by row.
    """

    particles: Sized
    shape: tuple[int, int]
    covered: Values


def found_scan(labels: NDArray[np.int32], side: int = RULES.blocks) -> FoundScan:
    """Return what a label image (H, W) shows."""
    parts = [piece.mean() for band in np.array_split(labels > 0, side, 0) for piece in np.array_split(band, side, 1)]
    return FoundScan(sized(labels), (labels.shape[0], labels.shape[1]), np.array(parts))


@dataclass(frozen=True, eq=False)
class Blocks:
    """What was found in parts of scans, so that they can be drawn again.

    Attributes
    ----------
    density : float64 (b, k)
        Particles per pixel in each bin of log size.
    coverage : float64 (b,)
    pixels : float64 (b,)
        Of each part.
    whole : float64
        Whole particles in all of them, as many as tell as much without weights.
    """

    density: Values
    coverage: Values
    pixels: Values
    whole: float

    def of(self, parts: NDArray[np.int64] | None = None) -> tuple[Values, float]:
        """Return density and coverage of all parts together, or of some, each as often as it is named."""
        chosen = np.arange(len(self.pixels)) if parts is None else parts
        weights = self.pixels[chosen]
        density = np.average(self.density[chosen], axis=0, weights=weights)
        return density, float(np.average(self.coverage[chosen], weights=weights))


def blocks_of(scans: Sequence[FoundScan], edges: Values) -> Blocks:
    """Cut scans into their parts; a particle belongs to the part in which its middle lies.

    Parameters
    ----------
    scans : sequence of FoundScan
    edges : ndarray, shape (k + 1,)
        Bins of log size.
    """
    density, areas = [], []
    for scan in scans:
        one, side = scan.particles, round(len(scan.covered) ** 0.5)
        row, column = (np.clip((place * side / length).astype(int), 0, side - 1)
                       for place, length in zip((one.y, one.x), scan.shape, strict=True))  # fmt: skip
        pixels = scan.shape[0] * scan.shape[1] / side**2
        for number in range(side * side):
            mine = row * side + column == number
            density.append(binned(one.log_size[mine], one.weight[mine], edges) / pixels)
            areas.append(pixels)
    weights = np.concatenate([scan.particles.weight for scan in scans])
    covered = np.concatenate([scan.covered for scan in scans])
    return Blocks(np.array(density), covered, np.array(areas), effective_number(weights))


@dataclass(frozen=True, eq=False)
class Estimate:
    """Figures as found and corrected; lengths in pixels, densities per pixel.

    Attributes
    ----------
    raw, corrected : Described
    low, high : Described
        95 % interval of the sample that the scans are of.
    here_low, here_high : Described
        95 % interval of what these scans show: by the measurement alone.
    response : Response
    bins : float64 (b + 1,)
        Edges of the bins of log size to which the shares belong.
    """

    raw: Described
    corrected: Described
    low: Described
    high: Described
    here_low: Described
    here_high: Described
    response: Response
    bins: Values


def estimate(
    blocks: Blocks, twins: Sequence[Linked], edges: Values, bins: Values, seed: int, rules: TwinRules = RULES
) -> Estimate:
    """Correct what was found in scans by what twins teach, and tell how uncertain that is.

    Parameters
    ----------
    blocks : Blocks
        What was found.
    twins : sequence of Linked
        One each.
    edges, bins : ndarray
        Of log size: bins in which sizes are unfolded, and those that are reported.
    seed : int
        Of the draws.
    rules : TwinRules
    """
    rng = seeds.generator(seed, "twins", "intervals")
    all_twins = joined(twins)
    response = learn(all_twins)
    usual = binned(all_twins.true.log_size, all_twins.true.weight, edges)
    density, coverage = blocks.of()
    width = smoothing(density, edges, blocks.whole)
    raw = described(density, edges, coverage, bins)
    true = unfolded(density, response, edges, usual, width)
    corrected = described(true, edges, response.true_coverage(coverage), bins)
    parts, count = len(blocks.density), len(twins)
    rules = _for_size(rules, float(raw.figures[FIGURES.index("d50")]))
    wider = _wider(parts)
    whole: list[Described] = []
    here: list[Described] = []
    pairs = zip(drawn_again(parts, rules.draws, rng), drawn_again(count, rules.draws, rng), strict=True)
    for part, twin in pairs:
        other = learn(joined([twins[number] for number in twin]))
        dense, shown = blocks.of(part)
        drawn = np.maximum(density + wider * (dense - density), 0)
        covered = float(np.clip(coverage + wider * (shown - coverage), 0, 1))
        for found, share, into in ((density, coverage, here), (drawn, covered, whole)):
            back = unfolded(found, other, edges, usual, width)
            into.append(_off(back, other.true_coverage(share), edges, bins, rng, rules))
    low, high = _band(whole, corrected, blocks.whole)
    here_low, here_high = _band(here, corrected, np.inf)
    return Estimate(raw, corrected, low, high, here_low, here_high, response, bins)


def _with_small_ones(density: Values, share: float) -> Values:
    """Return a distribution with a share of particles more that are smaller than the median, or without its smallest.

    Those that are added are of all sizes alike, in the logarithm: nobody saw them.
    """
    below = np.cumsum(density)
    total = float(below[-1])
    if share < 0:
        return np.diff(np.maximum(below + share * total, 0), prepend=0.0)
    smaller = below <= total / 2
    return np.asarray(density + share * total * smaller / max(int(smaller.sum()), 1), np.float64)


def _for_size(rules: TwinRules, median_px: float) -> TwinRules:
    """Return rules by which twins of particles of a median diameter are off; of small ones, in proportion, by more."""
    more = max(1.0, rules.sure_px / median_px) if median_px > 0 else 1.0
    return replace(rules, off_size=rules.off_size * more, off_number=rules.off_number * more)


def _wider(parts: int) -> float:
    """Return by how much drawing so few parts again falls short of what they leave open: Student's t has the rest."""
    freedom = max(parts - 1, 1)
    return float(np.sqrt(parts / freedom) * stdtrit(freedom, 0.975) / ndtri(0.975))


def _off(
    density: Values, coverage: float, edges: Values, bins: Values, rng: np.random.Generator, rules: TwinRules
) -> Described:
    """Return the figures of a distribution that is off as twins are from scans."""
    size, number, small, cover = rng.standard_normal(4)
    by_size = _with_small_ones(density, small * rules.off_small)
    # Their number as a whole has a term of its own.
    by_size *= float(density.sum()) * np.exp(number * rules.off_number) / max(float(by_size.sum()), 1e-300)
    shift = size * rules.off_size
    covered = float(expit(log_odds(coverage) + cover * rules.off_coverage))
    return described(by_size, edges + shift, covered, bins)


def _band(draws: Sequence[Described], middle: Described, number: float) -> tuple[Described, Described]:
    """Return both ends of the intervals; of the share of a bin, so many particles tell no less than a limit."""
    ends = [percentile_band(np.array([getattr(one, part) for one in draws])) for part in ("figures", "shares")]
    (low, high), (low_share, high_share) = ends
    if np.isfinite(number):
        # Bins that no particle, or nearly none, fell into: Wilson's interval holds there, drawing again does not.
        below, above = wilson_band(middle.shares, number)
        low_share, high_share = np.minimum(low_share, below), np.maximum(high_share, above)
    return (Described(np.minimum(low, middle.figures), np.clip(low_share, 0, 1)),
            Described(np.maximum(high, middle.figures), np.clip(high_share, 0, 1)))  # fmt: skip


def reported_bins(log_size: Values, weight: Values) -> Values:
    """Return edges of the bins whose shares are told [log px]: even in the logarithm, as many as particles allow."""
    used = log_size[weight > 0]
    low, high = np.quantile(used, [RULES.outer_share, 1 - RULES.outer_share])
    pad = max(0.05, 0.05 * float(high - low))
    count = int(np.clip(round(np.sqrt(len(used)) / 1.5), *RULES.bins))
    return np.linspace(low - pad, high + pad, count + 1)


__all__ = ["FIGURES", "Blocks", "Estimate", "blocks_of", "estimate", "reported_bins"]
