"""Configuration of sizes and places of the particles (METHOD §3)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from diffrendergan.config.base import NO_RESULT, Count, Fraction, NonNegative, Positive, Section
from diffrendergan.config.shapes import CountRange


class NormalSize(Section):
    """Sizes from a normal distribution; non-positive draws are redrawn."""

    distribution: Literal["normal"] = "normal"
    mean: Positive = 1.0
    sigma: NonNegative = 0.1


class LognormalSize(Section):
    """Sizes exp(N(mu, sigma))."""

    distribution: Literal["lognormal"] = "lognormal"
    mu: float = 0.0
    """Natural logarithm of the median."""
    sigma: NonNegative = 0.1


class BimodalSize(Section):
    """Sizes from p·N(mean2, sigma2) + (1−p)·N(mean1, sigma1)."""

    distribution: Literal["bimodal"] = "bimodal"
    mean1: Positive = 0.8
    sigma1: NonNegative = 0.05
    mean2: Positive = 0.3
    sigma2: NonNegative = 0.05
    p: Fraction = 0.3


class UniformSize(Section):
    """Sizes between two limits, all equally likely."""

    distribution: Literal["uniform"] = "uniform"
    low: Positive = 0.7
    high: Positive = 1.3

    @model_validator(mode="after")
    def _rises(self) -> UniformSize:
        if self.low > self.high:
            raise ValueError(f"`low` is above `high`, {self.low:g} > {self.high:g}")
        return self


class SizeMode(Section):
    """One part of a mixture."""

    weight: Positive = 1.0
    """Share of the particles, relative to the other weights."""
    kind: Literal["normal", "lognormal"] = "normal"
    mean: Positive = 1.0
    """Mean of a normal part, median of a lognormal one."""
    sigma: NonNegative = 0.1
    """Standard deviation of a normal part; of the natural logarithm of a lognormal one."""


class MixtureSize(Section):
    """Sizes from several normal or lognormal parts."""

    distribution: Literal["mixture"] = "mixture"
    modes: Annotated[tuple[SizeMode, ...], Field(min_length=1)] = (SizeMode(),)
    """The parts."""


class EmpiricalSize(Section):
    """Sizes drawn from a list of measured ones."""

    distribution: Literal["empirical"] = "empirical"
    file: Path
    """CSV with a measured size per row."""
    column: str | None = None
    """Its column; may be left out where the file has only one."""


Size = Annotated[
    NormalSize | LognormalSize | BimodalSize | UniformSize | MixtureSize | EmpiricalSize,
    Field(discriminator="distribution"),
]


def _within_half_turn(value: float) -> float:
    if not -180 <= value <= 180:
        raise ValueError(f"it lies between -180 and 180, got {value:g}")
    return value


class ArrangementConfig(Section):
    """The transformation tensor: sizes and places of the particles (METHOD §3)."""

    placement: Literal["random", "agglomerated", "chains", "fractal", "layers", "wires"] = "agglomerated"
    """`random`: uniform. `agglomerated`: each particle touches one placed before it. `chains`: the last one. `fractal`:
    clusters of a given fractal dimension. `layers`: dropped, and settled. `wires`: crossing the whole field."""
    three_dimensional: bool = True
    """False keeps all particle centres in one plane (`layers` and `wires` pile up by themselves)."""
    unit: Positive = 0.25
    """Radius of a particle of size 1 [scene units]."""
    limit: Positive = 2.5
    """Half width of the region in which agglomerates start, or particles lie [scene units]."""
    agglomerates: Count = 5
    """Most agglomerates, chains or clusters in a constellation; their number and sizes are drawn."""
    number: CountRange | None = None
    """Fewest and most particles in a constellation, drawn uniformly; by default always as many as there are meshes."""
    size: Size = LognormalSize(sigma=0.2)
    """Distribution of the sizes."""
    size_in: Literal["unit", "px", "nm"] = "unit"
    """What sizes are: `unit`: radii in units of `unit`. `px`, `nm`: diameters in the particles' plane."""
    separation: Literal["auto", "none", "radii", "spheres", "meshes"] = "auto"
    """What must not overlap: nothing, spheres of the particles' radii, spheres around the meshes, or the meshes
    themselves. `auto`: radii, but nothing for `random` and `wires`."""
    rotation: Literal["none", "vertical", "any"] = "none"
    """Rotate each mesh anew in each constellation, about the vertical or over all orientations (never in the paper)."""
    on_stage: bool = False
    """True lets `layers` and particles in one plane lie on the stage; false lets them hover in the plane of focus."""
    straightness: Fraction = 0.6
    """Of `chains`: 0 is a freely jointed chain, 1 a straight line."""
    fractal_dimension: Annotated[float, Field(ge=1.2, le=2.8)] = 1.8
    """Of `fractal` clusters: 1.8 is diffusion-limited, 2.5 compact; in one plane at most 2."""
    direction_deg: Annotated[float, AfterValidator(_within_half_turn)] = 0.0
    """Of `wires`: their mean direction in the image, counter-clockwise from its horizontal [degrees]."""
    direction_spread_deg: Annotated[float, Field(ge=0, le=90)] = 90.0
    """Of `wires`: largest deviation from it, drawn uniformly; 90 is isotropic [degrees]."""
    timeout_s: Annotated[Positive, NO_RESULT] = 30.0
    """A constellation that cannot be placed within this time is an error [s]."""

    @model_validator(mode="after")
    def _fits_the_placement(self) -> ArrangementConfig:
        wires, loose = self.placement == "wires", self.placement in ("random", "wires")
        if self.separation == "none" and not loose:
            raise ValueError(f"`separation: none` is for random and wires; {self.placement} keeps particles apart")
        if wires and self.separation in ("radii", "spheres"):
            raise ValueError(f"`separation: {self.separation}` makes no sense for wires; take meshes, or none")
        if wires and self.rotation != "none":
            raise ValueError("`rotation` does not go with wires, whose directions are `direction_deg` and its spread")
        if self.on_stage and self.three_dimensional and self.placement not in ("layers", "wires"):
            raise ValueError("`on_stage` needs `three_dimensional: false`, or layers or wires")
        return self
