"""Configuration of what follows the render: one field or section for each operator, in the order of the chain."""

from __future__ import annotations

from pydantic import model_validator

from diffrendergan.config.base import Learned, NonNegativeParameter, Section
from diffrendergan.config.ground import DistractorConfig, FlatGround, Ground
from diffrendergan.config.operator_section import OperatorSection
from diffrendergan.config.optics import AstigmatismConfig, DefocusConfig, SharpeningConfig, TailConfig
from diffrendergan.config.recording import (
    GrainConfig,
    GroundNoiseConfig,
    LevellingConfig,
    LineNoiseConfig,
    QuantisationConfig,
    ResponseConfig,
    RingsConfig,
    SaturationConfig,
    ScanConfig,
    ShotNoiseConfig,
    VignettingConfig,
)
from diffrendergan.config.sample import (
    ChargingConfig,
    GlowConfig,
    LevelsConfig,
    MottleConfig,
    RimsConfig,
    SeamsConfig,
    VariationConfig,
)

BEFORE_OPERATORS = ("ground", "distractors")
"""Fields of the section that are no operators: what the picture is put together from before them."""


class ImagingConfig(Section):
    """Ground, distractors, and known operators after the render, one after the other (`docs/imaging.md`)."""

    ground: Ground = FlatGround()
    distractors: DistractorConfig = DistractorConfig()
    variation: VariationConfig = VariationConfig()
    levels: LevelsConfig = LevelsConfig()
    mottle: MottleConfig = MottleConfig()
    rims: RimsConfig = RimsConfig()
    seams: SeamsConfig = SeamsConfig()
    glow: GlowConfig = GlowConfig()
    defocus: DefocusConfig = DefocusConfig()
    astigmatism: AstigmatismConfig = AstigmatismConfig()
    blur_sigma_px: NonNegativeParameter = 0.0
    """Gaussian blur before the noise, standard deviation [px]; 0 leaves it out."""
    tail: TailConfig = TailConfig()
    sharpening: SharpeningConfig = SharpeningConfig()
    charging: ChargingConfig = ChargingConfig()
    vignetting: VignettingConfig = VignettingConfig()
    scan: ScanConfig = ScanConfig()
    response: ResponseConfig = ResponseConfig()
    saturation: SaturationConfig = SaturationConfig()
    rings: RingsConfig = RingsConfig()
    shot_noise: ShotNoiseConfig = ShotNoiseConfig()
    line_noise: LineNoiseConfig = LineNoiseConfig()
    grain: GrainConfig = GrainConfig()
    noise_sigma: NonNegativeParameter = Learned(learn=(0.001, 0.1))
    """Standard deviation of additive Gaussian noise, in units of full scale."""
    ground_noise: GroundNoiseConfig = GroundNoiseConfig()
    levelling: LevellingConfig = LevellingConfig()
    quantisation: QuantisationConfig = QuantisationConfig()

    @model_validator(mode="after")
    def _carries_noise_of_a_ground(self) -> ImagingConfig:
        if self.ground_noise.carried and isinstance(self.ground, FlatGround):
            raise ValueError(
                "`ground_noise` carries on the noise of a ground, and the flat one has none; set `ground.model` to "
                "real or texture, or `ground_noise.carried` to false with a `noise_sigma`"
            )
        return self

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
