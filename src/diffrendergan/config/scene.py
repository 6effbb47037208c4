"""Configuration of the particles, their arrangement and the virtual scene."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from diffrendergan.config.base import Count, Fraction, Learned, NonNegative, NonNegativeParameter, Positive, Section
from diffrendergan.config.material import MaterialConfig

RESERVED_NAMES = ("particle", "stage", "light", "imaging")
"""First words of learned parameters, which no group of particles may take."""


class ParticleConfig(Section):
    """The mesh library: one family of shapes, each member varied by its own seed."""

    family: Literal["cube", "sphere", "bent_cone", "files"] = "cube"
    """`cube`: deformed and smoothed cubes (TiO2). `sphere` (SiO2). `bent_cone`: wires (AgNW). `files`: mesh files."""
    count: Count = 40
    """Meshes in the library, which is the number of particles in every constellation."""
    faces: Annotated[int, Field(ge=100)] = 5000
    """Approximate triangles per mesh."""
    rounding: Fraction = 0.35
    """Edge rounding of cubes: 0 is sharp, 1 a sphere."""
    displacement: NonNegative = 0.12
    """Amplitude of smooth random vertex translation, as a fraction of the radius."""
    bend: NonNegative = 0.3
    """Largest bending angle over the length of the mesh [rad]."""
    elongation: Annotated[float, Field(ge=1)] = 1.3
    """Largest ratio of two edges of a cube."""
    length: Positive = 19.0
    """Length of a bent cone, in units of `arrangement.unit`."""
    radius: Positive = 0.19
    """Radius of a bent cone at its thick end, in the same units."""
    folder: Path | None = None
    """Folder of the mesh files (PLY, OBJ or STL) of the family `files`."""
    files: tuple[str, ...] = ()
    """Their names, in the order of Φ; a file may stand there several times."""
    scale: Positive = 1.0
    """Factor on the coordinates in the files, which brings them to units of `arrangement.unit`."""
    most_faces: Annotated[int, Field(ge=0)] = 0
    """Mesh files with more triangles are simplified to about this many; 0 leaves them as they are."""

    @model_validator(mode="after")
    def _has_its_files(self) -> ParticleConfig:
        if self.family == "files":
            if self.folder is None or not self.files:
                raise ValueError("the family files needs `folder` and the list `files`")
            if len(self.files) != self.count:
                raise ValueError(f"`count` is {self.count}, but `files` names {len(self.files)} meshes")
        return self


class NormalSize(Section):
    """Size factors from a normal distribution; non-positive draws are redrawn."""

    distribution: Literal["normal"] = "normal"
    mean: Positive = 1.0
    sigma: NonNegative = 0.1


class LognormalSize(Section):
    """Size factors exp(N(mu, sigma))."""

    distribution: Literal["lognormal"] = "lognormal"
    mu: float = 0.0
    sigma: NonNegative = 0.1


class BimodalSize(Section):
    """Size factors from p·N(mean2, sigma2) + (1−p)·N(mean1, sigma1)."""

    distribution: Literal["bimodal"] = "bimodal"
    mean1: Positive = 0.8
    sigma1: NonNegative = 0.05
    mean2: Positive = 0.3
    sigma2: NonNegative = 0.05
    p: Fraction = 0.3


Size = Annotated[NormalSize | LognormalSize | BimodalSize, Field(discriminator="distribution")]


class ArrangementConfig(Section):
    """The transformation tensor: sizes and places of the particles (METHOD §3)."""

    placement: Literal["random", "agglomerated"] = "agglomerated"
    """`random`: uniform. `agglomerated`: each particle touches one placed before it, none overlap."""
    three_dimensional: bool = True
    """False keeps all particle centres in one plane."""
    unit: Positive = 0.25
    """Radius of a particle of size 1 [scene units]."""
    limit: Positive = 2.5
    """Half width of the region in which agglomerates start, or random particles lie [scene units]."""
    agglomerates: Count = 5
    """Most agglomerates in a constellation; their number and sizes are drawn."""
    size: Size = LognormalSize(sigma=0.2)
    """Distribution of the size factor."""
    timeout_s: Positive = 30.0
    """A constellation that cannot be placed within this time is an error [s]."""


class MaterialGroup(Section):
    """Particles with a material of their own."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Names the learned parameters: `NAME.roughness`."""
    meshes: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1)]
    """Numbers of the meshes in the library that have this material, counted from 0."""
    material: MaterialConfig
    """The material."""


class TransportConfig(Section):
    """How transport images are sampled and stored (`docs/rendering.md`)."""

    pixel_samples: Count = 96
    """Camera rays per pixel, rounded up to a multiple of 16."""
    directions: Count = 5
    """Light directions per camera ray."""
    knots: Annotated[int, Field(ge=4)] = 16
    """Roughness values at which the specular lobe is tabulated."""
    gloss_knots: Annotated[int, Field(ge=4)] = 8
    """Values of `clearcoat_gloss` at which the clearcoat is tabulated, if it is learned."""


class RenderingConfig(Section):
    """The virtual scene (METHOD §4) and the renderer that draws it."""

    renderer: Literal["auto", "transport", "mitsuba"] = "auto"
    """`transport`: rays once per constellation, then a weighted sum. `mitsuba`: Mitsuba's own derivatives.
    `auto`: transport, or Mitsuba where something does not separate."""
    variant: Literal["auto", "llvm", "cuda"] = "auto"
    """Where rays are traced: on the CPU, on an NVIDIA GPU, or there if it works."""
    field_of_view_deg: Annotated[float, Field(gt=1, lt=170)] = 40.0
    """Field of view along x [degrees]."""
    camera_height: Positive = 6.0
    """Height of the camera above the particles' plane [scene units]."""
    filter_sigma: Positive = 0.5
    """Standard deviation of the Gaussian reconstruction filter [px]."""
    spp: Count = 121
    """Samples per pixel of the `mitsuba` renderer."""
    ring_radiance: NonNegativeParameter = 1.0
    """Radiance of the ring wall around the scene."""
    slab_radiance: NonNegativeParameter = 0.1
    """Radiance of the slab above the camera."""
    slab_normals: Literal["flat", "authors"] = "flat"
    """`authors`: the normals of the slab are tilted as in the authors' mesh, which darkens their images by 2 %."""
    particle: MaterialConfig = MaterialConfig(
        base_color=Learned(learn=(0.01, 5.0)),
        roughness=Learned(learn=(0.01, 5.0)),
        spec_tint=Learned(learn=(0.01, 5.0)),
        sheen=Learned(learn=(0.01, 5.0)),
    )
    """The material of all particles that no group names."""
    groups: tuple[MaterialGroup, ...] = ()
    """Groups of particles with materials of their own."""
    stage: MaterialConfig = MaterialConfig(base_color=Learned(learn=(0.01, 0.4)))
    """The material of the substrate."""
    transport: TransportConfig = TransportConfig()

    @model_validator(mode="after")
    def _groups_are_distinct(self) -> RenderingConfig:
        names = [group.name for group in self.groups]
        taken = [name for name in names if names.count(name) > 1 or name in RESERVED_NAMES]
        if taken:
            raise ValueError(
                f"each of the groups needs a name of its own, other than {', '.join(RESERVED_NAMES)}; got {taken[0]!r}"
            )
        meshes = [mesh for group in self.groups for mesh in group.meshes]
        twice = [mesh for mesh in meshes if meshes.count(mesh) > 1]
        if twice:
            raise ValueError(f"mesh {twice[0]} stands in more than one place of the groups; it has one material")
        return self


class ImagingConfig(Section):
    """Known operators after the render."""

    blur_sigma_px: NonNegativeParameter = 0.0
    """Gaussian blur before the noise, standard deviation [px]; 0 leaves it out."""
    noise_sigma: NonNegativeParameter = Learned(learn=(0.001, 0.1))
    """Standard deviation of additive Gaussian noise, in units of full scale."""
