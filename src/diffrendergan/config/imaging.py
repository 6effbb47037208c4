"""Configuration of what follows the render: one field or section for each operator, in the order of the chain."""

from __future__ import annotations

from pydantic import model_validator

from diffrendergan.config.base import Learned, NonNegativeParameter, Parameter, PositiveParameter, Section, fixed_at
from diffrendergan.config.ground import DistractorConfig, FlatGround, Ground

BEFORE_OPERATORS = ("ground", "distractors")
"""Fields of the section that are no operators: what the picture is put together from before them."""


class OperatorSection(Section):
    """The parameters of one operator; left as they are by default, it leaves images as they are."""

    @property
    def acts(self) -> bool:
        """Whether the operator changes an image at all."""
        raise NotImplementedError

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        return None if self.acts else "the operator is left out"

    @model_validator(mode="after")
    def _learns_only_what_matters(self) -> OperatorSection:
        for name in type(self).model_fields:
            if isinstance(getattr(self, name), Learned) and (reason := self.why_without_effect(name)) is not None:
                raise ValueError(
                    f"{name} cannot be learned, because it cannot change the image: {reason}; give it a number"
                )
        return self


class DefocusConfig(OperatorSection):
    """Blur that grows with the distance from the plane in focus."""

    blur_per_unit: NonNegativeParameter = 0.0
    """Standard deviation of the blur for each scene unit above or below the focus [px]; 0 leaves it out."""
    focus_depth: Parameter = 0.0
    """How far below the particles' plane the focus lies [scene units]: 3 is the stage, negative is above."""

    @property
    def acts(self) -> bool:
        """Whether anything is blurred."""
        return not fixed_at(self.blur_per_unit, 0)


class AstigmatismConfig(OperatorSection):
    """A point spread that is wider along one direction than across it: a Gaussian of two widths."""

    along_px: NonNegativeParameter = 0.0
    """Standard deviation along the direction [px]."""
    across_px: NonNegativeParameter = 0.0
    """Standard deviation across the direction [px]; with both at 0 it is left out."""
    angle_deg: Parameter = 0.0
    """The direction: 0 is to the right, 90 is up [degrees]."""

    @property
    def acts(self) -> bool:
        """Whether anything is blurred."""
        return not (fixed_at(self.along_px, 0) and fixed_at(self.across_px, 0))

    def why_without_effect(self, name: str) -> str | None:
        """Say why a parameter does not show in the image; None if it does."""
        round_spread = not isinstance(self.along_px, Learned) and self.along_px == self.across_px
        return super().why_without_effect(name) or (
            "both widths are the same" if name == "angle_deg" and round_spread else None
        )


class VariationConfig(OperatorSection):
    """Particles of one material that differ in brightness: by charge, by orientation, by composition."""

    sigma: NonNegativeParameter = 0.0
    """Standard deviation of the natural logarithm of a particle's gain; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether particles differ."""
        return not fixed_at(self.sigma, 0)


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


class VignettingConfig(OperatorSection):
    """Brightness that falls, or rises, towards the corners."""

    strength: Parameter = 0.0
    """Share of the brightness that the corners lack; below 0 they have more; 0 leaves it out."""

    @property
    def acts(self) -> bool:
        """Whether corners differ."""
        return not fixed_at(self.strength, 0)


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


class ImagingConfig(Section):
    """Ground, distractors, and known operators after the render, one after the other (`docs/imaging.md`)."""

    ground: Ground = FlatGround()
    distractors: DistractorConfig = DistractorConfig()
    variation: VariationConfig = VariationConfig()
    defocus: DefocusConfig = DefocusConfig()
    astigmatism: AstigmatismConfig = AstigmatismConfig()
    blur_sigma_px: NonNegativeParameter = 0.0
    """Gaussian blur before the noise, standard deviation [px]; 0 leaves it out."""
    charging: ChargingConfig = ChargingConfig()
    vignetting: VignettingConfig = VignettingConfig()
    response: ResponseConfig = ResponseConfig()
    shot_noise: ShotNoiseConfig = ShotNoiseConfig()
    line_noise: LineNoiseConfig = LineNoiseConfig()
    noise_sigma: NonNegativeParameter = Learned(learn=(0.001, 0.1))
    """Standard deviation of additive Gaussian noise, in units of full scale."""

    def left_out(self) -> tuple[str, ...]:
        """Return the sections whose operators leave images as they are."""
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        idle = [
            name
            for name, value in sections.items()
            if isinstance(value, OperatorSection | DistractorConfig) and not value.acts
        ]
        return (*idle, "ground") if isinstance(self.ground, FlatGround) else tuple(idle)

    @property
    def takes_renders_apart(self) -> bool:
        """Whether particles and stage of a render are needed one by one, as another ground and distractors do."""
        return self.ground.model != "flat" or self.distractors.acts
