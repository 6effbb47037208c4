"""The numbers by which sizes are judged, wherever labels come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SizeRules:
    """What decides about distributions, the border and specks. Shown in docs/estimation.md."""

    least_for_spread: int = 8
    """Diameters below which no spread is told, and no distribution fitted. Rule of thumb: the standard deviation of
    eight draws is uncertain by a quarter."""
    least_for_two: int = 40
    """Diameters below which two sizes are not told from one, and twice the different diameters that it takes. Rule of
    thumb: five parameters, eight diameters each."""
    clearly_two: float = 2.0
    """Two sizes differ by at least this many of their root mean square deviations: Ashman's D, of which 2 is the usual
    limit (K. M. Ashman et al., Astron. J. 108, 2348 (1994))."""
    least_share: float = 0.1
    """Share of the particles that each of two sizes has at least. Rule of thumb: fewer are outliers."""
    least_gain: float = 10.0
    """Two sizes lower the BIC by at least this much: very strong evidence after R. E. Kass, A. E. Raftery, J. Am. Stat.
    Assoc. 90, 773 (1995)."""
    default_sigma: float = 0.1
    """Spread of the logarithm of diameters where too few tell it. Rule of thumb: that of nearly equal particles."""
    least_sigma: float = 1e-3
    """Least standard deviation of a fit, as a fraction of the mean, or of the logarithm: all diameters may be equal.
    Chosen small; no measured spread comes near."""
    most_weight_guessed: float = 4.0
    """A particle of guessed outline stands for at most so many. Rule of thumb: a cluster taken for one particle, nearly
    as large as the scan, would outweigh all others. Particles of given labels have the weight that geometry says."""
    frame_px: int = 1
    """What ends this close to the border is taken as cut by it [px]: many masks, drawn by hand or by programs, have an
    empty frame of one pixel, behind which every cut particle would look whole."""
    speck_px: int = 10
    """Of smaller areas [px], sizes are those of the pixels, and shapes mean nothing. Rule of thumb: a disc 3.6 px wide,
    whose diameter is uncertain by 15 %."""
    speck_share: float = 0.05
    """Pieces of guessed outline under this fraction of the area-weighted mean area are specks: by diameter a quarter of
    the large ones. Rule of thumb, held to the annotations of tio2-sem (docs/estimation.md)."""
    shape_px: float = 10
    """Ratios that tell of shape are summed up of particles at least this wide [px]: of smaller ones they tell of the
    grid of pixels (the circularity of a single pixel is 2.9)."""
    wanted_half_width: float = 0.05
    """Half the 95 % interval, as a fraction, for which the number of particles needed is told: the 5 % of the tables in
    ISO 13322-1, annex A."""
    round_speck_share: float = 0.1
    """The same for circles, and for the usual diameter by which windows are judged: grains on a surface answer to the
    search for circles as well, and are larger than noise. Rule of thumb, held to emps-spheres-sem."""


RULES = SizeRules()
