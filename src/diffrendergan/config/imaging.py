"""Configuration of what follows the render: one field or section for each operator, in the order of the chain."""

from __future__ import annotations

from pydantic import model_validator

from diffrendergan.config.base import Learned, NonNegativeParameter, Parameter, Section, fixed_at


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


class ImagingConfig(Section):
    """Known operators after the render, one after the other (`docs/imaging.md`)."""

    defocus: DefocusConfig = DefocusConfig()
    astigmatism: AstigmatismConfig = AstigmatismConfig()
    blur_sigma_px: NonNegativeParameter = 0.0
    """Gaussian blur before the noise, standard deviation [px]; 0 leaves it out."""
    noise_sigma: NonNegativeParameter = Learned(learn=(0.001, 0.1))
    """Standard deviation of additive Gaussian noise, in units of full scale."""

    def left_out(self) -> tuple[str, ...]:
        """Return the sections whose operators leave images as they are."""
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        return tuple(name for name, value in sections.items() if isinstance(value, OperatorSection) and not value.acts)
