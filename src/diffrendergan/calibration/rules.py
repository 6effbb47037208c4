"""The numbers by which `calibrate` measures, compares and searches. Shown in docs/calibration.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class CalibrationRules:
    """What decides about pictures, statistics, distances and the search."""

    light_directions: int = 24
    """Light directions per pixel of a neutral picture. Tried: with fewer, noise looks like valleys between
    particles."""
    absorption: float = 1.5
    """In transmission, the share exp(−absorption) of the beam passes the diameter of a particle of size 1, before grey
    levels are brought to those of the real patches. Rule of thumb: parts that lie over each other are darker."""
    shadow_start: float = 1e-4
    """How far above a surface its shadow rays start [scene units]: more than rounding, far less than a particle."""
    faces: int = 500
    """Faces of a mesh for pictures in which only outlines and rough shading count. Rule of thumb."""
    rims: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 7.0)
    """Brightness of rims that is tried, to look as real ones do. Rule of thumb."""
    draws_of_one: int = 5
    """Draws of an arrangement that cannot be placed, before the trial is given up. Rule of thumb."""
    noise_residue: float = 0.873
    """Standard deviation of white noise less its Gaussian blur of one pixel, as a fraction of the noise's: computed
    from the filter."""
    spectrum_bins: int = 10
    """Bins of the power spectrum, evenly spaced in the logarithm of the frequency. Rule of thumb."""
    least_diameter: float = 0.25
    """Particles under this fraction of the usual diameter are specks and fragments, in real patches as in arrangements.
    Rule of thumb: a sixteenth of the area."""
    rim_px: tuple[float, float] = (1.5, 3.5)
    """Distances from the edge of a region between which its rim is measured [px]. Rule of thumb: beyond the blur,
    within a small particle."""
    inner_px: float = 4.5
    """Distance from the edge from which the inside is measured [px]. Rule of thumb: clearly within the rim."""
    true_least_px: float = 8.0
    """True particles that show less than this diameter are not counted in the record [px]: as where calibration was
    held to annotations (docs/calibration.md)."""
    weights: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType(
            {
                "covered": 1.0,
                "counts": 1.0,
                "diameters": 1.0,
                "thicknesses": 1.0,
                "elongations": 0.25,
                "solidities": 0.25,
                "nearest": 0.5,
                "pairs": 0.5,
                "spectrum": 0.5,
            }
        )
    )
    """Shares of the statistics in the total. Rule of thumb: sizes and amounts first, places half, shapes (which
    calibration cannot change) a quarter."""
    narrowest: float = 0.1
    """Distributions narrower than this fraction of their mean are not resolved further. Rule of thumb."""
    missing: float = 3.0
    """Distance where one side has nothing to compare, in real spreads. Rule of thumb."""
    most_particles: int = 150
    """Largest number of particles. More in one field take too long to draw, and to learn from."""
    least_spread: float = 0.02
    """Relative spread that a distribution of one size is given, so that it can grow. Rule of thumb."""
    bins: int = 8
    """Parts of equal probability into which a distribution of the real patches is cut. Rule of thumb: 80 patches give
    each ten of their values."""
    ridge: float = 1e-2
    """Keeps coefficients of the surface small that the samples say nothing about. Rule of thumb."""
    descents: int = 12
    """Descents on the surface, from different samples. Rule of thumb."""
    first: float = 0.12
    """Share of the arrangements that only bring the means together, in `first_steps` steps. Rule of thumb."""
    first_steps: int = 4
    """See `first`."""
    rounds: int = 2
    """Rounds of samples around the best place so far, each in a smaller box."""
    final: float = 0.24
    """Share that brings the means together again, in `final_steps` steps."""
    final_steps: int = 3
    """See `final`."""
    last: float = 0.21
    """Share that judges: a third each the given project, what the surface says, and that with the means matched."""
    widths: tuple[float, ...] = (0.5, 0.5, 0.6, 0.9, 0.7, 0.8)
    """Half widths of the first box, in the coordinates of `calibration.parameters`: size, spread, number, its spread,
    limit, agglomerates. Rule of thumb: sizes change by a quarter, numbers by four fifths."""
    shrink: float = 0.7
    """Factor on the box after each round. Rule of thumb."""
    bold: float = 3.0
    """Largest correction of size or number in a step at first, as a factor. Rule of thumb."""
    gentle: float = 1.2
    """The same in the end, where means fit already. Rule of thumb."""
    clearly: float = 0.7
    """Means that fit are given up only for a total that is lower by this factor: totals of few arrangements are
    noisy."""
    least_samples: int = 16
    """Fewer arrangements make no surface: it has 28 terms, held down by `ridge`. Rule of thumb."""

    arrangements: int = 1000
    """Arrangements that are drawn where thresholds find the particles."""
    patches: int = 80
    """Real patches there."""
    inferred_scans: int = 8
    """Scans from which patches are chosen where the generalist searches: it takes some seconds for each."""
    inferred_arrangements: int = 240
    """Arrangements where the generalist finds the particles: two minutes; thresholds need more, and take less each."""
    inferred_patches: int = 48
    """Real patches there."""
    inferred_means: float = 0.12
    """Share of these arrangements that bring the means together first, in `first_steps` steps."""
    inferred_last: float = 0.24
    """Share that judges: half each the given project and the median of the posterior."""
    inferred_rims: int = 4
    """Arrangements in which the brightness of rims is found there. Rule of thumb: a few hundred rims."""
    nearness: float = 1.5
    """Samples count the less the farther from the centre, in widths of the box. Rule of thumb: a quadratic is good
    nearby."""
    candidates: int = 20000
    """Changes among which the posterior is drawn: importance sampling of a box of six dimensions."""
    least_effective: float = 100.0
    """So many candidates count at least, after Kish; a likelihood that leaves fewer is flattened. Rule of thumb."""
    flattened: float = 0.8
    """Factor on the logarithm of such a likelihood, step by step."""
    posterior_draws: int = 2000
    """Draws of the posterior: a 5th percentile is uncertain by a fiftieth of the spread."""
    unlike: float = 0.15
    """By how much summaries of the scans and of arrangements in a neutral look may differ without any reason, in
    standard deviations over the box. Rule of thumb: a few percent in size."""
    least_width: float = 0.3
    """The box of the second round is at least this fraction of the first. Rule of thumb."""


RULES = CalibrationRules()
