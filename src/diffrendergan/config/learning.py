"""Configuration of everything that is trained, drawn and scored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from diffrendergan.config.base import NO_RESULT, Count, Fraction, NonNegative, Positive, Section, Seed

BelowOne = Annotated[float, Field(ge=0, lt=1)]
Fold = Annotated[int, Field(ge=0, le=4)]


def _different(values: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"each number may stand there once, got {list(values)}")
    return values


class GeneratorConfig(Section):
    """Where the generator comes from."""

    folder: Path | None = None
    """A generator made elsewhere, as `import-authors` writes one: nothing is trained and no epoch is chosen."""
    draw: Literal["learned", "uniform"] = "learned"
    """`uniform`: domain randomisation. Each learned parameter is drawn evenly from its whole range, image by image, and
    nothing is trained; it shows what the training is worth."""

    @model_validator(mode="after")
    def _one_source(self) -> GeneratorConfig:
        if self.folder is not None and self.draw == "uniform":
            raise ValueError(f"`folder` is {self.folder}, but a uniform draw takes no generator; remove one of the two")
        return self

    @property
    def trains(self) -> bool:
        """Whether the project trains a generator of its own."""
        return self.folder is None and self.draw == "learned"

    @property
    def instead(self) -> str:
        """Where materials come from if no generator is trained, as the end of a sentence."""
        if self.draw == "uniform":
            return "materials are drawn evenly from their ranges (`generator.draw` is uniform)"
        return f"the generator was made elsewhere, in {self.folder} (`generator.folder`)"


class TrainingConfig(Section):
    """The GAN (METHOD §5, §6)."""

    epochs: Count = 50
    loss: Literal["lsgan", "log"] = "lsgan"
    """`lsgan`: least squares (the authors' code). `log`: the paper's equation 7."""
    batch_size: Count = 1
    lr_generator: Positive = 2e-4
    lr_discriminator: Positive = 1e-4
    betas: tuple[BelowOne, BelowOne] = (0.5, 0.999)
    hidden: Count = 128
    """Units in each of the four hidden layers of the regression network."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    layer_order: Literal["dropout-linear-relu", "linear-relu-dropout"] = "dropout-linear-relu"
    """The paper's order, or that of the authors' code."""
    init_gain: Positive = 0.02
    """Gain of the Xavier initialisation of the discriminator."""
    discriminator_filters: Count = 64
    sample_grid: Annotated[Count, NO_RESULT] = 16
    """Synthetic images in the sample grid written after each epoch."""


class FidConfig(Section):
    """Distance between real and synthetic patches after each epoch."""

    extractor: Literal["efficientnet", "inception"] = "efficientnet"
    """`efficientnet`: weights come with the package, offline. `inception`: the clean-fid protocol."""
    inception_weights: Path | None = None
    """Inception weights at hand; without it they are downloaded once and verified."""


class SelectionConfig(Section):
    """Choice of the epoch."""

    candidates: Count = 5
    """The epochs of lowest FID among which the broadest parameter distribution wins."""
    epoch: Count | None = None
    """Overrules the choice."""


class SynthesisConfig(Section):
    """Annotated synthetic images (METHOD §7)."""

    images: Count = 1000
    min_background: Fraction = 0.15
    """Least fraction of background pixels."""
    min_contrast: Positive = 1.15
    """Least ratio of mean particle to mean background intensity; the other way round if `data.foreground` is dark."""
    min_region_px: Annotated[int, Field(ge=0)] = 50
    """Label regions smaller than this are removed [px]."""
    contour_width_px: Count = 1
    """Width of the contour class [px]."""
    max_attempts: Count = 50
    """Rejected draws after which an image is given up with an error."""
    amodal: bool = False
    """Also write `amodal/`: the full silhouette of each instance, where others hide it, too."""
    formats: tuple[Literal["nnunet", "coco"], ...] = ()
    """Further formats to write."""


class NnunetConfig(Section):
    """Training with nnU-Net v2 (`segmentation.network: nnunet`); the defaults are nnU-Net's own, as in the paper."""

    epochs: Count = 1000
    iterations_per_epoch: Count = 250
    """Training steps in an epoch."""
    validation_iterations: Count = 50
    """Batches on which the network is validated after each epoch."""
    folds: Literal["all"] | Annotated[tuple[Fold, ...], Field(min_length=1), AfterValidator(_different)] = "all"
    """`all`: one network, trained on every image. Numbers from 0 to 4: a network for each of these folds of nnU-Net's
    five-fold split, and the mean of their predictions."""
    tile_step: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Step of the prediction tiles, as a fraction of the tile."""
    workers: Annotated[Literal["auto"] | Annotated[int, Field(ge=0)], NO_RESULT] = "auto"
    """Processes that augment the training images. `auto`: none on a CPU, up to 12 with a GPU. Without any, a training
    can be repeated bit for bit."""
    batch_size: Count | None = None
    """Images in a batch; null: as nnU-Net plans for 8 GB of GPU memory, which is slow on a CPU."""
    patch_size: Annotated[int, Field(ge=32)] | None = None
    """Largest edge of the training crops and prediction tiles [px]; null: as nnU-Net plans, up to the whole image."""
    base_features: Count = 32
    """Channels of the first level; each further level has twice as many."""
    max_features: Count = 512
    """Channels that no level exceeds."""


class SegmentationConfig(Section):
    """The segmentation network (METHOD §8)."""

    network: Literal["unet", "nnunet"] = "unet"
    """`unet`: the light U-Net, set by the fields below. `nnunet`: nnU-Net v2 as in the paper, set by
    `segmentation.nnunet` alone; needs the extra `[nnunet]`."""
    channels: tuple[Count, ...] = (16, 32, 64, 128, 256)
    """Channels per level of the U-Net."""
    residual_units: Annotated[int, Field(ge=0)] = 1
    steps: Count = 1200
    batch_size: Count = 8
    learning_rate: Positive = 1e-3
    weight_decay: NonNegative = 1e-4
    patch_size: Annotated[int, Field(ge=32)] = 256
    """Edge of the training crops [px]."""
    validation_fraction: Fraction = 0.1
    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Overlap of neighbouring tiles in prediction, as a fraction of the tile, whose edge is twice `patch_size`."""
    augmentation_strength: Fraction = 0.7
    """0 only flips and rotates; 1 adds strong contrast, gamma, blur, noise and scale changes, and particles with rims
    and brightness of their own."""
    nnunet: NnunetConfig = NnunetConfig()


class EvaluationConfig(Section):
    """Scores on the held-out scans."""

    min_region_px: Annotated[int, Field(ge=0)] = 20
    """Predicted regions smaller than this are dropped [px]."""
    decoding: Literal["components", "watershed", "distance"] = "components"
    """How the headline instances are cut: the paper's connected components, a contour-aware watershed, or the predicted
    distance from the boundary (not with nnU-Net, which predicts none)."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(_different)] = (0,)
    """A network is trained for each seed; the report gives mean and spread."""
