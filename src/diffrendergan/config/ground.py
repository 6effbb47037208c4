"""Configuration of what lies under the particles, and of what lies there beside them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, SerializerFunctionWrapHandler, Tag, model_serializer

from diffrendergan.config.base import (
    CountOrNone,
    DefaultTag,
    Fraction,
    Learned,
    NonNegative,
    NonNegativeParameter,
    Parameter,
    Positive,
    PositiveParameter,
    Section,
    rising,
)

LEARNABLE = ("gain", "offset", "shadow", "shadow_px")
"""What can be learned of a ground that is a picture, in the order of θ's columns."""


class FlatGround(Section):
    """The rendered stage: of one material, shaded by the particles, as in the paper."""

    model: Literal["flat"] = "flat"
    """The kind of ground; it need not be named."""

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name: none."""
        return {}


class PicturedGround(Section):
    """A ground that is a picture as a microscope recorded it: it has its blur and noise already."""

    gain: PositiveParameter = 1.0
    """Factor on the ground's grey values."""
    offset: Parameter = 0.0
    """Added after it, in units of full scale."""
    gain_spread: NonNegative = 0.1
    """Standard deviation, over images, of the natural logarithm of a factor beside `gain`: wider than the scans are."""
    offset_spread: NonNegative = 0.0
    """Standard deviation, over images, of what is added beside `offset`, in units of full scale."""
    shadow: NonNegativeParameter = 0.3
    """Share of the light that the ground lacks at the edge of a long particle, beside the rendered shadows, whose stage
    lies deeper than a real one; 0 is none. In TiO2 SEM 0.2 to 0.4 were measured."""
    shadow_px: PositiveParameter = 12.0
    """How far this shade reaches, as one standard deviation [px]. In TiO2 SEM about half a particle's diameter."""
    turned: bool = True
    """Turn by quarters as well as mirror. False where scan lines show, which lie along the rows of every scan."""

    mirrored: bool = True
    """Mirror as well. False only turns by a half: a scan's noise is not the same along both diagonals."""

    @model_serializer(mode="wrap")
    def _without_what_came_later(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what came later and changes nothing, so that what is recorded of older runs stays true."""
        values: dict[str, Any] = handler(self)
        return {name: value for name, value in values.items() if name not in self._later()}

    def _later(self) -> frozenset[str]:
        """Return the fields that came later and change nothing."""
        return frozenset({"mirrored"} if self.mirrored else set())

    @property
    def learned(self) -> dict[str, Learned]:
        """The learned parameters by name, in the order of θ's columns."""
        values = {name: getattr(self, name) for name in LEARNABLE}
        return {name: value for name, value in values.items() if isinstance(value, Learned)}


class RealGround(PicturedGround):
    """Empty patches of the training scans; where few places are empty, with their particles taken out."""

    model: Literal["real"] = "real"
    lacking: Literal["refuse", "noise"] = "refuse"
    """What is done where particles cover so much of all scans that no patch shows enough ground. `noise`: it is made of
    noise of the level of what is darkest in the training patches (of what is brightest, if particles are dark)."""


class TextureGround(PicturedGround):
    """A texture that looks like the ground of the training scans, or where it is not to be had is made of noise."""

    model: Literal["texture"] = "texture"
    source: Literal["auto", "scans", "noise"] = "auto"
    """`scans`: grown from the ground of the training scans. `noise`: from the three numbers below. `auto`: from the
    scans if they show ground."""
    level: Fraction = 0.2
    """Mean of a ground made of noise, in units of full scale."""
    contrast: NonNegative = 0.02
    """Its standard deviation, in units of full scale."""
    slope: NonNegative = 0.5
    """How its spectrum falls: amplitude as frequency to the power −`slope`; 0 is white, 2 are clouds."""
    holes: Annotated[tuple[CountOrNone, CountOrNone], AfterValidator(rising)] = (0, 0)
    """Fewest and most holes in a ground made of noise that is as large as a patch: a lacey film; 0 leaves them out."""
    hole_px: Annotated[tuple[Positive, Positive], AfterValidator(rising)] = (8.0, 60.0)
    """Smallest and largest radius of a hole [px]; both occur as often, and what lies between."""
    hole_contrast: float = 0.1
    """How much brighter holes are than the film, in units of full scale; below 0 darker, as in dark field."""

    def _later(self) -> frozenset[str]:
        """Return the same, and the holes where there are none."""
        holes = set() if self.holes[1] > 0 else {"holes", "hole_px", "hole_contrast"}
        return super()._later() | holes


Ground = Annotated[
    Annotated[FlatGround, Tag("flat")] | Annotated[RealGround, Tag("real")] | Annotated[TextureGround, Tag("texture")],
    Field(discriminator=Discriminator(DefaultTag("model", "flat"))),
]
"""What lies under the particles, by its `model`; `flat` need not be named."""

DistractorKind = Literal["blob", "bead", "debris", "scratch", "film", "islands", "print"]


class DistractorConfig(Section):
    """Things on the ground that are no particles: drawn into the image, but not into its labels."""

    number: Annotated[tuple[CountOrNone, CountOrNone], AfterValidator(rising)] = (0, 0)
    """Fewest and most in an image; 0 leaves them out."""
    kinds: Annotated[tuple[DistractorKind, ...], Field(min_length=1)] = ("blob", "debris", "scratch", "film")
    """Which, each as often. `blob`: a soft spot. `bead`: a round body with a rim, which must not look like the
    particles. `debris`: a flake with corners. `scratch`: a bent line. `film`: residue with a clear edge. `islands`:
    such residue all over the image, in islands and bays. `print`: letters as high as `size_px`, or a scale bar, as
    figures have them."""
    size_px: Annotated[tuple[Positive, Positive], AfterValidator(rising)] = (4.0, 40.0)
    """Smallest and largest extent [px]; films are up to several times as wide, scratches up to six times as long."""
    contrast: Annotated[tuple[NonNegative, NonNegative], AfterValidator(rising)] = (0.02, 0.3)
    """Least and most that they are brighter or darker than the ground, in units of full scale."""
    dark: Fraction = 0.3
    """Share of them that is darker than the ground."""

    @property
    def acts(self) -> bool:
        """Whether anything is drawn."""
        return self.number[1] > 0
