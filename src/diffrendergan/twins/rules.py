"""The numbers by which twins are made, and what they teach is used. Shown in docs/twins.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TwinRules:
    """What decides about twins, responses, corrected figures and their intervals."""

    prior: float = 1.0
    """A chance is learned as if so many particles more had been seen, of which `usual_chance` had that fate. Jeffreys'
    prior of a probability counts one."""
    usual_chance: float = 0.05
    """Share of those that were missed, merged or split. Rule of thumb: that of clear scans."""
    slope_spread: float = 2.0
    """Standard deviation of the slopes of chances, as log odds per unit of log size, before anything is seen. Rule of
    thumb: of particles half as large, four times as many may be missed."""
    newton_steps: int = 25
    """Most steps by which chances are fitted."""
    merged_share: float = 0.5
    """Found particles that a merged one gives where few tell: two are one."""
    pieces: float = 2.0
    """Found particles that a split one gives where few tell."""
    merged_shift: float = 0.35
    """Change of the logarithm of the size of a merged particle where few tell it: half the logarithm of 2."""
    split_shift: float = -0.35
    """The same of a split one."""
    usual_spread: float = 0.3
    """Standard deviation of both, and of the logarithm of the size of false particles, where few tell it. Rule of
    thumb."""
    least_for_shift: int = 4
    """Fewer particles tell no shift. Rule of thumb."""
    shift_prior: float = 4.0
    """Weight of a slope of 0 of shifts by size, in particles one unit of log size away. Rule of thumb: four."""
    least_spread: float = 0.02
    """Least standard deviation of a change of the logarithm of the size: outlines run along pixels."""
    astray: float = 0.5
    """Outlines of single particles whose size is off by more than this from the usual change, in its logarithm, do not
    count in the mean and the spread of it. Rule of thumb: one that gives so different a size is no outline of it."""
    least_share: float = 1e-3
    """Covered fractions are kept this far from 0 and 1, where log odds end. Rule of thumb."""

    step: float = 0.03
    """Width of the bins in which sizes are unfolded, of the logarithm of the diameter: 3 %, under what outlines of
    particles of 20 px are certain to."""
    beyond: float = 0.25
    """These bins reach so far beyond the sizes that were found: what was split or merged was larger or smaller. Rule of
    thumb: by a quarter, since what was never found so small is not believed to be there."""
    least_given: float = 0.4
    """Of a size, no more particles are believed to be missed than if this share of them were found: what is never found
    cannot be counted. Rule of thumb."""
    floor: float = 0.02
    """Unfolding starts from the sizes of the twins, and this share of those found. Rule of thumb."""
    start_width: float = 0.1
    """Smoothing of the sizes from which unfolding starts, a standard deviation of log size. Rule of thumb."""
    smooth_share: float = 0.25
    """Smoothing at each step of unfolding: this share of the spread of log sizes over the fifth root of their number.
    Tried on sizes of known truth (tests/twins/test_unfolding.py)."""
    iterations: int = 8
    """Steps of unfolding. Rule of thumb, tried on sizes of known truth (tests/twins/test_unfolding.py)."""

    outside_px: tuple[float, ...] = (0.0, 0.5, 1.5, 3.0, 6.0, 12.0, 25.0)
    """Distances from particles between which the ground's brightness is taken to change evenly [px]: close together
    where the optics blur the outline."""
    within_px: tuple[float, ...] = (0.0, 0.5, 1.5, 2.5, 4.0, 8.0)
    """The same within particles, from the ground."""
    depths: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """The same from the outline (0) to the middle (1) of a particle."""
    seam_px: tuple[float, ...] = (0.5, 1.5, 3.0, 6.0)
    """The same from a neighbour that touches [px]; beyond the last there is no seam."""
    at_seam_px: float = 2.5
    """Of two particles that touch, the one that is brighter so near to the seam [px] lies in front."""
    ridge: float = 1e-5
    """Weight that keeps coefficients small which nothing tells, for each pixel. Chosen small."""
    search_px: float = 4.0
    """Outlines are compared with grey values over this distance to both sides [px]."""
    most_moved_px: float = 2.5
    """Outlines are moved no further than this [px]: beyond, it is no outline that changes there. Rule of thumb."""
    least_at_edge: float = 20.0
    """Fewer pixels at a distance tell no outline. Rule of thumb."""
    own_prior_px: float = 10.0
    """Weight, in pixels, of a particle's brightness not changing from side to side. Rule of thumb: a speck's."""
    neighbours: int = 4
    """A particle of a twin is as bright as one of so many to both sides in the order of sizes. Rule of thumb."""
    clear_px: float = 2.0
    """Textures are those of pixels further than this from any outline [px], where there are such."""
    reach_px: int = 48
    """Textures are alike over at most this distance [px]; what changes more slowly is left out. Rule of thumb."""
    grain_px: float = 1.5
    """Within particles, only what changes faster than a Gaussian of this width is a texture [px]: the noise. Slower
    changes are faces and edges, which as a texture made the network take twins apart three times as often as scans."""
    least_pairs: int = 50
    """Fewer pairs of pixels tell no covariance. Rule of thumb."""
    tail: float = 0.002
    """Share of the brightest and of the darkest residuals that count as less: sparks, and what was overlooked."""

    least_outline_px: float = 10.0
    """Outlines of smaller particles are those of pixels [px]: `sizes.rules.shape_px`."""
    convex: float = 0.9
    """Where half of the outlines fill this share of their convex hull, the others are left out: others hide a part of
    them. Rule of thumb: squares and hexagons of pixels fill more, crescents less."""
    most_outlines: int = 60
    """Outlines that are taken from one scan, the most convex ones; a relief takes half a millisecond and 150 kB."""
    least_outlines: int = 6
    """Fewer outlines tell no shape: discs stand in. Rule of thumb."""
    outline_blur_px: float = 0.7
    """Smoothing of outlines, so that an enlarged one has no steps [px]."""
    disc_px: float = 40.0
    """Diameter of the disc that stands in [px]; it is scaled as any outline."""

    blur_sizes: float = 0.05
    """Sizes of a twin are those found, a little apart: standard deviation of the logarithm. Rule of thumb."""
    most_margin_px: int = 150
    """Bodies are laid at most so far around a twin [px]."""
    least_visible_px: int = 10
    """Smaller visible parts are no particles of a twin [px]: `sizes.rules.speck_px`."""
    least_seen_share: float = 0.33
    """Bodies of which others leave less than this to be seen are taken out. Rule of thumb, between the half that
    anybody would call a particle and the fifth below which `inference.rules` takes what is left for no size."""
    trials: int = 3
    """Twins by which a way to lie together is tried, without grey values; one for those that are far off ..."""
    finalists: int = 4
    """... and all for so many that come nearest."""

    twins: tuple[int, ...] = (8, 16)
    """Twins of each round, of all scans of a project together. 24 images of 512² take the generalist half a minute of
    one core (docs/twins.md)."""
    edge_sizes: float = 12.0
    """The edge of a twin in diameters that nine of ten particles do not exceed, so that it shows dozens ..."""
    edges_px: tuple[int, int] = (256, 640)
    """... within these limits [px], and no larger than the smallest scan."""
    most_sources: int = 6
    """Scans whose look is learned, evenly spaced."""
    most_source_px: int = 1024
    """Of each, the look of a part of at most so much along an edge is learned, the one with the most particles [px]."""
    least_in_source: int = 5
    """Scans with fewer whole particles give no look."""
    most_change: float = 0.7
    """Number and sizes of bodies are changed at most by this from one round to the next, in their logarithm."""

    draws: int = 200
    """How often scans and twins are drawn again: the ends of intervals repeat to about a tenth of their width."""
    blocks: int = 3
    """Each scan is cut into so many parts along each edge, which are drawn again: neighbours in agglomerates stay
    together. Rule of thumb."""
    bins: tuple[int, int] = (5, 10)
    """Fewest and most bins of the distribution that are told."""
    outer_share: float = 0.01
    """Share of the particles at either end that lies beyond the bins, and counts in the outermost."""
    sure_px: float = 20.0
    """Of particles of a smaller median diameter [px], sizes and numbers are off by more, in proportion: seen on virtual
    scans (docs/twins.md)."""
    off_size: float = 0.055
    """Sizes of scans are off by this standard deviation of their logarithm, beyond what twins tell: calibrated on
    virtual scans (docs/twins.md)."""
    off_number: float = 0.09
    """Numbers, in the same way."""
    off_small: float = 0.1
    """Share of the particles, smaller than the median, of which twins know nothing, or of the smallest, which are none:
    fragments that others leave of a particle, specks."""
    off_coverage: float = 0.09
    """Log odds of the covered fraction."""

    like_number: float = 0.2
    """Twins are like their scans if the numbers that the network finds per area differ by no more than this in their
    logarithm, beyond what so few particles leave open ..."""
    like_size: float = 0.1
    """... and median diameters by no more than this in theirs, ..."""
    like_spread: float = 0.1
    """... the spreads of the logarithm of sizes by this, ..."""
    like_coverage: float = 0.3
    """... and log odds of the covered fraction by this. Rules of thumb, held to virtual scans (docs/twins.md)."""
    least_alone: float = 0.5
    """Where the network finds fewer of the particles of the twins as one, what it gets wrong is too much to be
    corrected. Rule of thumb."""
    least_whole: int = 20
    """Fewer whole particles are corrected by nothing. Rule of thumb: the median of 20 is uncertain by a quarter of the
    spread of sizes."""
    same_scale: float = 0.02
    """Scans whose pixel sizes differ by more than this fraction have no twins in common: what is missed goes by pixels,
    not by nanometres."""

    told_sizes: int = 7
    """Diameters at which it is told what becomes of particles."""


RULES = TwinRules()
