"""What is under the virtual microscope, and how it is set."""

from __future__ import annotations

from dataclasses import dataclass, fields

Range = tuple[float, float]
"""Lowest and highest value; each scan draws its own in between."""


@dataclass(frozen=True)
class MicroscopeSettings:
    """Sample, electron physics, beam and detector of the virtual microscope.

    The laws are those of L. Reimer, *Scanning Electron Microscopy* (2nd ed., Springer 1998) and D. C. Joy, *Monte
    Carlo Modeling for Electron Microscopy and Microanalysis* (Oxford 1995), simplified to a height field. Yields
    are relative to the contrast of in-lens scans of oxide particles on a light, conductive ground, not absolute.
    The defaults give agglomerates whose particles measure about 29 px.
    """

    width: int = 768
    """Columns of a scan [px]."""
    height: int = 640
    """Rows of a scan, with the data bar [px]."""
    data_bar: int = 40
    """Rows of the data bar at the bottom [px]."""
    pixel_size_nm: float = 7.5
    """Edge of a pixel [nm]."""
    oversampling: int = 2
    """Height-field samples per pixel edge; they are averaged as a beam dwelling on the pixel would."""
    margin_px: int = 24
    """Sample simulated beyond the scan on each side, so that shadows and drift reach in [px]."""

    diameter_nm: float = 220.0
    """Median volume-equivalent diameter of the particles [nm]."""
    diameter_sigma: float = 0.2
    """Standard deviation of the logarithm of the diameter."""
    elongation: float = 1.35
    """Largest ratio of two edges of the box that a particle is cut from."""
    cuts: tuple[int, int] = (4, 12)
    """Fewest and most planes that cut corners off the box."""
    coverage: Range = (0.16, 0.30)
    """Fraction of the deposit area that particles hide."""
    agglomerate_size: float = 7.0
    """Median number of particles in an agglomerate (lognormal)."""
    agglomerate_sigma: float = 0.8
    """Standard deviation of the logarithm of that number."""
    agglomerate_limit: int = 40
    """Most particles in an agglomerate."""
    stack_limit: float = 2.4
    """Highest top of a particle above the ground, in median diameters."""
    least_visible: float = 0.35
    """Share of a particle's silhouette that later ones may not hide."""
    bare_probability: float = 0.7
    """Probability that the dried deposit leaves a strip along one edge of a scan bare."""
    bare_strip_px: int = 324
    """Width of that strip [px]."""
    relief_nm: float = 1.0
    """Standard deviation of growth relief on the particles' faces [nm]."""

    roughness_nm: float = 2.5
    """Standard deviation of the ground's fractal roughness [nm]."""
    roughness_exponent: float = 2.6
    """Decay of the roughness' power spectrum with spatial frequency."""
    grains_per_mpx: float = 900.0
    """Low grains and dimples on the ground, per million pixels."""
    grain_height_nm: Range = (2.0, 22.0)
    """Height of a grain, depth of a dimple [nm]."""
    scratches: tuple[int, int] = (2, 6)
    """Fewest and most faint scratches per scan."""
    scratch_depth_nm: Range = (4.0, 14.0)
    """Depth of a scratch [nm]."""

    film_coverage: Range = (0.0, 0.0)
    """Fraction of the ground under films of dried residue."""
    film_yield: Range = (1.2, 2.6)
    """Secondary electrons of a film relative to those of the clean ground."""
    flakes_per_mpx: float = 0.0
    """Flat flakes that are no particles, per million pixels."""
    flake_size: Range = (0.15, 0.9)
    """Diameter of a flake, in median diameters of particles."""
    flake_yield: Range = (1.5, 3.5)
    """Secondary electrons of a flake relative to those of the clean ground."""

    particle_yield: float = 0.36
    """Secondary electrons per primary electron from a flat particle face."""
    ground_yield: float = 0.115
    """The same from the flat ground: lighter atoms, fewer electrons (Z-contrast)."""
    channelling_sigma: float = 0.12
    """Standard deviation of the logarithm of a particle's own yield: its crystal orientation (Reimer, ch. 6)."""
    tilt_exponent: float = 1.0
    """n in the yield's rise with tilt, sec^n θ: 0.8 for heavy, 1.3 for light elements (Reimer, ch. 4)."""
    tilt_limit: float = 2.2
    """Highest rise by tilt: at grazing incidence the law breaks down over the finite escape depth."""
    edge_gain: float = 0.55
    """Strongest rise at edges, where electrons diffuse out through a second surface (Reimer, ch. 6)."""
    diffusion_nm: float = 15.0
    """Range of that diffusion [nm]."""
    backscatter_yield: float = 0.18
    """Further electrons set free by backscattered ones in very thick matter (SE2)."""
    backscatter_depth_nm: float = 500.0
    """Thickness at which 1 − 1/e of them are reached [nm]."""
    shadow_exponent: float = 0.8
    """Power of the visible sky in the collected signal; below 1 as the field draws electrons out of pits."""
    shadow_reach_nm: float = 400.0
    """How far the horizon is searched [nm]."""
    side_asymmetry: float = 0.12
    """Relative preference of the detector for its own side."""
    detector_azimuth_deg: float = 60.0
    """Where the detector stands, from the direction of the rows to that of the columns [degrees]."""

    beam_sigma_px: Range = (0.6, 0.9)
    """Standard deviation of the focused beam [px]."""
    astigmatism: float = 0.12
    """Largest relative difference of the two axes of the beam."""
    beam_tail: float = 0.12
    """Share of the current in a tail four times as wide."""
    drift_px: float = 1.5
    """Typical drift of the stage over a scan [px]."""
    jitter_px: float = 0.12
    """Standard deviation of a row's own displacement, by vibration and mains hum [px]."""
    charging: float = 0.06
    """Darkening after a long row of particles that outshine the ground by the ground's own signal."""
    charging_length_px: float = 60.0
    """Length over which that streak fades [px]."""
    dose: Range = (350.0, 900.0)
    """Primary electrons per pixel."""
    row_noise: float = 0.004
    """Standard deviation of a row's own gain."""
    detector_noise: float = 0.003
    """Standard deviation of the amplifier's noise, in units of full scale."""
    contrast: Range = (0.85, 1.1)
    """Gain from electrons per primary electron to full scale."""
    brightness: Range = (0.0, 0.03)
    """Offset, in units of full scale."""

    def __post_init__(self) -> None:
        """Refuse settings that no scan can be made with."""
        if self.oversampling < 1 or self.width < 32 or not 0 <= self.data_bar <= self.height - 32:
            raise ValueError("a scan needs at least 32 rows and columns beside the data bar, and oversampling ≥ 1")
        for name in ("pixel_size_nm", "diameter_nm", "particle_yield", "ground_yield", "diffusion_nm"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple) and not value[0] <= value[1]:
                raise ValueError(f"{field.name} must rise, got {value}")

    @property
    def image_rows(self) -> int:
        """Rows above the data bar [px]."""
        return self.height - self.data_bar

    @property
    def samples_per_nm(self) -> float:
        """Height-field samples per nanometre."""
        return self.oversampling / self.pixel_size_nm


DEMO = MicroscopeSettings(
    film_coverage=(0.02, 0.15), film_yield=(2.2, 3.6), flakes_per_mpx=120.0, flake_yield=(2.0, 4.0), charging=0.1,
    dose=(250.0, 700.0),
)  # fmt: skip
"""The sample of `diffrendergan demo`: not clean, so that a threshold alone does not find the particles."""
