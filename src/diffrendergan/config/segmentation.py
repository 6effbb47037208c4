"""Configuration of the segmentation networks."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from diffrendergan.config.base import (
    NO_RESULT,
    Count,
    CountOrNone,
    Different,
    Fraction,
    NonNegative,
    PatchSize,
    Positive,
    Section,
    Size,
)
from diffrendergan.config.own_networks import BUILT_IN, known_network

Fold = Annotated[int, Field(ge=0, le=4)]


class NnunetConfig(Section):
    """Training with nnU-Net v2 (`segmentation.network: nnunet`); the defaults are nnU-Net's own, as in the paper."""

    epochs: Count = 1000
    iterations_per_epoch: Count = 250
    """Training steps in an epoch."""
    validation_iterations: Count = 50
    """Batches on which the network is validated after each epoch."""
    folds: Literal["all"] | Annotated[tuple[Fold, ...], Field(min_length=1), Different] = "all"
    """`all`: one network, trained on every image. Numbers from 0 to 4: a network for each of these folds of nnU-Net's
    five-fold split, and the mean of their predictions."""
    tile_step: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Step of the prediction tiles, as a fraction of the tile."""
    workers: Annotated[Literal["auto"] | CountOrNone, NO_RESULT] = "auto"
    """Processes that augment the training images. `auto`: none on a CPU, up to 12 with a GPU. Without any, a training
    can be repeated bit for bit."""
    batch_size: Size | None = None
    """Images in a batch; null: as nnU-Net plans for 8 GB of GPU memory, which is slow on a CPU."""
    patch_size: PatchSize | None = None
    """Largest edge of the training crops and prediction tiles [px]; null: as nnU-Net plans, up to the whole image."""
    base_features: Size = 32
    """Channels of the first level; each further level has twice as many."""
    max_features: Size = 512
    """Channels that no level exceeds."""


class AdaptConfig(Section):
    """Adapting the trained U-Net to the unlabelled scans themselves (`docs/segmentation.md`)."""

    steps: CountOrNone = 0
    """Training steps after the training; 0: networks stay as they were trained, and no other field here matters."""
    scans: Literal["training", "all"] = "training"
    """Scans that are adapted to. `all`: the held-out ones, too, whose scores are then no longer those of scans that the
    network has never seen; the report says so."""
    network: Literal["student", "teacher"] = "student"
    """Which of the two is kept: the network that learned, or the moving average of its weights that taught it."""
    weight: Positive = 1.0
    """Weight of the unlabelled crops beside the annotated ones, which are half of each step."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """A pixel is learned where the teacher gives its class at least this probability. At .99 hardly any pixel of a
    particle is left, and none of a contour."""
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay of the teacher's weights in each step: it follows the student within about 1 / (1 − decay) steps."""
    learning_rate: Positive = 5e-4
    """Highest learning rate; it rises and falls over the steps as that of the training."""
    strength: Fraction = 0.7
    """How strongly imaging is varied in what the student sees, as `segmentation.augmentation_strength`."""

    @property
    def acts(self) -> bool:
        """Whether networks are adapted at all."""
        return self.steps > 0


GENERALIST_CHANNELS = (24, 48, 96, 160, 224, 240)
"""Channels per level of the packaged generalist."""


class SegmentationConfig(Section):
    """The segmentation network (METHOD §8)."""

    network: Annotated[str, AfterValidator(known_network)] = "unet"
    """`unet`: the light U-Net, set by the fields below. `nnunet`: nnU-Net v2 as in the paper, set by
    `segmentation.nnunet` alone; needs the extra `[nnunet]`. Or the name of a network that another installed package
    brings (`docs/how-to/own-network.md`), set by `segmentation.own`."""
    own: dict[str, Any] | None = None
    """Settings of a network of another package, as that package documents them; null for `unet` and `nnunet`."""
    start: Literal["generalist"] | None = None
    """Weights that the U-Net starts from: those of the packaged generalist, whose channels it then has; null: random
    ones."""
    channels: tuple[Size, ...] = (16, 32, 64, 128, 256)
    """Channels per level of the U-Net that starts from random weights."""
    residual_units: Annotated[int, Field(ge=0, le=64)] = 1
    steps: Count = 1200
    batch_size: Size = 8
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-4
    patch_size: PatchSize = 256
    """Edge of the training crops [px]."""
    validation_fraction: Fraction = 0.1
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Overlap of neighbouring tiles in prediction, as a fraction of the tile, whose edge is twice `patch_size`."""
    augmentation_strength: Fraction = 0.7
    """0 only flips and rotates; 1 adds strong contrast, gamma, blur, noise and scale changes, and particles with rims
    and brightness of their own."""
    nnunet: NnunetConfig = NnunetConfig()
    adapt: AdaptConfig = AdaptConfig()

    @property
    def built_channels(self) -> tuple[int, ...]:
        """Channels per level of the network that is built."""
        return GENERALIST_CHANNELS if self.start == "generalist" else self.channels

    @model_validator(mode="after")
    def _has_the_weights_shape(self) -> SegmentationConfig:
        # A project file that was read holds every field, so that only values tell what its author has set.
        fields = type(self).model_fields
        changed = {name for name in ("channels", "residual_units") if getattr(self, name) != fields[name].default}
        own = (tuple(self.channels), self.residual_units) != (GENERALIST_CHANNELS, 1)
        if self.start == "generalist" and changed and own:
            raise ValueError(
                f"`start` is generalist, whose network has the channels {list(GENERALIST_CHANNELS)} and one residual "
                f"unit; leave out {' and '.join(f'`{name}`' for name in sorted(changed))}, or start from random "
                "weights with `start: null`"
            )
        return self

    @model_validator(mode="after")
    def _has_own_settings(self) -> SegmentationConfig:
        if self.own is not None and self.network in BUILT_IN:
            raise ValueError(
                f"`own` holds settings of a network of another package, but `network` is {self.network}; leave `own` "
                "out, or name that network"
            )
        return self

    @model_validator(mode="after")
    def _can_adapt(self) -> SegmentationConfig:
        if self.network != "unet" and self.adapt.acts:
            raise ValueError(
                f"`adapt.steps` is {self.adapt.steps}, but only the light U-Net is adapted to scans; set it to 0, or "
                "`network` to unet"
            )
        return self
