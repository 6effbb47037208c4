"""The whole configuration of a project."""

from __future__ import annotations

from pathlib import Path

from pydantic import model_validator

from diffrendergan.config.arrangement import ArrangementConfig
from diffrendergan.config.base import Section, Seed
from diffrendergan.config.compute import ComputeConfig
from diffrendergan.config.data import DataConfig
from diffrendergan.config.evaluation import EvaluationConfig
from diffrendergan.config.fitting import FitConfig
from diffrendergan.config.imaging import ImagingConfig
from diffrendergan.config.scene import RenderingConfig
from diffrendergan.config.segmentation import SegmentationConfig
from diffrendergan.config.shapes import ParticleConfig
from diffrendergan.config.synthesis import SynthesisConfig
from diffrendergan.config.training import FidConfig, GeneratorConfig, SelectionConfig, TrainingConfig


class Project(Section):
    """Everything `diffrendergan run` needs to know."""

    name: str = "project"
    """A word for titles and folders."""
    run: Path = Path("run")
    """The run folder: every result goes there."""
    seed: Seed = 0
    """The root of all randomness."""
    data: DataConfig = DataConfig()
    particles: ParticleConfig = ParticleConfig()
    arrangement: ArrangementConfig = ArrangementConfig()
    rendering: RenderingConfig = RenderingConfig()
    imaging: ImagingConfig = ImagingConfig()
    generator: GeneratorConfig = GeneratorConfig()
    fit: FitConfig = FitConfig()
    training: TrainingConfig = TrainingConfig()
    fid: FidConfig = FidConfig()
    selection: SelectionConfig = SelectionConfig()
    synthesis: SynthesisConfig = SynthesisConfig()
    segmentation: SegmentationConfig = SegmentationConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    compute: ComputeConfig = ComputeConfig()

    @property
    def about_wires(self) -> bool:
        """Whether the particles are wires, so that thickness and length are what matters."""
        return self.arrangement.placement == "wires" or self.particles.shape.family == "wire"

    @property
    def starts_from_fit(self) -> bool:
        """Whether a generator is trained that starts from what `fit` found."""
        return self.generator.trains and self.training.recipe == "balanced"

    @model_validator(mode="after")
    def _has_meshes_for_all(self) -> Project:
        number = self.arrangement.number
        if number is not None and number[1] > self.particles.count:
            raise ValueError(
                f"`arrangement.number` is {list(number)}, but there are only {self.particles.count} meshes "
                "(`particles.count`); raise the one or lower the other"
            )
        return self

    @property
    def wants_whole_shapes(self) -> bool:
        """Whether networks learn the whole shapes of particles that others cover, from silhouettes."""
        return self.evaluation.decoding == "amodal"

    @property
    def keeps_silhouettes(self) -> bool:
        """Whether synthetic images are written with the silhouettes of their particles."""
        return self.synthesis.amodal or self.wants_whole_shapes

    @model_validator(mode="after")
    def _has_whole_shapes(self) -> Project:
        if not self.wants_whole_shapes:
            return self
        if self.segmentation.network != "unet":
            name = "nnU-Net" if self.segmentation.network == "nnunet" else self.segmentation.network
            raise ValueError(
                f"`evaluation.decoding` is amodal, but {name} (`segmentation.network`) predicts no whole shapes; take "
                "watershed or components, or the network unet"
            )
        if self.about_wires or self.particles.shape.family == "aggregate":
            raise ValueError(
                "`evaluation.decoding` is amodal, which draws an outline by rays from a point within it, but wires and "
                "aggregates of primary particles have none that all of them reach; take watershed or components"
            )
        return self

    @model_validator(mode="after")
    def _network_has_what_decoding_needs(self) -> Project:
        if self.segmentation.network == "nnunet" and self.evaluation.decoding == "distance":
            raise ValueError(
                "`evaluation.decoding` is distance, but nnU-Net (`segmentation.network`) predicts no distances; "
                "take watershed or components"
            )
        return self
