"""Configuration of what follows the render: one field or section for each operator, in the order of the chain."""

from __future__ import annotations

from diffrendergan.config.base import Learned, NonNegativeParameter, Section
from diffrendergan.config.operator_section import OperatorSection
from diffrendergan.config.optics import AstigmatismConfig, DefocusConfig, TailConfig
from diffrendergan.config.recording import (
    LineNoiseConfig,
    QuantisationConfig,
    ResponseConfig,
    SaturationConfig,
    ScanConfig,
    ShotNoiseConfig,
    VignettingConfig,
)
from diffrendergan.config.sample import (
    ChargingConfig,
    GlowConfig,
    LevelsConfig,
    RimsConfig,
    SeamsConfig,
    VariationConfig,
)


class ImagingConfig(Section):
    """Known operators after the render, one after the other (`docs/imaging.md`)."""

    variation: VariationConfig = VariationConfig()
    levels: LevelsConfig = LevelsConfig()
    rims: RimsConfig = RimsConfig()
    seams: SeamsConfig = SeamsConfig()
    glow: GlowConfig = GlowConfig()
    defocus: DefocusConfig = DefocusConfig()
    astigmatism: AstigmatismConfig = AstigmatismConfig()
    blur_sigma_px: NonNegativeParameter = 0.0
    """Gaussian blur before the noise, standard deviation [px]; 0 leaves it out."""
    tail: TailConfig = TailConfig()
    charging: ChargingConfig = ChargingConfig()
    vignetting: VignettingConfig = VignettingConfig()
    scan: ScanConfig = ScanConfig()
    response: ResponseConfig = ResponseConfig()
    saturation: SaturationConfig = SaturationConfig()
    shot_noise: ShotNoiseConfig = ShotNoiseConfig()
    line_noise: LineNoiseConfig = LineNoiseConfig()
    noise_sigma: NonNegativeParameter = Learned(learn=(0.001, 0.1))
    """Standard deviation of additive Gaussian noise, in units of full scale."""
    quantisation: QuantisationConfig = QuantisationConfig()

    def left_out(self) -> tuple[str, ...]:
        """Return the sections whose operators leave images as they are."""
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        return tuple(name for name, value in sections.items() if isinstance(value, OperatorSection) and not value.acts)
