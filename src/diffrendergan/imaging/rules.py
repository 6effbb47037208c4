"""The numbers by which ground is painted and its noise continued. Shown in docs/imaging.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GroundRules:
    """What decides how ground is painted where particles were, and how textures are grown."""

    blocks_px: tuple[int, ...] = (32, 24, 16, 12, 8)
    """Edges of a block [px], the largest first of which the example shows enough whole ones: large blocks keep lines,
    small ones fit between crowded particles. By looking at pictures."""
    least_places: int = 200
    """Whole blocks that an example must show: with fewer, one sees the same place again and again."""
    fresh: float = 0.5
    """Share of a block's edge by which the next one lies further: the rest is what has to fit. By looking."""
    slow: float = 8.0
    """What changes over more than this part of a patch's edge, as one standard deviation, is illumination. By looking.
    """
    shadow_px: float = 12.0
    """How far the shade of particles reaches [px], as one standard deviation. By looking at TiO2."""
    passes: int = 2
    """A shade that is steep at the particle is not gone after one correction by an average."""
    least_weight: float = 1e-3
    """An average of less than this share of its surroundings goes to the mean of all."""
    equal: float = 1e-6
    """Sums of squares that differ by no more than this fit alike: no more is left of a difference after rounding."""
    choice: float = 0.1
    """Blocks that fit worse than the best by no more than this share are drawn from at random: the best alone would
    grow the same rows over and over. Source: Efros and Leung."""

    gaps: tuple[float, float] = (0.02, 0.1)
    """Where no ground shows, the gaps between particles lie between these quantiles of the grey levels of a patch,
    counted from the side opposite to particles. Rule of thumb: crowded scans are covered to 75 to 95 %."""
    gap_slope: float = 0.5
    """How the spectrum of noise in their place falls, as `imaging.ground.slope`."""
    textures: int = 16
    """Textures that are grown, each from another patch while there are any: each is cut anywhere and laid in eight
    ways. Rule of thumb."""


@dataclass(frozen=True)
class NoiseRules:
    """What decides how noise like that of a ground is made."""

    tile_px: int = 64
    """Edge of the tiles whose usual spectrum is that of the noise [px]. As in the comparison of real and synthetic
    images."""
    coarsest: float = 0.2
    """What is coarser than this is texture rather than noise [cycles/px]. By looking at spectra of TiO2."""
    finer: float = 0.3
    """From `coarsest` to here the power is measured that coarser noise may have at most [cycles/px]."""
    lines: float = 0.1
    """What is the same along a scan line and changes across them at this frequency or more can be noise of the lines
    [cycles/px]. Rule of thumb."""
    standing_out: float = 2.0
    """It is as far as it is stronger than so many times what is nearly the same along them. Rule of thumb."""


RULES = GroundRules()
NOISE = NoiseRules()
