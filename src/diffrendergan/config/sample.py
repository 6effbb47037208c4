"""Configuration of what particles and charge do to the brightness of a sample, operator by operator."""

from __future__ import annotations

from diffrendergan.config.base import NonNegativeParameter, Parameter, PositiveParameter, UnitParameter, fixed_at
from diffrendergan.config.operator_section import OperatorSection


class VariationConfig(OperatorSection):
    """Particles of one material that differ in brightness: by charge, by orientation, by composition."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of a particle's gain; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether particles differ."""
        return not fixed_at(self.sigma, 0)


class MottleConfig(OperatorSection):
    """Surfaces that are not even: small steps, dirt and crystals show as bright and dark spots."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of the brightness; 0 leaves it out."""
    width_px: PositiveParameter = 1.5
    """How wide spots are, as the standard deviation of a Gaussian [px]."""

    @property
    def acts(self) -> bool:
        """Whether surfaces are uneven."""
        return not fixed_at(self.sigma, 0)


class RimsConfig(OperatorSection):
    """Particles whose rims glow differently: by height, by charge, by what they are coated with."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of a particle's gain where its surface stands upright; it falls with
    the tilt to none where the surface faces the beam. 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether rims differ."""
        return not fixed_at(self.sigma, 0)


class LevelsConfig(OperatorSection):
    """Particles of two brightnesses: of two compositions, or some of them charged."""

    share: UnitParameter = 0.0
    """Share of the particles that have the second brightness; 0 leaves it out."""
    gain: PositiveParameter = 1.0
    """The second brightness, as a multiple of the first; 1 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether there are two."""
        return not (fixed_at(self.share, 0) or fixed_at(self.gain, 1))


class SeamsConfig(OperatorSection):
    """Lines where particles touch or hide each other: dark, since electrons do not get out, or bright."""

    depth: Parameter = 0.0
    """Share of the brightness that the middle of a seam lacks; below 0 it is brighter; 0 leaves it out."""
    width_px: PositiveParameter = 1.0
    """Standard deviation of the seam's profile [px]."""

    @property
    def acts(self) -> bool:
        """Whether there are seams."""
        return not fixed_at(self.depth, 0)


class GlowConfig(OperatorSection):
    """Charging of whole agglomerates: the more particles hang together, the brighter they are."""

    strength: Parameter = 0.0
    """What the largest agglomerates gain, as a share of their brightness; below 0 they are darker; 0 leaves it out."""
    area_px: PositiveParameter = 2000.0
    """Area of particles hanging together in the image that gain half as much [px²]."""

    @property
    def acts(self) -> bool:
        """Whether agglomerates glow."""
        return not fixed_at(self.strength, 0)


class ChargingConfig(OperatorSection):
    """Tails behind bright and dark parts along the scan line: the sample keeps some of the charge it was given."""

    strength: Parameter = 0.0
    """Share of the difference from the line's own mean that is carried on; below 0 the tail of what is bright is dark;
    0 leaves it out."""
    length_px: PositiveParameter = 20.0
    """Length along the line in which a tail falls to 1/e [px]."""

    @property
    def acts(self) -> bool:
        """Whether there are tails."""
        return not fixed_at(self.strength, 0)
