"""Configuration of scan and detector."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from diffrendergan.config.base import NonNegativeParameter, Parameter, PositiveParameter, UnitParameter, fixed_at
from diffrendergan.config.operator_section import OperatorSection


class VignettingConfig(OperatorSection):
    """Brightness that falls, or rises, towards the corners."""

    strength: Parameter = 0.0
    """Share of the brightness that the corners lack; below 0 they have more; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether corners differ."""
        return not fixed_at(self.strength, 0)


class ScanConfig(OperatorSection):
    """A scan that is not quite straight: lines that jump, sway or creep. Labels are moved with what they label."""

    jitter_px: NonNegativeParameter = 0.0
    """Standard deviation of a line's own shift to the side [px]."""
    vibration_px: NonNegativeParameter = 0.0
    """Amplitude of a sideways oscillation in time, whose phase is each image's own [px]."""
    vibration_lines: PositiveParameter = 8.0
    """Its period, in the time that a line takes [lines]."""
    drift_right_px: Parameter = 0.0
    """How far the sample creeps to the right while the image is scanned: what is upright leans [px]."""
    drift_down_px: Parameter = 0.0
    """How far it creeps down: the image is stretched; below 0 it is squeezed [px]. With all at 0 it is left out."""

    @property
    def acts(self) -> bool:
        """Whether anything is moved."""
        shifts = (self.jitter_px, self.vibration_px, self.drift_right_px, self.drift_down_px)
        return not all(fixed_at(shift, 0) for shift in shifts)

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        still = name == "vibration_lines" and fixed_at(self.vibration_px, 0)
        return super().why_without_effect(name) or ("vibration_px is 0" if still else None)


class RingsConfig(OperatorSection):
    """Rings of a tomogram about its axis: elements of the detector that count a little more or less than others."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of a ring's brightness, in units of full scale; 0 leaves it out."""
    width_px: PositiveParameter = 1.5
    """How broad a ring is, as one standard deviation [px]."""
    away_px: PositiveParameter = 300.0
    """The axis lies at most so far from the middle of an image, in any direction: patches are cut anywhere from a slice
    [px]."""

    @property
    def acts(self) -> bool:
        """Whether there are rings."""
        return not fixed_at(self.sigma, 0)


class GrainConfig(OperatorSection):
    """Noise that neighbouring pixels share: of a reconstruction, a filter, or a scintillator."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation, in units of full scale; 0 leaves it out."""
    width_px: PositiveParameter = 1.0
    """How far it is alike, as the standard deviation of the Gaussian that white noise is smoothed by [px]."""

    @property
    def acts(self) -> bool:
        """Whether there is such noise."""
        return not fixed_at(self.sigma, 0)


class LevellingConfig(OperatorSection):
    """What a scanner adds to heights, and what is taken off again as `data.heights` has it of scans."""

    tilt: NonNegativeParameter = 0.0
    """Standard deviation of the rise from one side to the other, in units of full scale."""
    bow: NonNegativeParameter = 0.0
    """Standard deviation of the sag in the middle, in units of full scale."""
    degree: Annotated[int, Field(ge=-1, le=3)] = -1
    """Degree of the polynomial that is taken off the ground: 1 is a plane, 2 a bow; −1 takes nothing off."""
    lines: bool = False
    """Bring the ground of each line to the same height as well."""

    @property
    def acts(self) -> bool:
        """Whether anything is added, or taken off."""
        return self.degree >= 0 or not (fixed_at(self.tilt, 0) and fixed_at(self.bow, 0))


class ResponseConfig(OperatorSection):
    """The detector's monotone response: offset, gain, and gamma."""

    offset: Parameter = 0.0
    """Added before the gamma, in units of full scale."""
    gain: PositiveParameter = 1.0
    """Factor on the signal."""
    gamma: PositiveParameter = 1.0
    """Exponent: below 1 dark parts are spread, above 1 bright ones."""

    @property
    def acts(self) -> bool:
        """Whether anything changes."""
        return not (fixed_at(self.offset, 0) and fixed_at(self.gain, 1) and fixed_at(self.gamma, 1))


class SaturationConfig(OperatorSection):
    """A detector that saturates softly: near full scale more signal makes hardly any difference."""

    share: UnitParameter = 0.0
    """Share of the range, at its bright end, into which all brighter signals are squeezed; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether anything is squeezed."""
        return not fixed_at(self.share, 0)


class ShotNoiseConfig(OperatorSection):
    """Noise of counted electrons: its variance grows with the signal."""

    variance_per_signal: NonNegativeParameter = 0.0
    """Variance for a signal of 1; the signal over this is the number of electrons counted; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether there is such noise."""
        return not fixed_at(self.variance_per_signal, 0)


class LineNoiseConfig(OperatorSection):
    """Noise that is the same, or nearly so, along a scan line."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of a line's offset, in units of full scale; 0 leaves it out."""
    length_px: PositiveParameter = 1e4
    """Length along the line in which it forgets itself [px]; far more than the image is wide: one offset per line."""

    @property
    def acts(self) -> bool:
        """Whether there is such noise."""
        return not fixed_at(self.sigma, 0)


class GroundNoiseConfig(OperatorSection):
    """Noise with the spectrum of the scans' own, as their ground shows it, on particles and in shadows.

    It is of `imaging.ground`, which must be `real` or `texture`, image by image: what is brighter than the ground is
    noisier.
    """

    carried: bool = False
    """True carries the ground's noise on."""
    growth: NonNegativeParameter = 1.0
    """Share of the ground's noise variance that grows with the brightness: 0 is noise that is everywhere the same, 1 of
    counted electrons, above 1 of a detector that shows some electrons as black."""

    @property
    def acts(self) -> bool:
        """Whether noise goes on over particles."""
        return self.carried


class QuantisationConfig(OperatorSection):
    """Grey levels that are counted; derivatives pass as if they were not."""

    bits: Annotated[int, Field(ge=0, le=16)] = 0
    """Bits of a stored pixel: 8 are 256 levels; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether grey levels are rounded."""
        return self.bits > 0
