"""Configuration of the generator: where it comes from, its training, and the choice of its epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from diffrendergan.config.base import NO_RESULT, Count, CountOrNone, Positive, Section, Size

BelowOne = Annotated[float, Field(ge=0, lt=1)]


class GeneratorConfig(Section):
    """Where the generator comes from."""

    folder: Path | None = None
    """A generator made elsewhere, as `import-authors` writes one: nothing is trained and no epoch is chosen."""
    draw: Literal["learned", "fitted", "uniform"] = "learned"
    """`learned`: the GAN gives parameters to each arrangement. `fitted`: they are drawn from what `fit` found in the
    statistics of the scans, and no GAN is trained. `uniform`: domain randomisation. Each learned parameter is drawn
    evenly from its whole range, image by image, and nothing is trained; it shows what fit and training are worth."""

    @model_validator(mode="after")
    def _one_source(self) -> GeneratorConfig:
        if self.folder is not None and self.draw != "learned":
            raise ValueError(
                f"`folder` is {self.folder}, but a {self.draw} draw takes no generator; remove one of the two"
            )
        return self

    @property
    def trains(self) -> bool:
        """Whether the project trains a generator of its own."""
        return self.folder is None and self.draw == "learned"

    @property
    def instead(self) -> str:
        """Where materials come from, as the end of a sentence about a stage that a project does not have."""
        if self.draw == "fitted":
            return "parameters are drawn from what `fit` found (`generator.draw` is fitted)"
        if self.draw == "uniform":
            return "materials are drawn evenly from their ranges (`generator.draw` is uniform)"
        if self.trains:
            return "a GAN learns the parameters (`generator.draw` is learned); set it to fitted, or take `look: sem`"
        return f"the generator was made elsewhere, in {self.folder} (`generator.folder`)"


class TrainingConfig(Section):
    """The GAN (METHOD §5, §6)."""

    epochs: Count = 50
    """The most epochs; the recipe `balanced` ends when the kernel distance no longer falls."""
    loss: Literal["lsgan", "log"] = "lsgan"
    """`lsgan`: least squares (the authors' code). `log`: the paper's equation 7."""
    batch_size: Size = 1
    lr_generator: Positive = 2e-4
    lr_discriminator: Positive = 1e-4
    betas: tuple[BelowOne, BelowOne] = (0.5, 0.999)
    hidden: Size = 128
    """Units in each of the four hidden layers of the regression network."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    layer_order: Literal["dropout-linear-relu", "linear-relu-dropout"] = "dropout-linear-relu"
    """The paper's order, or that of the authors' code."""
    init_gain: Positive = 0.02
    """Gain of the Xavier initialisation of the discriminator."""
    discriminator_filters: Size = 64
    sample_grid: Annotated[Size, NO_RESULT] = 16
    """Synthetic images in the sample grid written after each epoch."""
    recipe: Literal["paper", "balanced"] = "paper"
    """`paper`: that of Possart et al. 2025, from materials at random. `balanced`: from the fit (the stage `fit` comes
    before `train`), with a discriminator that sees the spectrum too and is held back, chosen by the kernel distance
    (`docs/adversary.md`); of the other fields only `epochs` and `sample_grid` matter to it."""


class FidConfig(Section):
    """Distance between real and synthetic patches after each epoch."""

    extractor: Literal["efficientnet", "inception"] = "efficientnet"
    """`efficientnet`: weights come with the package, offline. `inception`: the clean-fid protocol."""
    inception_weights: Path | None = None
    """Inception weights at hand; without it they are downloaded once and verified."""


class SelectionConfig(Section):
    """Choice of the epoch."""

    candidates: Count = 5
    """The epochs of lowest FID among which the broadest parameter distribution wins; of the recipe `paper`."""
    epoch: CountOrNone | None = None
    """Overrules the choice. 0 is the fit itself, with `training.recipe: balanced`."""
